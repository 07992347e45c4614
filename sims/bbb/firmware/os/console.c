#include <stdarg.h>
#include <stdint.h>

#include "cpu.h"
#include "serial.h"
#include "tasks.h"
#include "text.h"
#include "uart.h"

enum { CONSOLE = 0 };

static char last_put = '\n';

static void put(const char *bytes, size_t length) {
    if (!length) return;
    while (!uart_put(CONSOLE, bytes, length)) uart_make_room(CONSOLE, length);
    last_put = bytes[length - 1];
}

void serial_put(const char *bytes, size_t length) {
    uint32_t flags = interrupts_off();
    put(bytes, length);
    interrupts_restore(flags);
}

void serial_put_line(const char *bytes, size_t length) {
    uint32_t flags = interrupts_off();
    if (last_put != '\n') put("\r\n", 2);
    put(bytes, length);
    interrupts_restore(flags);
}

void serial_print(const char *form, ...) {
    char line[256];
    va_list list;
    va_start(list, form);
    size_t length = format_list(line, sizeof line - 2, form, list);
    va_end(list);
    line[length++] = '\r', line[length++] = '\n';
    serial_put_line(line, length);
}

void serial_wait_for_room(void) {
    uint32_t flags = interrupts_off();
    while (uart_room(CONSOLE) < uart_unsent(CONSOLE)) task_sleep(uart_sent(CONSOLE));
    interrupts_restore(flags);
}

char serial_get(void) {
    uint32_t flags = interrupts_off();
    int byte;
    while ((byte = uart_get(CONSOLE)) < 0) task_sleep(uart_received(CONSOLE));
    interrupts_restore(flags);
    return (char)byte;
}
