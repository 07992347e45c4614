/*
 * McSPI1 (TRM chapter 24), master, mode 0, 3 MHz: CS0 the MCP23S18, CS1 the 25AA256. Polled,
 * because a transfer is a few bytes; any mode, with interrupts off for 2.7 µs a byte.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Boot. */
void spi_init(void);

/* Selects a chip, sends `out`, then receives `in` bytes, and lets the chip go. */
int spi_transfer(unsigned select, const uint8_t *out, size_t out_size, uint8_t *in,
                 size_t in_size);
/* The same, and sends `more` after `out`. */
int spi_send(unsigned select, const uint8_t *out, size_t out_size, const uint8_t *more,
             size_t more_size);
