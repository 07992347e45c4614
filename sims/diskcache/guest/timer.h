/* The tick: 1000 a second, from the PIT. */
#pragma once

#include <stdint.h>

/* Ticks since boot, which are milliseconds. */
extern volatile uint64_t timer_ticks;

/* Boot. */
void timer_init(void);
