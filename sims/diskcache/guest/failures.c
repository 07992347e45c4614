#include "failures.h"

#include "cpu.h"
#include "random.h"
#include "serial.h"
#include "text.h"

enum { LINE = 64, CHUNK = 64 };

void print_log_lines(uint64_t count) {
    for (uint32_t number = 1; count; number++) {
        char line[LINE + 1];
        format(line, sizeof line, "log line %010u: the quick brown fox jumps over a lazy dog\r\n",
               number);
        uint64_t length = count < LINE ? count : LINE;
        if (length < LINE) line[length - 1] = '\n';
        if (length < LINE && length > 1) line[length - 2] = '\r';
        serial_wait_for_room();
        serial_put(line, length);
        count -= length;
    }
}

void print_garbage(uint64_t count) {
    struct random random;
    random_seed(&random, 1);
    while (count) {
        char bytes[CHUNK];
        uint64_t length = count < CHUNK ? count : CHUNK;
        for (uint64_t i = 0; i < length; i++) bytes[i] = (char)random_next(&random);
        serial_wait_for_room();
        serial_put(bytes, length);
        count -= length;
    }
}

void triple_fault(void) {
    interrupts_off();
    serial_flush();
    /* No IDT: a breakpoint cannot be served, nor the fault of that, nor the fault of that. */
    load_idt(&(struct idt_pointer){0, 0});
    __asm__ volatile("int3");
    stop_processor();
}
