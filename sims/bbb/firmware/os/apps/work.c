#include "app.h"

enum { ROUNDS = 2000 };

/* A pointer that is not this application's: the kernel ends it here. */
void stray(uint32_t request) {
    static const uint32_t pointers[] = {
        [REQUEST_STRAY_KERNEL] = 0x80000000,
        [REQUEST_STRAY_OTHER] = 0x81100000, /* Where the second application's memory is. */
        [REQUEST_STRAY_NULL] = 0,
    };
    *(volatile uint32_t *)pointers[request] = 0xdead;
}

bool handler_strays;

void work(uint32_t identity) {
    /* Odd numbers are one application's, even ones the other's: no memory of theirs is the same. */
    for (uint32_t seed = identity;; seed += 0x01010102) {
        if (!state_survives(ROUNDS, seed)) kernel_call(CALL_BAD, 0);
        kernel_call(CALL_WORK, 1);
        uint32_t request = (uint32_t)kernel_call(CALL_REQUEST, 0);
        if (request == REQUEST_STRAY_IN_HANDLER) handler_strays = true;
        else if (request != REQUEST_NONE) stray(request);
    }
}

void print(const char *text) {
    uint32_t length = 0;
    while (text[length]) length++;
    kernel_call3(CALL_PRINT, (uint32_t)text, length, 0);
}
