/*
 * xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), its
 * state filled by splitmix32 from a hash (FNV-1a) of the seed's decimal digits.
 */
#include "random.h"

#include <stddef.h>

#include "text.h"

/* The finalizer of MurmurHash3. */
static uint32_t finish(uint32_t value) {
    value = (value ^ value >> 16) * 0x85ebca6b;
    value = (value ^ value >> 13) * 0xc2b2ae35;
    return value ^ value >> 16;
}

static uint32_t rotate(uint32_t value, int by) {
    return value << by | value >> (32 - by);
}

void random_seed(struct random *random, uint32_t seed) {
    char digits[16];
    size_t length = format(digits, sizeof digits, "%u", seed);
    uint32_t hash = 0x811c9dc5;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)digits[i]) * 0x01000193;
    uint32_t mixed = finish(hash);
    for (int i = 0; i < 4; i++) random->state[i] = finish(mixed += 0x9e3779b9);
}

uint32_t random_next(struct random *random) {
    uint32_t *s = random->state;
    uint32_t result = rotate(s[1] * 5, 7) * 9;
    uint32_t shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 11);
    return result;
}

uint32_t random_below(struct random *random, uint32_t n) {
    /* Numbers past the last whole multiple of n would make the small results likelier. */
    uint64_t fair = (1ull << 32) / n * n;
    for (;;) {
        uint32_t drawn = random_next(random);
        if (drawn < fair) return drawn % n;
    }
}
