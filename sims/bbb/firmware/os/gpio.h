/* GPIO0 to GPIO3 (TRM chapter 25): pins 0 to 127. Any mode, but for gpio_init. */
#pragma once

#include <stdint.h>

#include "calls.h"

#define GPIO_COUNT 128

/* Boot. */
void gpio_init(void);

/* The level at the pin, or an error. */
int gpio_get(unsigned gpio);
/* Makes it an output. */
int gpio_set(unsigned gpio, unsigned level);
int gpio_toggle(unsigned gpio);
/* What listens to the pin is called as by its event. */
int gpio_raise(unsigned gpio);

/*
 * Calls `listen` in IRQ mode on each event. A level is an event again and again until it is gone or
 * nobody listens. `debounce_us` 0: none; else up to 7936, for the whole bank of 32 pins.
 */
int gpio_listen(unsigned gpio, unsigned event, unsigned debounce_us,
                void (*listen)(unsigned gpio, int level));
