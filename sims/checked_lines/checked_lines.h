/*
 * The lower layer of sims/diskcache/guest/PROTOCOL.md: lines with a length and a CRC. The guest
 * around it has `serial.h` (serial_put_line, serial_wait_for_room, serial_get) and `cpu.h`
 * (interrupts_off, interrupts_restore).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Longest command line, its end of line not counted. */
#define LINE_MAX 512

/* Any thread or interrupt: an event that nobody asked for. */
void event(const char *form, ...) __attribute__((format(printf, 1, 2)));

/* The command thread: sleeps until a good command has come; gives its text. */
char *command_receive(void);

/* The command thread: a line of the answer to it, and the end of the answer. */
void answer(const char *form, ...) __attribute__((format(printf, 1, 2)));
void answer_end(int status, const char *why);
