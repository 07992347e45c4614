/* INTC (TRM chapter 6): 128 lines, all of one priority. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tasks.h"

#define LINE_COUNT 128
#define LINE_TIMER7 95

struct line_counts {
    uint32_t spurious, unserved, by_line[LINE_COUNT];
};
/* Read it with interrupts off, or live with halves. */
extern struct line_counts line_counts;

/* Boot. */
void intc_init(void);

/* Boot: IRQ calls `serve` from now on; the line is unmasked. */
void intc_serve(unsigned line, void (*serve)(unsigned line));

/* Any mode: raises, clears and tells a software interrupt on a line. */
void intc_raise(unsigned line);
void intc_clear(unsigned line);
bool intc_raised(unsigned line);

/* A panic: no line asks any more, so that the processor sleeps. */
void intc_silence(void);

/* vectors.S, IRQ mode. */
struct frame *irq_dispatch(struct frame *frame);
