/*
 * The eMMC on MMC1 (TRM chapter 18, JESD84-B51): addressed by sectors, 8 bits wide, 48 MHz. Polled,
 * with interrupts on; the boot, or one task at a time.
 */
#pragma once

#include <stdint.h>

#define BLOCK_SIZE 512

/* Boot: from reset to its transfer state. 0, or an error (error.h), as all of them. */
int emmc_init(void);

/* 0: there is none that works. */
uint32_t emmc_blocks(void);

/* The error bits of SD_STAT, or the card status, of the last error. */
uint32_t emmc_detail(void);

/* `buffer` is aligned to a word. CMD17 and CMD24 for one block, else CMD18 and CMD25. */
int emmc_read(uint32_t block, uint32_t count, void *buffer);
int emmc_write(uint32_t block, uint32_t count, const void *buffer);
