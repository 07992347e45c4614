/* Bytes and words that the harness can make up too, and their CRC-32 as they go by. Any mode. */
#pragma once

#include <stdint.h>

/* xorshift32 (Marsaglia 2003); the state is not 0. */
struct pattern {
    uint32_t state;
};

static inline uint32_t pattern_word(struct pattern *pattern) {
    uint32_t x = pattern->state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return pattern->state = x;
}

static inline uint8_t pattern_byte(struct pattern *pattern) {
    return (uint8_t)pattern_word(pattern);
}

/* The CRC-32 of what had `crc` and then `byte`; that of nothing is 0. */
static inline uint32_t crc32_byte(uint32_t crc, uint8_t byte) {
    crc = ~crc ^ byte;
    for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    return ~crc;
}
