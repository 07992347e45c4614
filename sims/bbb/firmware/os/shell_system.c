#include "checked_lines.h"
#include "clocks.h"
#include "cpu.h"
#include "handlers.h"
#include "intc.h"
#include "loader.h"
#include "shell.h"
#include "text.h"
#include "timer.h"
#include "uart.h"

static enum status run_version(char *rest) {
    (void)rest;
    answer("os=bbb version=1 tick_hz=%d quantum_ticks=%d", TICK_HZ, QUANTUM_TICKS);
    return STATUS_OK;
}

static enum status run_ticks(char *rest) {
    (void)rest;
    uint32_t flags = interrupts_off(), ticks = timer_counts.ticks, clock = clock_now();
    uint32_t crystal = crystal_now();
    interrupts_restore(flags);
    answer("ticks=%u clock32k=%u clock24m=%u ms=%u", ticks, clock, crystal,
           clock_us(clock) / 1000);
    return STATUS_OK;
}

static enum status run_tasks(char *rest) {
    static const char *const states[] = {"none", "ready", "running", "blocked", "killed"};
    (void)rest;
    for (int i = 0; i < TASKS_MAX; i++) {
        uint32_t flags = interrupts_off();
        struct task task = tasks[i];
        interrupts_restore(flags);
        if (task.state == TASK_NONE) continue;
        answer("id=%d name=%s runs=%u ticks=%u work=%u faults=%u bad=%u state=%s asid=%u", i,
               task.name, task.runs, task.ticks, task.work, task.faults, task.bad,
               states[task.state], task.space.asid);
    }
    return STATUS_OK;
}

static enum status run_yield(char *rest) {
    uint32_t count;
    if (!number_argument(&rest, 1000000, &count)) return wrong("how often? up to 1000000");
    switch_samples.count = 0;
    for (uint32_t i = 0; i < count; i++) task_yield();
    answer_samples("switch", &switch_samples);
    return STATUS_OK;
}

static enum status run_irq(char *rest) {
    (void)rest;
    uint32_t flags = interrupts_off(), clock = clock_now();
    struct timer_counts timer = timer_counts;
    struct line_counts lines = line_counts;
    interrupts_restore(flags);
    answer("real95=%u software95=%u neither95=%u spurious=%u unserved=%u clock32k=%u", timer.real,
           timer.software, timer.neither, lines.spurious, lines.unserved, clock);
    for (int i = 0; i < LINE_COUNT; i++) {
        if (lines.by_line[i]) answer("line=%d count=%u", i, lines.by_line[i]);
    }
    answer("handlers=%u switched=%u", handler_calls, handler_switches);
    answer_samples("handler", &handler_samples);
    answer_samples("handled", &handled_samples);
    return STATUS_OK;
}

/* "1" is the first application. */
static struct task *application(char **rest, unsigned *number) {
    uint32_t given;
    if (!number_argument(rest, APPS_MAX, &given) || given == 0) return 0;
    *number = given - 1;
    return &tasks[APP_TASK + *number];
}

static enum status run_stray(char *rest) {
    static const char *const names[] = {"", "kernel", "other", "null", "handler"};
    unsigned number;
    struct task *task = application(&rest, &number);
    char *word = next_word(&rest);
    if (!task || !word) return wrong("which application, and kernel, other, null or handler?");
    for (uint32_t request = 1; request < sizeof names / sizeof *names; request++) {
        if (!text_equal(word, names[request])) continue;
        task->request = request;
        return STATUS_OK;
    }
    return wrong("a pointer to kernel, other or null; or handler?");
}

static enum status run_start(char *rest) {
    unsigned number;
    if (!application(&rest, &number)) return wrong("which application? 1 is the first");
    return outcome(application_start(number));
}

/* The kernel's own fault. */
static enum status run_panic(char *rest) {
    (void)rest;
    *(volatile uint32_t *)4 = 1;
    return STATUS_OK;
}

static enum status run_reset(char *rest) {
    (void)rest;
    answer_end(STATUS_OK, "");
    uart_flush(0);
    chip_reset();
}

const struct command system_commands[] = {
    {"version", run_version}, {"ticks", run_ticks}, {"tasks", run_tasks}, {"yield", run_yield},
    {"irq", run_irq},         {"stray", run_stray}, {"start", run_start}, {"panic", run_panic},
    {"reset", run_reset},     {0, 0},
};
