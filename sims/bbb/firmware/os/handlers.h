/* Interrupt handlers of applications: IRQ mode, with the addresses of the application. */
#pragma once

#include <stdint.h>

#include "tasks.h"

/* Cycles from the entry of an interrupt to the call of a handler. */
extern struct samples handler_samples;
/* The same to its end. */
extern struct samples handled_samples;
/* Calls, and those of them that came while the addresses of another task were in use. */
extern uint32_t handler_calls, handler_switches;

/* IRQ mode: whose handler runs; NULL: none does. */
extern struct task *handler_task;
/* IRQ mode: when the interrupt that is being served came, in cycles. */
extern uint32_t irq_entered;

/* Calls: one handler a pin. An event of GPIO_NONE takes it away. */
int handler_register(struct task *task, unsigned gpio, unsigned event, uint32_t function);

/* Interrupts off: takes all handlers of the task away. */
void handlers_forget(struct task *task);
