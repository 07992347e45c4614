/*
 * DMTIMER7, the tick, and DMTIMER6, the clock, count at 32,768 Hz; DMTIMER5 counts the crystal of
 * 24 MHz (TRM section 20.1).
 */
#pragma once

#include <stdint.h>

#define TICK_HZ 4096
#define CLOCK_HZ 32768
/* 10.01 ms. */
#define QUANTUM_TICKS 41

/* Written in IRQ mode. */
struct timer_counts {
    uint32_t ticks;
    /* Of IRQ 95: raised by the timer, by software, by neither. A single one may be both. */
    uint32_t real, software, neither;
};
extern struct timer_counts timer_counts;

/* Boot: the clock runs, so that the boot can time out. */
void clock_init(void);
/* Boot, after intc_init. */
void tick_init(void);

/* Any mode: the clock, which wraps after 36 hours, and a time span on it in microseconds. */
uint32_t clock_now(void);
uint32_t clock_us(uint32_t counts);
/* Any mode: periods of the crystal, which wrap after 178 s. */
uint32_t crystal_now(void);
/* Any mode: waits, at least so long. */
void clock_wait_us(uint32_t us);
