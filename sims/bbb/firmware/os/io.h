/* Registers of modules. Device memory keeps the order of accesses to one module. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t read32(uint32_t address) {
    return *(volatile uint32_t *)address;
}

static inline void write32(uint32_t address, uint32_t value) {
    *(volatile uint32_t *)address = value;
}

static inline void set_bits(uint32_t address, uint32_t bits) {
    write32(address, read32(address) | bits);
}

static inline void clear_bits(uint32_t address, uint32_t bits) {
    write32(address, read32(address) & ~bits);
}
