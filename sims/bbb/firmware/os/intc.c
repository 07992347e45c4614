#include "intc.h"

#include <stddef.h>

#include "cpu.h"
#include "handlers.h"
#include "io.h"

enum { INTC = 0x48200000, SYSCONFIG = INTC + 0x10, SYSSTATUS = INTC + 0x14, SIR_IRQ = INTC + 0x40 };
enum { CONTROL = INTC + 0x48, THRESHOLD = INTC + 0x68, ILR = INTC + 0x100, NEWIRQAGR = 1 };
/* One of each for 32 lines. */
enum { MIR_CLEAR = INTC + 0x88, MIR_SET = INTC + 0x8c, ISR_SET = INTC + 0x90 };
enum { ISR_CLEAR = INTC + 0x94, BANK = 0x20, ACTIVE = 0x7f };

struct line_counts line_counts;
static void (*served[LINE_COUNT])(unsigned line);

static uint32_t bank(unsigned line) {
    return line / 32 * BANK;
}

static uint32_t bit(unsigned line) {
    return 1u << line % 32;
}

void intc_init(void) {
    write32(SYSCONFIG, 2); /* SOFTRESET: all lines masked, none raised. */
    while (!(read32(SYSSTATUS) & 1)) continue;
    write32(THRESHOLD, 0xff);
    for (unsigned line = 0; line < LINE_COUNT; line++) write32(ILR + 4 * line, 0);
}

void intc_serve(unsigned line, void (*serve)(unsigned line)) {
    served[line] = serve;
    write32(MIR_CLEAR + bank(line), bit(line));
}

void intc_raise(unsigned line) {
    write32(ISR_SET + bank(line), bit(line));
    read32(ISR_SET + bank(line)); /* It is there before the next instruction. */
    dsb();
}

void intc_clear(unsigned line) {
    write32(ISR_CLEAR + bank(line), bit(line));
}

bool intc_raised(unsigned line) {
    return read32(ISR_SET + bank(line)) & bit(line);
}

void intc_silence(void) {
    for (unsigned line = 0; line < LINE_COUNT; line += 32) write32(MIR_SET + bank(line), ~0u);
    write32(CONTROL, NEWIRQAGR);
}

struct frame *irq_dispatch(struct frame *frame) {
    uint32_t sorted = read32(SIR_IRQ);
    unsigned line = sorted & ACTIVE;
    irq_entered = frame->cycles;
    if (sorted & ~(uint32_t)ACTIVE) {
        line_counts.spurious++;
    } else if (!served[line]) {
        line_counts.unserved++;
        write32(MIR_SET + bank(line), bit(line));
    } else {
        line_counts.by_line[line]++;
        served[line](line);
    }
    /* What the module was told has arrived there before a new interrupt is agreed to (6.2.2). */
    dsb();
    write32(CONTROL, NEWIRQAGR);
    dsb();
    return tasks_leave(frame);
}
