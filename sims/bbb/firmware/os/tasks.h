/*
 * Tasks and the scheduler: round robin with a quantum. Who wakes goes first, and who is interrupted
 * by that goes on next, with the rest of the quantum.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mmu.h"

/* What an exception saves (vectors.S): registers of USR and SYS mode, and when it came. */
struct frame {
    uint32_t cycles, sp, lr, r[13], pc, cpsr;
};

enum task_state { TASK_NONE, TASK_READY, TASK_RUNNING, TASK_BLOCKED, TASK_KILLED };

struct task {
    struct frame frame; /* While it does not run. */
    const char *name;
    enum task_state state;
    const void *channel; /* That it is blocked on. */
    struct space space;  /* asid 0: a task of the kernel. */
    uint32_t left;       /* Ticks of its quantum. */
    uint32_t runs, ticks, work, faults, bad;
    uint32_t request; /* Of the shell (enum request). */
    struct task *next;
};

#define TASKS_MAX 8
extern struct task tasks[TASKS_MAX];
extern struct task *current;

/* Cycles from the software interrupt of a yield to the switch, the newest last. */
#define SWITCH_SAMPLES 1024
struct samples {
    uint32_t count, cycles[SWITCH_SAMPLES];
};
extern struct samples switch_samples;

/* Any mode, interrupts off or boot: puts a new task, or a killed one again, into the queue. */
void task_start(struct task *task, const char *name, uint32_t pc, uint32_t sp, uint32_t mode);

/* Boot: runs tasks, for good. `idle` runs when no other does. */
_Noreturn void tasks_begin(struct task *idle);

/* IRQ mode: a tick has passed; the running task has yielded. */
void tasks_tick(void);
void tasks_yielded(void);

/* Any task: raises IRQ 95. */
void task_yield(void);

/* A task of the kernel, which may have interrupts off: sleeps until somebody wakes the channel. */
void task_sleep(const void *channel);
/* Any mode. */
void task_wake(const void *channel);

/* Exceptions, interrupts off. Takes the running task out for the channel, or for good. */
void task_block(const void *channel);
void task_kill(struct task *task);

/* The end of every exception: the frame to go on with. */
struct frame *tasks_leave(struct frame *frame);
