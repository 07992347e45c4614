/*
 * What is under the guest's cache when it is WebAssembly: hal.h, and the hooks that clang's
 * ThreadSanitizer calls before each access to memory that others may share. TypeScript
 * (machine.ts) has the threads, the drives and the choice who runs: it is asked at each access
 * that is made with the lock free, and at all accesses while somebody wants to see them.
 *
 * This file is not instrumented. Exported variables are read and written by machine.ts.
 */
#include <stddef.h>

#include "cache.h"
#include "hal.h"

#define IMPORT(name) __attribute__((import_module("machine"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

/* Before an access: whether another task is to run first. `what`: machine.ts, AccessBits. */
IMPORT(access) bool machine_access(uintptr_t address, unsigned what);
/* Those that may suspend the task. */
IMPORT(preempt) void machine_preempt(void);
IMPORT(yield) void machine_yield(void);
IMPORT(block) void machine_block(const char *why);
/* Those that return at once. */
IMPORT(locked) void machine_locked(void);
IMPORT(unlocked) void machine_unlocked(void);
IMPORT(wake) void machine_wake(void);
IMPORT(idle) bool machine_idle(int channel);
IMPORT(submit) void machine_submit(int drive, int kind, uint64_t lba, void *block);
IMPORT(panic) _Noreturn void machine_panic(const char *text);

enum { LOCK_FREE = 1, WRITE = 2, SIZE_SHIFT = 2 };

/* With the lock held; a run of many operations makes some ten thousand. */
enum { MOST_UNTOLD = 20000000 };

/* Interrupts are off, on this machine of one processor. */
uint32_t lock;

/* Somebody wants to see all accesses and the lock. */
uint32_t observed;
/* The running task's stack and block: nobody else looks there but with the lock. */
uint32_t own_begin, own_size;
/* Of the machine. */
uint32_t milliseconds;
/* Accesses that nobody wanted to see. */
static uint32_t untold;

/* Memory for what grows: enough for 256 entries of the tree. */
enum { PAGES = 64 };
static uint8_t pages[PAGES][HAL_PAGE_SIZE] __attribute__((aligned(HAL_PAGE_SIZE)));
static uint32_t pages_given;

void hal_lock(void) {
    if (lock) machine_panic("the lock is taken twice");
    lock = 1;
    if (observed) machine_locked();
}

void hal_unlock(void) {
    if (!lock) machine_panic("the lock is given back twice");
    lock = 0;
    if (observed) machine_unlocked();
}

void hal_block(const char *why) {
    if (!lock) machine_panic("a thread blocks without the lock");
    hal_unlock();
    machine_block(why);
    hal_lock();
}

void hal_wake(void) {
    if (!lock) machine_panic("a thread wakes others without the lock");
    machine_wake();
}

/* Nobody asks for pauses here. */
void hal_pause(const char *why) {
    machine_panic(why);
}

void hal_yield(void) {
    if (lock) machine_panic("a thread yields with the lock");
    machine_yield();
}

bool hal_channel_idle(int channel) {
    return machine_idle(channel);
}

void hal_submit(int drive, enum io_kind kind, uint64_t lba, void *block) {
    if (!lock) machine_panic("a request is made without the lock");
    machine_submit(drive, kind, lba, block);
}

uint64_t hal_now(void) {
    return milliseconds;
}

void *hal_page(void) {
    return pages_given < PAGES ? pages[pages_given++] : NULL;
}

void hal_panic(const char *text) {
    machine_panic(text);
}

/* The disk interrupt; the lock is free. */
EXPORT(interrupt) void interrupt(int channel, int error) {
    hal_lock();
    cache_done(channel, error);
    hal_unlock();
}

static void access(const void *at, unsigned size, unsigned write) {
    uintptr_t address = (uintptr_t)at;
    unsigned what = size << SIZE_SHIFT | write;
    if (!lock && address - own_begin >= own_size) what |= LOCK_FREE;
    if (!(what & LOCK_FREE || observed)) {
        if (++untold > MOST_UNTOLD) machine_panic("it does not end");
        return;
    }
    if (machine_access(address, what)) machine_preempt();
}

#define HOOKS(size)                                                                   \
    void __tsan_read##size(void *at) { access(at, size, 0); }                         \
    void __tsan_write##size(void *at) { access(at, size, WRITE); }                    \
    void __tsan_unaligned_read##size(void *at) { access(at, size, 0); }               \
    void __tsan_unaligned_write##size(void *at) { access(at, size, WRITE); }

HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

void __tsan_init(void) {}

/* Of structures that are set or copied as a whole. */
void *memset(void *to, int value, size_t size) {
    access(to, size, WRITE);
    for (size_t i = 0; i < size; i++) ((volatile uint8_t *)to)[i] = (uint8_t)value;
    return to;
}

void *memcpy(void *to, const void *from, size_t size) {
    access(from, size, 0);
    access(to, size, WRITE);
    for (size_t i = 0; i < size; i++) ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}
