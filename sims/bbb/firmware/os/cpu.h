/* What C cannot say: coprocessor 15, barriers, interrupts on and off. */
#pragma once

#include <stdint.h>

#include "memory_map.h"

static inline uint32_t interrupts_off(void) {
    uint32_t cpsr;
    __asm__ volatile("mrs %0, cpsr\n\tcpsid i" : "=r"(cpsr) : : "memory");
    return cpsr;
}

static inline void interrupts_restore(uint32_t cpsr) {
    if (!(cpsr & PSR_I)) __asm__ volatile("cpsie i" : : : "memory");
}

static inline void interrupts_on(void) {
    __asm__ volatile("cpsie i" : : : "memory");
}

static inline void wait_for_interrupt(void) {
    __asm__ volatile("dsb\n\twfi" : : : "memory");
}

static inline void dsb(void) {
    __asm__ volatile("dsb" : : : "memory");
}

static inline void isb(void) {
    __asm__ volatile("isb" : : : "memory");
}

/* Processor cycles, from the performance monitor: wraps after 4.3 s. */
static inline uint32_t cycles(void) {
    uint32_t value;
    __asm__ volatile("mrc p15, 0, %0, c9, c13, 0" : "=r"(value) : : "memory");
    return value;
}

#define CP15_READ(name, coordinates)                                                   \
    static inline uint32_t name(void) {                                                \
        uint32_t value;                                                                \
        __asm__ volatile("mrc p15, " coordinates : "=r"(value) : : "memory");          \
        return value;                                                                  \
    }
#define CP15_WRITE(name, coordinates)                                                  \
    static inline void name(uint32_t value) {                                          \
        __asm__ volatile("mcr p15, " coordinates : : "r"(value) : "memory");           \
    }

CP15_READ(read_sctlr, "0, %0, c1, c0, 0")
CP15_WRITE(write_sctlr, "0, %0, c1, c0, 0")
CP15_WRITE(write_ttbr0, "0, %0, c2, c0, 0")
CP15_WRITE(write_ttbr1, "0, %0, c2, c0, 1")
CP15_WRITE(write_ttbcr, "0, %0, c2, c0, 2")
CP15_WRITE(write_dacr, "0, %0, c3, c0, 0")
CP15_READ(read_dfsr, "0, %0, c5, c0, 0")
CP15_READ(read_ifsr, "0, %0, c5, c0, 1")
CP15_READ(read_dfar, "0, %0, c6, c0, 0")
CP15_READ(read_ifar, "0, %0, c6, c0, 2")
CP15_WRITE(icache_invalidate_all, "0, %0, c7, c5, 0")
CP15_WRITE(predictor_invalidate_all, "0, %0, c7, c5, 6")
CP15_WRITE(dcache_clean_line, "0, %0, c7, c10, 1")
CP15_WRITE(tlb_invalidate_all, "0, %0, c8, c7, 0")
CP15_WRITE(tlb_invalidate_asid, "0, %0, c8, c7, 2")
CP15_WRITE(write_pmcr, "0, %0, c9, c12, 0")
CP15_WRITE(write_pmcntenset, "0, %0, c9, c12, 1")
CP15_WRITE(write_contextidr, "0, %0, c13, c0, 1")
CP15_READ(read_contextidr, "0, %0, c13, c0, 1")
