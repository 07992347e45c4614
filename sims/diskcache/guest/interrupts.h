/* Interrupts: the IDT, the PIC, who is called for which IRQ; exceptions and panics. */
#pragma once

#include <stdint.h>

enum irq { IRQ_TIMER = 0, IRQ_SERIAL = 4, IRQ_ATA_PRIMARY = 14, IRQ_ATA_SECONDARY = 15 };

/* The stack as vectors.S leaves it. */
struct interrupt_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Boot, interrupts off: nothing comes in until interrupts_on. */
void interrupts_init(void);

/* Boot. `serve` runs with interrupts off, after the PIC was told that the IRQ is being served. */
void interrupts_serve(enum irq irq, void (*serve)(void));

/* Interrupts of the PIC that nobody had raised when they were served. */
extern uint64_t interrupts_spurious;

/* Anywhere: prints "PANIC: text", registers and "PANIC END", and stops for good. */
_Noreturn void panic(const char *text);
