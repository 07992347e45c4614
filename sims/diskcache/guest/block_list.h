/* The cache's entries, and the seam behind which they are kept: a fixed array or a tree. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"
#include "mutations.h"

/* Flags of an entry, a bit set. An entry without BLOCK_VALID is free. */
enum entry_flag {
    WRITE_PENDING = 1, /* newer than the disk, which should get it */
    READ_PENDING = 2,  /* no data yet: a disk read will fill it */
    BLOCK_VALID = 4,
    IN_USE = 8,        /* a thread waits for it or copies it out: not to be purged */
    FILL_PENDING = 16, /* a write has not copied its data in yet */
};

/* Most entries of each list. */
#define ENTRIES_MAX 256
#define TREE_ENTRIES_MAX 16384

struct entry {
    uint64_t lba;
    /* Time of last access, in cache operations. */
    uint64_t access;
    uint32_t *block;
    int drive;
    unsigned flags;
    /*
     * Threads that wait for it or copy it out: IN_USE while there are any. Those of a failed read
     * keep the entry from being taken again until each has seen `read_error`.
     */
    unsigned users;
    /* A request for it is at the drive. */
    bool at_drive;
    int read_error;
    /* The last try failed and nobody has asked for another. */
    int write_error;
    /* Which of all fillings of the cache made it WRITE_PENDING, and when (hal_now). */
    uint64_t filling, filled;
};

/* All of them: lock held. */
struct block_list {
    const char *name;
    /* Most entries, and how many there are by now, free ones too. */
    int limit, length;
    struct entry *(*find)(int drive, uint64_t lba);
    /* A free entry for the block, or one made free by purging the oldest idle one; or NULL. */
    struct entry *(*make)(int drive, uint64_t lba, bool *purged);
    /* Frees it. */
    void (*drop)(struct entry *entry);
    /* Something in the entry has changed that the answers below, find or make depend on. */
    void (*changed)(struct entry *entry);
    /* The i-th below `length`, free ones too. */
    struct entry *(*at)(int i);

    /* What is pending in that way (entry_is_pending), or NULL. The first of the channel: */
    struct entry *(*first)(int channel, unsigned flag);
    /* The next one at `lba` or above, and the next one below it. */
    struct entry *(*above)(int drive, uint64_t lba, unsigned flag);
    struct entry *(*below)(int drive, uint64_t lba, unsigned flag);
    /* The pending write of the channel that was filled before all others. */
    struct entry *(*oldest_write)(int channel);
};

/* `limit`: at most ENTRIES_MAX. */
const struct block_list *fixed_array(int limit);
/* `limit`: at most TREE_ENTRIES_MAX. NULL: there is no memory for one entry. */
const struct block_list *tree(int limit);

/* Nothing but valid: nobody reads, fills or waits for it, and the disk has it. */
static inline bool entry_is_idle(const struct entry *entry) {
    return entry->flags == BLOCK_VALID;
}

/* Waits for the disk in that way (READ_PENDING or WRITE_PENDING), and the disk may have it. */
static inline bool entry_is_pending(const struct entry *entry, unsigned flag) {
    if (!(entry->flags & flag) || entry->at_drive) return false;
    if (entry->flags & FILL_PENDING && !MUTATED(FLUSHES_FILL_PENDING)) return false;
    if (MUTATED(WRITE_ERROR_TRIED_FOR_EVER)) return true;
    return !(flag == WRITE_PENDING && entry->write_error);
}
