/*
 * Kernel threads: a stack each, round-robin, preempted by the timer and when an interrupt has
 * made another one ready. With interrupts off ("lock held") the processor cannot be lost.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "operations.h"

enum thread_state {
    THREAD_FREE,
    THREAD_STOPPED, /* started after `stop` */
    THREAD_READY,
    THREAD_RUNNING,
    THREAD_BLOCKED,
    THREAD_PAUSED, /* until thread_resume */
};

struct thread {
    void *stack_pointer;
    struct thread *next; /* in the queue of those that are ready */
    enum thread_state state;
    /* What it sleeps on, any address; and when it wakes up without that, 0 for never. */
    const void *channel;
    uint64_t wake_tick;
    void (*function)(struct thread *self);
    const void *argument;
    /* From 1 for operations, 0 for the kernel's own threads. */
    uint32_t number;
    /* Why it last told that it blocks, until it gets on. */
    const char *why;
    struct operation operation;
};

struct thread_statistics {
    uint64_t switches, preemptions;
};

extern struct thread *thread_current;
extern struct thread_statistics thread_statistics;

/* Boot: the caller becomes the idle thread. */
void threads_init(void);

/* Any thread: a thread of the kernel's own. */
void thread_start_system(void (*function)(struct thread *self), const void *argument);

/* The command thread: makes a thread for an operation, which waits for thread_admit; or NULL. */
struct thread *thread_make(const struct operation *operation);
void thread_admit(struct thread *thread);

/* The command thread: threads admitted from now on wait for threads_go. */
void threads_stop(void);
void threads_go(void);

/* Lock held: gives the processor away until thread_wake(channel); may also return without. */
void thread_sleep(const void *channel);
/* Lock held or interrupt: makes ready all that sleep on it. */
void thread_wake(const void *channel);

/* A thread, lock not held: sleeps at least that many ticks. */
void thread_sleep_ticks(uint64_t ticks);

/* Lock held: tells why the thread of an operation blocks or pauses, and sleeps. */
void thread_block(const void *channel, const char *why);
void thread_pause(const char *why);
/* The command thread: false when it is not paused. */
bool thread_resume(uint32_t number);

/* Lock held, by the thread itself. */
_Noreturn void thread_exit(void);

/* Any thread: lets others run. */
void thread_yield(void);

/* Interrupts off: at the tick, and at the end of every interrupt. */
void threads_tick(void);
void threads_preempt(void);

/* Any thread: the i-th of all, of which some are free; NULL after the last. */
const struct thread *thread_at(int i);
/* Lock held: operations that are not over. */
int threads_living(void);

/* The idle thread: for ever. */
_Noreturn void threads_idle(void);
