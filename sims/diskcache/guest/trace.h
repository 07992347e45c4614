/*
 * What happens in the cache, as records in a ring in memory, for a harness that reads the guest's
 * memory while it runs (targets/trace_ring.ts). Where nobody does, TRACED is not defined and no code
 * is made of it; who defines it has trace() too.
 */
#pragma once

#include <stdint.h>

enum trace_kind {
    TRACE_MADE = 1,  /* an entry, in a free place */
    TRACE_PURGED,    /* an entry, in the place of one that was purged for it */
    TRACE_CHANGED,   /* an entry */
    TRACE_DROPPED,   /* an entry is free */
    TRACE_SUBMITTED, /* a request; value: enum io_kind */
    TRACE_DONE,      /* a request; value: enum error */
    TRACE_SWITCHED,  /* from the running thread; value: to that one */
};

#ifdef TRACED
/*
 * Lock held. `entry` names the place of an entry and stays the same for it; 0 where there is none.
 */
void trace(enum trace_kind kind, const void *entry, int drive, uint64_t lba, unsigned flags,
           unsigned value);
#else
#define trace(kind, entry, drive, lba, flags, value) ((void)0)
#endif
