/*
 * All that the cache, its lists, its schedulers (cache.c, cache_requests.c, fixed_array.c, tree.c,
 * first_pending.c, look.c, deadline.c) and history.c ask of the machine under them: plain C for any
 * processor.
 *
 * The lock is one for all and does not nest. Code that holds it runs alone: no other thread and no
 * completion of a request comes in between. Completions call in with the lock held.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BLOCK_SIZE 512
#define BLOCK_DWORDS (BLOCK_SIZE / 4)
#define CHANNELS 2
#define DRIVES 4

enum io_kind { IO_READ, IO_WRITE, IO_FLUSH };

static inline int channel_of(int drive) {
    return drive >> 1;
}

void hal_lock(void);
void hal_unlock(void);

/*
 * Lock held: the thread tells that it blocks and `why`, gives the lock away, sleeps until hal_wake
 * and has the lock again. May return without: look again at what was waited for.
 */
void hal_block(const char *why);
/* Lock held: something that a thread may wait for has changed. */
void hal_wake(void);

/* Lock not held: stops the thread until it is told to go on. */
void hal_pause(const char *why);
/* Lock not held: lets other threads run now. */
void hal_yield(void);

/* Lock held: whether the channel can take a request. */
bool hal_channel_idle(int channel);
/*
 * Lock held, channel idle: gives the drive a request, which ends with
 * cache_done(channel_of(drive), error), never before hal_submit has returned.
 */
void hal_submit(int drive, enum io_kind kind, uint64_t lba, void *block);

/* Milliseconds since some moment. */
uint64_t hal_now(void);

#define HAL_PAGE_SIZE 4096
/* Lock held: a page of memory at a multiple of its size, for good; NULL when there is none left. */
void *hal_page(void);

/* A mistake of the program. */
_Noreturn void hal_panic(const char *text);
