/* The kernel as the cache sees it. */
#include "hal.h"

#include "ata.h"
#include "cpu.h"
#include "interrupts.h"
#include "memory.h"
#include "threads.h"
#include "timer.h"

/* What threads in the cache sleep on: there is one kind of change for all. */
static const char changed;

void hal_lock(void) {
    if (!(interrupts_off() & FLAGS_IF)) panic("the lock is taken twice");
}

void hal_unlock(void) {
    interrupts_on();
}

void hal_block(const char *why) {
    thread_block(&changed, why);
}

void hal_wake(void) {
    thread_wake(&changed);
}

void hal_pause(const char *why) {
    hal_lock();
    thread_pause(why);
    hal_unlock();
}

void hal_yield(void) {
    thread_yield();
}

bool hal_channel_idle(int channel) {
    return ata_is_idle(channel);
}

void hal_submit(int drive, enum io_kind kind, uint64_t lba, void *block) {
    ata_submit(drive, kind, lba, block);
}

uint64_t hal_now(void) {
    return timer_ticks;
}

void *hal_page(void) {
    return memory_page();
}

void hal_panic(const char *text) {
    panic(text);
}
