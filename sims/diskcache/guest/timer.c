/* Intel 8254 data sheet: counter 0, mode 2. */
#include "timer.h"

#include "ata.h"
#include "cpu.h"
#include "interrupts.h"
#include "memory_map.h"
#include "threads.h"

enum { PIT_HZ = 1193182, PIT_COUNTER = 0x40, PIT_CONTROL = 0x43, PIT_RATE_GENERATOR = 0x34 };

volatile uint64_t timer_ticks;

/* IRQ 0. */
static void timer_interrupt(void) {
    timer_ticks++;
    ata_tick();
    threads_tick();
}

void timer_init(void) {
    unsigned divisor = (PIT_HZ + TICK_HZ / 2) / TICK_HZ;
    out8(PIT_CONTROL, PIT_RATE_GENERATOR);
    out8(PIT_COUNTER, (uint8_t)divisor);
    out8(PIT_COUNTER, (uint8_t)(divisor >> 8));
    interrupts_serve(IRQ_TIMER, timer_interrupt);
}
