/* What goes wrong on purpose, and output that is no protocol: for the tests of the harness. */
#pragma once

#include <stdint.h>

/* The command thread: COUNT bytes of numbered lines. */
void print_log_lines(uint64_t count);
/* The command thread: COUNT bytes that are the same each time and mean nothing. */
void print_garbage(uint64_t count);

_Noreturn void triple_fault(void);
