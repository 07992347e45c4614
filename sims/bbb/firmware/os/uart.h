/*
 * UART0 to UART5 (TRM chapter 19), 115200 8N1, with interrupts both ways. What comes goes into a
 * ring, which keeps the newest, or back (echo); what is sent comes from a ring, or is made up on the
 * way (a pattern).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UART_COUNT 6

struct uart_counts {
    uint32_t received, received_crc, sent, sent_crc;
    /* Bytes that the module had no room for (LSR), that came damaged, and that were to be sent back
     * when the ring had no room. */
    uint32_t overruns, damaged, dropped;
};

/* Boot: polled until uart_use_interrupts. */
void uart_init(unsigned n);
void uart_use_interrupts(unsigned n);

/* Any mode. All of it, or none when the ring has no room. */
bool uart_put(unsigned n, const char *bytes, size_t size);
/* Any mode: sends what waits, by polling, until there is so much room, which the ring can have. */
void uart_make_room(unsigned n, size_t size);
/* Any mode: until the last bit has left. */
void uart_flush(unsigned n);
size_t uart_room(unsigned n);
size_t uart_unsent(unsigned n);

/* Any mode: a byte that has come, or -1. Who sleeps on uart_received(n) wakes when one comes. */
int uart_get(unsigned n);
const void *uart_received(unsigned n);
/* The same, when half of what waited is sent. */
const void *uart_sent(unsigned n);

/* A task: what comes is sent back and not kept. */
void uart_echo(unsigned n, bool on);
/* A task: sends `count` bytes: the low ones of a xorshift32 that begins with `seed`, not 0. */
void uart_send_pattern(unsigned n, uint32_t count, uint32_t seed);

/* A task. */
struct uart_counts uart_counts(unsigned n);
void uart_counts_clear(unsigned n);
