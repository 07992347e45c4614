/* What C cannot say: ports, interrupts on and off, special registers. Not for the cache. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline void out8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out16(uint16_t port, uint16_t value) {
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out32(uint16_t port, uint32_t value) {
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t in8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint16_t in16(uint16_t port) {
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t in32(uint16_t port) {
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

#define FLAGS_IF 0x200u

/* Interrupts off; gives what interrupts_restore wants, so that pairs of them nest. */
static inline uint64_t interrupts_off(void) {
    uint64_t flags;
    __asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
    return flags;
}

static inline void interrupts_restore(uint64_t flags) {
    if (flags & FLAGS_IF) __asm__ volatile("sti" : : : "memory");
}

static inline void interrupts_on(void) {
    __asm__ volatile("sti" : : : "memory");
}

/*
 * Interrupts on and sleep until one comes, with nothing in between. IDLE_POLLS: does not sleep; the
 * caller comes again. QEMU records and replays that 50 times faster.
 */
static inline void wait_for_interrupt(void) {
#ifdef IDLE_POLLS
    __asm__ volatile("sti; nop" : : : "memory");
#else
    __asm__ volatile("sti; hlt" : : : "memory");
#endif
}

/* Stops for good; interrupts are off. */
static inline _Noreturn void stop_processor(void) {
    for (;;) __asm__ volatile("cli; hlt" : : : "memory");
}

static inline uint64_t read_cr2(void) {
    uint64_t value;
    __asm__ volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

static inline uint64_t read_time_stamp(void) {
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

struct __attribute__((packed)) idt_pointer {
    uint16_t limit;
    const void *base;
};

static inline void load_idt(const struct idt_pointer *pointer) {
    __asm__ volatile("lidt %0" : : "m"(*pointer) : "memory");
}
