/* What applications have in common. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "calls.h"

/* app.S */
int state_survives(uint32_t rounds, uint32_t seed);

/* work.c: works for ever, and does what the shell requests. `identity`: 0 or 1, another's not. */
_Noreturn void work(uint32_t identity);

/* work.c: what the shell has requested of an interrupt handler; a pointer that faults. */
extern bool handler_strays;
void stray(uint32_t request);

/* A line for the console. */
void print(const char *text);
