/*
 * The elevator that turns at the last request (LOOK). Each drive has an arm. The two drives of a
 * channel take turns when both have something pending.
 */
#include <stddef.h>

#include "io_scheduler.h"
#include "mutations.h"

/* The next block at `lba` or above is ahead of an arm that goes up; if down, the next below. */
struct arm {
    uint64_t lba;
    bool down;
};

static struct arm arms[DRIVES];
/* The drive that each channel gave something last. */
static int last[CHANNELS];

void look_begin(void) {
    for (int drive = 0; drive < DRIVES; drive++) arms[drive] = (struct arm){0};
    for (int channel = 0; channel < CHANNELS; channel++) last[channel] = 2 * channel + 1;
}

/* A block that was passed is not ahead: one that is written again and again does not hold it. */
void look_move(const struct entry *entry) {
    struct arm *arm = &arms[entry->drive];
    arm->lba = arm->down ? entry->lba : entry->lba + 1;
    last[channel_of(entry->drive)] = MUTATED(ELEVATOR_STAYS) ? entry->drive ^ 1 : entry->drive;
    if (MUTATED(ONE_ARM_FOR_ALL)) arms[entry->drive ^ 1] = *arm;
}

static struct entry *ahead(const struct block_list *list, int drive, unsigned flag) {
    const struct arm *arm = &arms[drive];
    return (arm->down ? list->below : list->above)(drive, arm->lba, flag);
}

static struct entry *next_of_drive(const struct block_list *list, int drive, unsigned flag) {
    struct arm *arm = &arms[drive];
    struct entry *entry = ahead(list, drive, flag);
    if (entry) return entry;
    if (MUTATED(ELEVATOR_NEVER_TURNS)) return list->above(drive, 0, flag);
    arm->down = !arm->down;
    entry = ahead(list, drive, flag);
    if (!entry) arm->down = !arm->down;
    return entry;
}

struct entry *look_next(const struct block_list *list, int channel, unsigned flag) {
    int other = last[channel] ^ 1;
    struct entry *entry = next_of_drive(list, other, flag);
    if (!entry) entry = next_of_drive(list, other ^ 1, flag);
    if (entry) look_move(entry);
    return entry;
}

const struct io_scheduler look = {.name = "look", .begin = look_begin, .next = look_next};
