/* What applications have in common. */
#pragma once

#include <stdint.h>

#include "calls.h"

/* app.S */
int registers_survive(uint32_t rounds, uint32_t seed);

/* work.c: works for ever, and does what the shell requests. */
_Noreturn void work(void);

/* A line for the console. */
void print(const char *text);
