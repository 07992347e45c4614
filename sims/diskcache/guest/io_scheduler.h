/* The seam for which pending entry the disk gets next. Reads and writes are asked for apart. */
#pragma once

#include "block_list.h"

/* All of them: lock held. What one gives goes to the drive at once. */
struct io_scheduler {
    const char *name;
    /* The cache starts empty. */
    void (*begin)(void);
    /* An entry of the channel that is pending in that way, or NULL. */
    struct entry *(*next)(const struct block_list *list, int channel, unsigned flag);
    /* A pending write that goes before reads, or NULL; no function: there never is one. */
    struct entry *(*overdue)(const struct block_list *list, int channel);
};

/* The author's: the first one of the list. */
extern const struct io_scheduler first_pending;
/* The elevator: the nearest in the present direction, which turns where nothing is left. */
extern const struct io_scheduler look;
/* The elevator, and a write that has waited longer than `write_deadline` goes first. */
extern const struct io_scheduler deadline;

/* Milliseconds; set it before cache_init. */
extern uint32_t write_deadline;

/* Of `deadline`: the next of the elevator, and its arm moved to an entry that others chose. */
void look_begin(void);
struct entry *look_next(const struct block_list *list, int channel, unsigned flag);
void look_move(const struct entry *entry);
