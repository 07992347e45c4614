/*
 * Translation (ARM ARM chapter B3, short descriptors). TTBCR.N = 2: addresses below 4000_0000 are
 * an application's, by TTBR0; the others the kernel's, by TTBR1.
 */
#pragma once

#include <stdint.h>

/* The page table of an application. */
struct space {
    uint32_t asid; /* 1 to 255; 0 is nobody's */
    uint32_t *table;
};

/* Boot: on, with the caches. */
void mmu_init(void);

/* Boot, or the shell: space `n`, with memory at `memory` of which `text` bytes are code. */
struct space space_make(int n, uint32_t memory, uint32_t text);

/* Interrupts off: the addresses of an application are those of `space`; NULL: there are none. */
void space_enter(const struct space *space);

/* Boot, or the shell: what was stored there may be executed. */
void code_ready(uint32_t address, uint32_t size);
