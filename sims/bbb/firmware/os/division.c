/*
 * The Cortex-A8 has no divide instruction: what the compiler calls instead (ARM run-time ABI, IHI
 * 0043). Any mode.
 */
#include <stdint.h>

static uint64_t divide(uint64_t n, uint64_t d, uint64_t *rest) {
    uint64_t quotient = 0, remainder = 0;
    int bit = n ? 63 - __builtin_clzll(n) : -1;
    for (; bit >= 0; bit--) {
        remainder = remainder << 1 | (n >> bit & 1);
        if (remainder < d) continue;
        remainder -= d;
        quotient |= 1ull << bit;
    }
    *rest = remainder;
    return quotient;
}

static uint32_t divide32(uint32_t n, uint32_t d, uint32_t *rest) {
    uint32_t quotient = 0;
    if (d && n >= d) {
        for (int shift = __builtin_clz(d) - __builtin_clz(n); shift >= 0; shift--) {
            if (n < d << shift) continue;
            n -= d << shift;
            quotient |= 1u << shift;
        }
    }
    *rest = n;
    return quotient;
}

uint32_t __aeabi_uidiv(uint32_t n, uint32_t d) {
    uint32_t rest;
    return divide32(n, d, &rest);
}

/* Both results in a pair of registers: quotient in the low one. */
uint64_t __aeabi_uidivmod(uint32_t n, uint32_t d) {
    uint32_t rest;
    uint32_t quotient = divide32(n, d, &rest);
    return (uint64_t)rest << 32 | quotient;
}

int32_t __aeabi_idiv(int32_t n, int32_t d) {
    uint32_t rest;
    uint32_t quotient = divide32(n < 0 ? -(uint32_t)n : (uint32_t)n,
                                 d < 0 ? -(uint32_t)d : (uint32_t)d, &rest);
    return (n < 0) == (d < 0) ? (int32_t)quotient : -(int32_t)quotient;
}

uint64_t __aeabi_idivmod(int32_t n, int32_t d) {
    int32_t quotient = __aeabi_idiv(n, d);
    return (uint64_t)(uint32_t)(n - quotient * d) << 32 | (uint32_t)quotient;
}

/* __aeabi_uldivmod (runtime.S) calls it: its four registers of result are none that C has. */
uint64_t divide64(uint64_t n, uint64_t d, uint64_t *rest) {
    return divide(n, d, rest);
}
