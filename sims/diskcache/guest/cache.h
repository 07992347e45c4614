/*
 * A write-back cache of 512-byte blocks, as its author describes it (sims/diskcache/README.md, "The
 * states of an entry"): entries with flags, reads that block until the disk interrupt, writes that
 * stay in memory, purge of the oldest idle entry. It knows nothing of used or free blocks.
 * The model in TypeScript (model/cache.ts) is the same algorithm.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "block_list.h"
#include "hal.h"
#include "io_scheduler.h"

struct cache_statistics {
    uint64_t hits, misses, joined, reads, writes, flushes, evictions, waits_update, waits_room;
};

extern struct cache_statistics cache_statistics;

/* Nobody in the cache and nothing pending: it starts empty. */
void cache_init(const struct block_list *list, const struct io_scheduler *scheduler);

/* A thread, lock not held. `pause`: stops while it copies the block out. Gives an enum error. */
int cache_read(int drive, uint64_t lba, uint32_t *block, bool pause);

/* A thread, lock not held. `pause`: stops before it copies the data in. Gives an enum error. */
int cache_write(int drive, uint64_t lba, const uint32_t *block, bool pause);

/*
 * A thread, lock not held: returns when all that is dirty now on the drives (bit 0 for drive 0) is
 * written, and those written since their last flush are flushed. Gives an enum error.
 */
int cache_sync(unsigned drives);

/* Lock held, from the driver: the channel's request is over, with an enum error. */
void cache_done(int channel, int error);

/* Lock held. */
const struct block_list *cache_list(void);
const struct io_scheduler *cache_scheduler(void);
