/* Calls of the kernel: `svc`, number in r7, arguments in r0 to r2, result in r0 (error.h). */
#pragma once

#include <stdint.h>

enum call {
    /* A task of the kernel: sleeps on a channel. */
    CALL_SLEEP,
    /* Gives the processor to the next task, at once. */
    CALL_YIELD,
    /* (text, length): a line for the console. */
    CALL_PRINT,
    /* (count): so much work is done. `tasks` of the shell shows it. */
    CALL_WORK,
    /* (): registers have changed, or memory was not its own. */
    CALL_BAD,
    /* (): what the shell wants of the application (enum request), once. */
    CALL_REQUEST,
    /* (gpio, event, function): calls function(gpio, level) on each interrupt of the pin, in IRQ
     * mode with the application's addresses. */
    CALL_HANDLE,
    /* (gpio), (gpio, level), (gpio). */
    CALL_GPIO_GET,
    CALL_GPIO_SET,
    CALL_GPIO_TOGGLE,
    /* (register), (register, value): of the MCP23S18. */
    CALL_EXPANDER_READ,
    CALL_EXPANDER_WRITE,
    /* (address, buffer, size): of the 25AA256. */
    CALL_EEPROM_READ,
    /* (pins): GPB follows GPA, which is `pins`. */
    CALL_FOLLOWED,
    CALL_COUNT,
};

enum request {
    REQUEST_NONE,
    /* Uses a pointer to the kernel, to where another application is, or to nothing. */
    REQUEST_STRAY_KERNEL,
    REQUEST_STRAY_OTHER,
    REQUEST_STRAY_NULL,
    /* The last one, at the next interrupt in the handler. */
    REQUEST_STRAY_IN_HANDLER,
};

/* On which an interrupt comes; levels come again until the cause is gone. */
enum gpio_event { GPIO_NONE, GPIO_RISE, GPIO_FALL, GPIO_HIGH, GPIO_LOW };

static inline int32_t kernel_call3(enum call call, uint32_t a, uint32_t b, uint32_t c) {
    register uint32_t r0 __asm__("r0") = a;
    register uint32_t r1 __asm__("r1") = b;
    register uint32_t r2 __asm__("r2") = c;
    register uint32_t r7 __asm__("r7") = call;
    __asm__ volatile("svc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r7) : "memory", "lr");
    return (int32_t)r0;
}

static inline int32_t kernel_call(enum call call, uint32_t a) {
    return kernel_call3(call, a, 0, 0);
}
