/* UART0 as the console: what one call is given is never split by the output of another. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Any mode. Sends by polling, with interrupts off, when the ring is full. */
void serial_put(const char *bytes, size_t length);

/* As serial_put, but begins a line: what was printed without an end of line gets one. */
void serial_put_line(const char *bytes, size_t length);

/* The same for a form, with an end of line. */
void serial_print(const char *form, ...) __attribute__((format(printf, 1, 2)));

/* A task of the kernel that says much: sleeps until the ring is half empty. */
void serial_wait_for_room(void);

/* A task of the kernel: sleeps until a byte has come. */
char serial_get(void);
