/*
 * The elevator with a deadline for writes: the oldest write of a channel goes before all reads when
 * it has waited too long. What is not overdue has every second turn, so that writes in excess do
 * not starve reads.
 */
#include <stddef.h>

#include "io_scheduler.h"
#include "mutations.h"

uint32_t write_deadline = 100;

/* The last request of each channel was an overdue write. */
static bool had_turn[CHANNELS];

static void begin(void) {
    look_begin();
    for (int channel = 0; channel < CHANNELS; channel++) had_turn[channel] = false;
}

static struct entry *overdue(const struct block_list *list, int channel) {
    if (MUTATED(DEADLINE_IGNORED)) return NULL;
    bool others_turn = had_turn[channel];
    had_turn[channel] = false;
    if (others_turn && !MUTATED(OVERDUE_TAKES_ALL)) return NULL;
    struct entry *entry = list->oldest_write(channel);
    if (!entry || hal_now() - entry->filled <= write_deadline) return NULL;
    had_turn[channel] = true;
    look_move(entry);
    return entry;
}

const struct io_scheduler deadline = {
    .name = "deadline", .begin = begin, .next = look_next, .overdue = overdue};
