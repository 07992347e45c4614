/* The cache's entries, and the seam behind which they are kept: a fixed array for now. */
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

#define ENTRIES_MAX 256

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
    /* Which of all fillings of the cache made it WRITE_PENDING; never the same twice. */
    uint32_t filling;
};

struct block_list {
    const char *name;
    int length;
    struct entry *(*find)(int drive, uint64_t lba);
    /* A free entry for the block, or one made free by purging the oldest idle one; or NULL. */
    struct entry *(*make)(int drive, uint64_t lba, bool *purged);
    /* Frees it. */
    void (*drop)(struct entry *entry);
    /* In list order, free ones too: the i-th below `length`. */
    struct entry *(*at)(int i);
};

/* All of them: lock held. */
const struct block_list *fixed_array(int length);

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
