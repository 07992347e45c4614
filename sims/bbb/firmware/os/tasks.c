#include "tasks.h"

#include <stddef.h>

#include "calls.h"
#include "cpu.h"
#include "intc.h"
#include "timer.h"

struct task tasks[TASKS_MAX];
struct task *current;
struct samples switch_samples;
static struct task *idle;
/* Ready tasks, in the order in which they run. */
static struct task *queue;
/* Why the running task has to give the processor away. */
static enum { STAY, TO_BACK, TO_FRONT } leave;
static uint32_t raised_at;
static bool raised;

void frame_begin(struct frame *frame) __attribute__((noreturn));

static void push_back(struct task *task) {
    struct task **end = &queue;
    while (*end) end = &(*end)->next;
    task->next = NULL;
    *end = task;
}

static void push_front(struct task *task) {
    task->next = queue;
    queue = task;
}

static void take_out(struct task *task) {
    for (struct task **at = &queue; *at; at = &(*at)->next) {
        if (*at != task) continue;
        *at = task->next;
        return;
    }
}

static struct task *pop(void) {
    struct task *first = queue;
    if (!first) return idle;
    queue = first->next;
    return first;
}

void task_start(struct task *task, const char *name, uint32_t pc, uint32_t sp, uint32_t mode) {
    task->frame = (struct frame){.sp = sp, .pc = pc, .cpsr = mode};
    task->name = name;
    task->state = TASK_READY;
    task->left = QUANTUM_TICKS;
    task->request = 0;
    push_back(task);
}

static void enter(struct task *task) {
    current = task;
    task->state = TASK_RUNNING;
    task->runs++;
    space_enter(task->space.asid ? &task->space : NULL);
}

void tasks_begin(struct task *idle_task) {
    interrupts_off();
    take_out(idle_task);
    idle = idle_task;
    enter(pop());
    frame_begin(&current->frame);
}

void tasks_tick(void) {
    if (!current) return;
    current->ticks++;
    if (current == idle || --current->left) return;
    current->left = QUANTUM_TICKS;
    leave = TO_BACK;
}

void tasks_yielded(void) {
    if (!current || current == idle) return;
    current->left = QUANTUM_TICKS;
    leave = TO_BACK;
}

void task_yield(void) {
    uint32_t flags = interrupts_off();
    raised = true;
    raised_at = cycles();
    intc_raise(LINE_TIMER7);
    interrupts_restore(flags);
}

void task_sleep(const void *channel) {
    kernel_call(CALL_SLEEP, (uint32_t)channel);
}

void task_block(const void *channel) {
    current->channel = channel;
    current->state = TASK_BLOCKED;
}

void task_wake(const void *channel) {
    uint32_t flags = interrupts_off();
    for (int i = 0; i < TASKS_MAX; i++) {
        struct task *task = &tasks[i];
        if (task->state != TASK_BLOCKED || task->channel != channel) continue;
        task->state = TASK_READY;
        task->left = QUANTUM_TICKS;
        push_front(task);
        if (leave == STAY) leave = TO_FRONT;
    }
    interrupts_restore(flags);
}

void task_kill(struct task *task) {
    take_out(task);
    task->state = TASK_KILLED;
}

/* Next to run after those that have just woken. */
static void push_second(struct task *task) {
    struct task *woken = pop();
    push_front(task);
    push_front(woken);
}

static void put_away(struct task *task) {
    if (task->state != TASK_RUNNING) return; /* Blocked, killed. */
    task->state = TASK_READY;
    if (task == idle) return;
    if (leave == TO_FRONT && queue) push_second(task);
    else push_back(task);
}

static void sample_switch(void) {
    if (!raised) return;
    raised = false;
    switch_samples.cycles[switch_samples.count++ % SWITCH_SAMPLES] = cycles() - raised_at;
}

struct frame *tasks_leave(struct frame *frame) {
    uint32_t mode = frame->cpsr & MODE_BITS;
    if (!current || (mode != MODE_USR && mode != MODE_SYS)) return frame;
    if (current->state == TASK_RUNNING && leave == STAY) return frame;
    current->frame = *frame;
    put_away(current);
    leave = STAY;
    enter(pop());
    sample_switch();
    return &current->frame;
}
