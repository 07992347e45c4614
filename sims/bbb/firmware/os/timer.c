#include "timer.h"

#include "intc.h"
#include "io.h"
#include "tasks.h"

enum { DMTIMER5 = 0x48046000, DMTIMER6 = 0x48048000, DMTIMER7 = 0x4804a000 };
enum { TIOCP_CFG = 0x10, IRQSTATUS = 0x28, IRQENABLE_SET = 0x2c, TCLR = 0x38, TCRR = 0x3c };
enum { TLDR = 0x40, TTGR = 0x44, TSICR = 0x54 };
enum { SOFTRESET = 1, OVF = 2, ST = 1, AR = 2 };

struct timer_counts timer_counts;

/* Counts from `reload` to overflow, for ever. TSICR: not posted, a write is done when it ends. */
static void start(uint32_t timer, uint32_t reload, uint32_t events) {
    write32(timer + TIOCP_CFG, SOFTRESET);
    while (read32(timer + TIOCP_CFG) & SOFTRESET) continue;
    write32(timer + TSICR, 0);
    write32(timer + TLDR, reload);
    write32(timer + TCRR, reload);
    write32(timer + IRQENABLE_SET, events);
    write32(timer + TCLR, ST | AR);
}

/* IRQ 95, of the timer and of tasks that yield: the timer's own status tells. */
static void tick_interrupt(unsigned line) {
    bool real = read32(DMTIMER7 + IRQSTATUS) & OVF;
    bool software = intc_raised(line);
    if (software) {
        intc_clear(line);
        timer_counts.software++;
        tasks_yielded();
    }
    if (real) {
        write32(DMTIMER7 + IRQSTATUS, OVF);
        read32(DMTIMER7 + IRQSTATUS); /* The line is down when the interrupt ends. */
        timer_counts.real++;
        timer_counts.ticks++;
        tasks_tick();
    }
    if (!real && !software) timer_counts.neither++;
}

void clock_init(void) {
    start(DMTIMER6, 0, 0);
    start(DMTIMER5, 0, 0);
}

void tick_init(void) {
    start(DMTIMER7, -(uint32_t)(CLOCK_HZ / TICK_HZ), OVF);
    intc_serve(LINE_TIMER7, tick_interrupt);
}

uint32_t clock_now(void) {
    return read32(DMTIMER6 + TCRR);
}

uint32_t crystal_now(void) {
    return read32(DMTIMER5 + TCRR);
}

uint32_t clock_us(uint32_t counts) {
    return (uint32_t)((uint64_t)counts * 15625 / 512);
}

void clock_wait_us(uint32_t us) {
    uint32_t from = clock_now();
    while (clock_us(clock_now() - from) <= us) continue;
}
