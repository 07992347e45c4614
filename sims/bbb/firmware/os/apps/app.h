/* What applications have in common. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "calls.h"

/* app.S */
int registers_survive(uint32_t rounds, uint32_t seed);

/* work.c: works for ever, and does what the shell requests. */
_Noreturn void work(void);

/* work.c: what the shell has requested of an interrupt handler; a pointer that faults. */
extern bool handler_strays;
void stray(uint32_t request);

/* A line for the console. */
void print(const char *text);
