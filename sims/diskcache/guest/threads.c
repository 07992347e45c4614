#include "threads.h"

#include <stddef.h>

#include "checked_lines.h"
#include "cpu.h"
#include "interrupts.h"
#include "memory_map.h"
#include "text.h"
#include "timer.h"
#include "trace.h"

enum { ALL = SYSTEM_THREADS + THREADS_MAX, CANARY = 0x5afe57ac };

/* Registers that switch_stacks keeps, and where it returns to. */
struct first_stack {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    void (*entry)(void);
    uint64_t alignment;
};

static struct thread threads[ALL];
static SCRATCH char stacks[ALL][STACK_SIZE];
static struct thread idle;
static struct thread *first_ready, *last_ready;
static uint32_t last_number;
static bool stopped, preempt;

struct thread *thread_current;
struct thread_statistics thread_statistics;

void switch_stacks(void **save, void *load);

void threads_init(void) {
    idle.state = THREAD_RUNNING;
    thread_current = &idle;
}

/* Lock held. */
static void make_ready(struct thread *thread) {
    thread->state = THREAD_READY;
    thread->channel = NULL;
    thread->wake_tick = 0;
    thread->next = NULL;
    if (first_ready) last_ready->next = thread;
    else first_ready = thread;
    last_ready = thread;
}

static uint32_t *canary_of(const struct thread *thread) {
    return (uint32_t *)stacks[thread - threads];
}

/* Lock held: gives the processor to the next that is ready; returns when it is given back. */
static void switch_away(void) {
    struct thread *from = thread_current;
    struct thread *to = first_ready ? first_ready : &idle;
    if (first_ready) first_ready = first_ready->next;
    if (from != &idle && *canary_of(from) != CANARY) panic("a thread has overrun its stack");
    to->state = THREAD_RUNNING;
    preempt = false;
    if (to == from) return;
    trace(TRACE_SWITCHED, NULL, 0, 0, 0, to->number);
    thread_current = to;
    thread_statistics.switches++;
    switch_stacks(&from->stack_pointer, to->stack_pointer);
}

/* Where a new thread begins: with interrupts off, as after every switch. */
static void begin(void) {
    interrupts_on();
    thread_current->function(thread_current);
    interrupts_off();
    thread_exit();
}

/* Lock held. */
static struct thread *take_free(int from, int to, void (*function)(struct thread *self)) {
    for (struct thread *thread = &threads[from]; thread < &threads[to]; thread++) {
        if (thread->state != THREAD_FREE) continue;
        struct first_stack *stack = (void *)(stacks[thread - threads] + STACK_SIZE);
        *--stack = (struct first_stack){.entry = begin};
        *thread = (struct thread){
            .stack_pointer = stack, .function = function, .state = THREAD_STOPPED};
        *canary_of(thread) = CANARY;
        return thread;
    }
    return NULL;
}

void thread_start_system(void (*function)(struct thread *self), const void *argument) {
    uint64_t flags = interrupts_off();
    struct thread *thread = take_free(0, SYSTEM_THREADS, function);
    if (!thread) panic("too many system threads");
    thread->argument = argument;
    make_ready(thread);
    interrupts_restore(flags);
}

struct thread *thread_make(const struct operation *operation) {
    uint64_t flags = interrupts_off();
    struct thread *thread = take_free(SYSTEM_THREADS, ALL, operation_run);
    if (thread) {
        thread->number = ++last_number;
        thread->operation = *operation;
    }
    interrupts_restore(flags);
    return thread;
}

void thread_admit(struct thread *thread) {
    uint64_t flags = interrupts_off();
    if (!stopped) make_ready(thread);
    interrupts_restore(flags);
}

void threads_stop(void) {
    stopped = true;
}

void threads_go(void) {
    uint64_t flags = interrupts_off();
    stopped = false;
    for (struct thread *thread = threads; thread < threads + ALL; thread++) {
        if (thread->state == THREAD_STOPPED) make_ready(thread);
    }
    interrupts_restore(flags);
}

void thread_sleep(const void *channel) {
    thread_current->state = THREAD_BLOCKED;
    thread_current->channel = channel;
    switch_away();
}

void thread_wake(const void *channel) {
    for (struct thread *thread = threads; thread < threads + ALL; thread++) {
        if (thread->state != THREAD_BLOCKED || thread->channel != channel) continue;
        make_ready(thread);
        preempt = true;
    }
}

void thread_sleep_ticks(uint64_t ticks) {
    uint64_t flags = interrupts_off();
    thread_current->wake_tick = timer_ticks + ticks + 1;
    thread_sleep(&thread_current->wake_tick);
    interrupts_restore(flags);
}

void thread_block(const void *channel, const char *why) {
    if (!thread_current->why || !text_equal(thread_current->why, why)) {
        event("%u blocked %s", thread_current->number, why);
        thread_current->why = why;
    }
    thread_sleep(channel);
}

void thread_pause(const char *why) {
    event("%u paused %s", thread_current->number, why);
    thread_current->why = why;
    thread_current->state = THREAD_PAUSED;
    switch_away();
    thread_current->why = NULL;
}

bool thread_resume(uint32_t number) {
    uint64_t flags = interrupts_off();
    bool found = false;
    for (struct thread *thread = threads; thread < threads + ALL; thread++) {
        if (thread->state != THREAD_PAUSED || thread->number != number) continue;
        make_ready(thread);
        found = true;
    }
    interrupts_restore(flags);
    return found;
}

void thread_exit(void) {
    thread_current->state = THREAD_FREE;
    switch_away();
    panic("a thread that is over runs again");
}

void thread_yield(void) {
    uint64_t flags = interrupts_off();
    if (first_ready) {
        if (thread_current != &idle) make_ready(thread_current);
        switch_away();
    }
    interrupts_restore(flags);
}

void threads_tick(void) {
    for (struct thread *thread = threads; thread < threads + ALL; thread++) {
        if (thread->wake_tick && timer_ticks >= thread->wake_tick) make_ready(thread);
    }
    preempt = true;
}

void threads_preempt(void) {
    if (!preempt || !first_ready) return;
    if (thread_current != &idle) thread_statistics.preemptions++;
    thread_yield();
}

const struct thread *thread_at(int i) {
    return i < ALL ? &threads[i] : NULL;
}

int threads_living(void) {
    int living = 0;
    for (int i = SYSTEM_THREADS; i < ALL; i++) living += threads[i].state != THREAD_FREE;
    return living;
}

void threads_idle(void) {
    for (;;) {
        wait_for_interrupt();
    }
}
