/*
 * COM1: what is sent goes into a ring that the interrupt empties, what comes is put into another
 * one. What one call of serial_put is given is never split by the output of another.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Boot, before interrupts: sends by polling until serial_use_interrupts. */
void serial_init(void);
void serial_use_interrupts(void);

/* Any thread or interrupt. Sends by polling when the ring is full, with interrupts off. */
void serial_put(const char *bytes, size_t length);

/* As serial_put, but begins a line: what was printed without an end of line gets one. */
void serial_put_line(const char *bytes, size_t length);

/* A thread that says much: sleeps until the ring is half empty, so that interrupts go on. */
void serial_wait_for_room(void);

/* Any thread: returns when the last byte has left the machine. */
void serial_flush(void);

/* A thread: sleeps until a byte has come. */
char serial_get(void);

/* Interrupts off, for good: sends what waits, then prints by polling. */
void serial_panic_begin(void);
void serial_panic(const char *form, ...) __attribute__((format(printf, 1, 2)));
