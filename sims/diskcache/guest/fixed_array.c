/* The author's list: an array of fixed size, searched from its beginning. */
#include <stddef.h>

#include "block_list.h"
#include "mutations.h"

static struct entry entries[ENTRIES_MAX];
static uint32_t blocks[ENTRIES_MAX][BLOCK_DWORDS] __attribute__((aligned(BLOCK_SIZE)));
static struct block_list list;

static struct entry *at(int i) {
    return &entries[i];
}

static struct entry *find(int drive, uint64_t lba) {
    for (int i = 0; i < list.length; i++) {
        struct entry *entry = &entries[i];
        if (entry->flags & BLOCK_VALID && entry->drive == drive && entry->lba == lba) return entry;
    }
    return NULL;
}

static bool is_free(const struct entry *entry) {
    return entry->flags == 0 && entry->users == 0;
}

static struct entry *find_free(void) {
    for (int i = 0; i < list.length; i++) {
        if (is_free(&entries[i])) return &entries[i];
    }
    return NULL;
}

static bool may_purge(const struct entry *entry) {
    unsigned ignored = 0;
    if (MUTATED(EVICTS_DIRTY)) ignored = WRITE_PENDING;
    if (MUTATED(EVICTS_READ_PENDING)) ignored = READ_PENDING | IN_USE;
    if (MUTATED(EVICTS_IN_USE)) ignored = IN_USE;
    if (MUTATED(EVICTS_FILL_PENDING)) ignored = FILL_PENDING;
    return entry_is_idle(entry) || (ignored && (entry->flags & ~ignored) == BLOCK_VALID);
}

static struct entry *find_oldest_idle(void) {
    struct entry *oldest = NULL;
    for (int i = 0; i < list.length; i++) {
        struct entry *entry = &entries[i];
        if (!may_purge(entry)) continue;
        bool older = !oldest || entry->access < oldest->access;
        if (MUTATED(EVICTS_NEWEST)) older = !oldest || entry->access > oldest->access;
        if (older) oldest = entry;
    }
    return oldest;
}

static struct entry *make(int drive, uint64_t lba, bool *purged) {
    struct entry *entry = find_free();
    *purged = !entry;
    if (!entry) entry = find_oldest_idle();
    if (!entry) return NULL;
    *entry = (struct entry){
        .drive = drive, .lba = lba, .flags = BLOCK_VALID, .block = blocks[entry - entries]};
    return entry;
}

static void drop(struct entry *entry) {
    entry->flags = 0;
}

static void changed(struct entry *entry) {
    (void)entry; /* Whoever asks looks at all of them. */
}

static struct entry *first(int channel, unsigned flag) {
    for (int i = 0; i < list.length; i++) {
        struct entry *entry = &entries[i];
        if (channel_of(entry->drive) == channel && entry_is_pending(entry, flag)) return entry;
    }
    return NULL;
}

static struct entry *above(int drive, uint64_t lba, unsigned flag) {
    struct entry *best = NULL;
    for (int i = 0; i < list.length; i++) {
        struct entry *entry = &entries[i];
        if (entry->drive != drive || entry->lba < lba || !entry_is_pending(entry, flag)) continue;
        if (!best || entry->lba < best->lba) best = entry;
    }
    return best;
}

static struct entry *below(int drive, uint64_t lba, unsigned flag) {
    struct entry *best = NULL;
    for (int i = 0; i < list.length; i++) {
        struct entry *entry = &entries[i];
        if (entry->drive != drive || entry->lba >= lba || !entry_is_pending(entry, flag)) continue;
        if (!best || entry->lba > best->lba) best = entry;
    }
    return best;
}

static struct entry *oldest_write(int channel) {
    struct entry *oldest = NULL;
    for (int i = 0; i < list.length; i++) {
        struct entry *entry = &entries[i];
        if (channel_of(entry->drive) != channel) continue;
        if (!entry_is_pending(entry, WRITE_PENDING)) continue;
        bool older = !oldest || entry->filling < oldest->filling;
        if (MUTATED(DEADLINE_TAKES_NEWEST)) older = !oldest || entry->filling > oldest->filling;
        if (older) oldest = entry;
    }
    return oldest;
}

const struct block_list *fixed_array(int limit) {
    list = (struct block_list){
        .name = "array",
        .limit = limit,
        .length = limit,
        .find = find,
        .make = make,
        .drop = drop,
        .changed = changed,
        .at = at,
        .first = first,
        .above = above,
        .below = below,
        .oldest_write = oldest_write,
    };
    for (int i = 0; i < ENTRIES_MAX; i++) entries[i] = (struct entry){.block = blocks[i]};
    return &list;
}
