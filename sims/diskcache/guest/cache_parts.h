/* What the two rooms of the cache, cache.c and cache_requests.c, ask of each other. Lock held. */
#pragma once

#include <stdint.h>

#include "block_list.h"

/* cache.c. Tells the list, and who reads the trace, that the entry is not what it was. */
void entry_changed(struct entry *entry);
/* Fillings of the cache so far. */
uint64_t cache_fillings(void);

/*
 * cache_requests.c. Gives an idle channel its next request: an overdue write (io_scheduler.h), then
 * reads, then flushes, then writes.
 */
void cache_schedule_io(int channel);
void cache_schedule_all(void);
/* What could not be written may be tried again; schedule it after. */
void entry_retry(struct entry *entry);
