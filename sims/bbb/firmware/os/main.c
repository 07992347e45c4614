/* The order in which the machine comes to life. */
#include <stddef.h>

#include "clocks.h"
#include "cpu.h"
#include "emmc.h"
#include "error.h"
#include "gpio.h"
#include "intc.h"
#include "loader.h"
#include "memory_map.h"
#include "mmu.h"
#include "pins.h"
#include "serial.h"
#include "shell.h"
#include "spi.h"
#include "tasks.h"
#include "timer.h"
#include "uart.h"

enum { TASK_IDLE, TASK_SHELL };

static char idle_stack[1024] __attribute__((aligned(8)));
static char shell_stack[16 << 10] __attribute__((aligned(8)));

/* SYS mode: when there is nothing to do. */
static void idle_run(void) {
    for (;;) wait_for_interrupt();
}

/* Cycles are counted from here on (ARM ARM chapter C12): enabled, all, from 0. */
static void count_cycles(void) {
    write_pmcr(1 | 4);
    write_pmcntenset(1u << 31);
}

static void start_emmc(void) {
    int error = emmc_init();
    if (!error) {
        serial_print("os: emmc %u blocks, sector addressing, 8 bit", emmc_blocks());
        return;
    }
    serial_print("os: emmc: %s, status %08x", error_text(error), emmc_detail());
}

/* How many there are; says what is wrong with those that do not start. */
static void start_applications(int count) {
    for (int i = 0; i < count; i++) {
        int error = application_start((unsigned)i);
        if (error) serial_print("os: application %d: %s", i + 1, error_text(error));
    }
}

static void start_devices(void) {
    gpio_init();
    spi_init();
    for (unsigned n = 0; n < UART_COUNT; n++) {
        if (n) uart_init(n);
        uart_use_interrupts(n);
    }
}

/* start.S: SVC mode, interrupts off, MMU and caches off. */
_Noreturn void kernel_main(void) {
    watchdog_stop();
    clocks_init();
    pins_init();
    uart_init(0);
    clock_init();
    count_cycles();
    serial_print("os: BeagleBone Black kernel");
    mmu_init();
    serial_print("os: mmu on");
    intc_init();
    start_devices();
    interrupts_on();
    serial_print("os: interrupts on");
    tick_init();
    serial_print("os: tick %d Hz, quantum 10 ms", TICK_HZ);
    start_emmc();
    int count = emmc_blocks() ? loader_init() : 0;
    if (count >= 0) serial_print("os: %d applications from block 0x%x", count, APPS_BLOCK);
    else serial_print("os: applications: %s", error_text(count));
    serial_print("System is up");
    interrupts_off();
    task_start(&tasks[TASK_IDLE], "idle", (uint32_t)idle_run,
               (uint32_t)(idle_stack + sizeof idle_stack), MODE_SYS);
    task_start(&tasks[TASK_SHELL], "shell", (uint32_t)shell_run,
               (uint32_t)(shell_stack + sizeof shell_stack), MODE_SYS);
    start_applications(count);
    tasks_begin(&tasks[TASK_IDLE]);
}
