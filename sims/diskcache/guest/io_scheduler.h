/* The seam for which pending entry the disk gets next; the elevator is to come. */
#pragma once

#include "block_list.h"

struct io_scheduler {
    const char *name;
    /* Lock held: an entry of the channel that is pending in that way, or NULL. */
    struct entry *(*next)(const struct block_list *list, int channel, unsigned flag);
};

/* The author's: the first one of the list. */
extern const struct io_scheduler first_pending;
