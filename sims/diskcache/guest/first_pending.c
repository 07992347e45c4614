#include <stddef.h>

#include "io_scheduler.h"

static struct entry *next(const struct block_list *list, int channel, unsigned flag) {
    for (int i = 0; i < list->length; i++) {
        struct entry *entry = list->at(i);
        if (channel_of(entry->drive) == channel && entry_is_pending(entry, flag)) return entry;
    }
    return NULL;
}

const struct io_scheduler first_pending = {"first pending", next};
