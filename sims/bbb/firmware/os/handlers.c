#include "handlers.h"

#include <stdbool.h>
#include <stddef.h>

#include "calls.h"
#include "checked_lines.h"
#include "cpu.h"
#include "error.h"
#include "gpio.h"
#include "timer.h"

/* Counts of the 32-kHz clock, and calls in that time. */
enum { FLOOD_WINDOW = 64, FLOOD_CALLS = 60 };

struct samples handler_samples, handled_samples;
uint32_t handler_calls, handler_switches, irq_entered;
struct task *handler_task;

static struct {
    struct task *task;
    uint32_t function, window, calls;
} handlers[GPIO_COUNT];

/* vectors.S; -1 when the handler has faulted. */
int handler_call(uint32_t function, uint32_t gpio, uint32_t level);

/*
 * Whether a pin has interrupted so often in the last 2 ms that nothing else could go on: a level
 * that its handler does not end, for one.
 */
static bool floods(unsigned gpio) {
    uint32_t window = clock_now() / FLOOD_WINDOW;
    if (handlers[gpio].window != window) {
        handlers[gpio].window = window;
        handlers[gpio].calls = 0;
    }
    return ++handlers[gpio].calls > FLOOD_CALLS;
}

static void sample(struct samples *samples) {
    samples->cycles[samples->count++ % SWITCH_SAMPLES] = cycles() - irq_entered;
}

/* IRQ mode, from gpio.c. */
static void serve(unsigned gpio, int level) {
    struct task *task = handlers[gpio].task;
    if (!task) return;
    if (floods(gpio)) {
        handlers[gpio].task = NULL;
        gpio_listen(gpio, GPIO_NONE, 0, NULL);
        event("flood gpio=%u name=%s", gpio, task->name);
        return;
    }
    space_enter(&task->space);
    handler_task = task;
    handler_calls++;
    if (task != current) handler_switches++;
    sample(&handler_samples);
    handler_call(handlers[gpio].function, gpio, (uint32_t)level);
    sample(&handled_samples);
    handler_task = NULL;
    space_enter(current && current->space.asid ? &current->space : NULL);
}

int handler_register(struct task *task, unsigned gpio, unsigned event, uint32_t function) {
    if (gpio >= GPIO_COUNT || event > GPIO_LOW) return ERROR_ARGUMENT;
    handlers[gpio].task = event == GPIO_NONE ? NULL : task;
    handlers[gpio].function = function;
    return gpio_listen(gpio, event, 0, serve);
}

void handlers_forget(struct task *task) {
    for (unsigned gpio = 0; gpio < GPIO_COUNT; gpio++) {
        if (handlers[gpio].task != task) continue;
        handlers[gpio].task = NULL;
        gpio_listen(gpio, GPIO_NONE, 0, NULL);
    }
}
