/*
 * The integer benchmark of CPU engines: table CRC32, a sieve, and a branchy mix (a small stack
 * machine, binary search, quicksort). Bare metal, no library; start.S calls it in SVC mode, MMU and
 * caches off. It fits in the AM335x's SRAM, which a Cubieboard has as DRAM at the same address: the
 * same bytes run on QEMU's `-M cubieboard` and on our board.
 */
#include <stdint.h>

#ifndef ROUNDS
#define ROUNDS 2000
#endif

#define BLOCK 4096u
#define SIEVE 16384u
#define SORTED 1024u

/* Read by the host, which finds them right behind the vectors: see start.S. */
extern volatile uint32_t results[3];

static uint32_t crc_table[256];
static uint8_t block[BLOCK];
static uint8_t composite[SIEVE];
static int32_t keys[SORTED];

static uint32_t next_random(uint32_t *state) {
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

static void make_crc_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
        crc_table[i] = c;
    }
}

static __attribute__((noinline)) uint32_t crc32(uint32_t crc, const uint8_t *p, uint32_t length) {
    crc = ~crc;
    while (length--) crc = crc_table[(crc ^ *p++) & 0xff] ^ (crc >> 8);
    return ~crc;
}

static __attribute__((noinline)) uint32_t sieve(void) {
    uint32_t primes = 0;
    for (uint32_t i = 0; i < SIEVE; i++) composite[i] = 0;
    for (uint32_t i = 2; i < SIEVE; i++) {
        if (composite[i]) continue;
        primes++;
        for (uint32_t j = i + i; j < SIEVE; j += i) composite[j] = 1;
    }
    return primes;
}

enum { PUSH, ADD, SUB, MUL, XOR, DUP, SWAP, LOOP, HALT };
static const uint8_t program[] = { PUSH, 1, DUP, PUSH, 77, MUL, SWAP, PUSH, 13, ADD, XOR, DUP,
                                   PUSH, 3, SUB, XOR, LOOP, 2, HALT };

static __attribute__((noinline)) uint32_t stack_machine(uint32_t count) {
    uint32_t stack[16], *top = stack;
    const uint8_t *pc = program;
    *top = count;
    for (;;) {
        switch (*pc++) {
        case PUSH: *++top = *pc++; break;
        case ADD: top--; *top += top[1]; break;
        case SUB: top--; *top -= top[1]; break;
        case MUL: top--; *top *= top[1]; break;
        case XOR: top--; *top ^= top[1]; break;
        case DUP: top[1] = *top; top++; break;
        case SWAP: { uint32_t x = *top; *top = top[-1]; top[-1] = x; break; }
        case LOOP: if (count--) pc = program + *pc; else pc++; break;
        default: return *top;
        }
    }
}

static void quicksort(int32_t *low, int32_t *high) {
    while (low < high) {
        int32_t pivot = low[(high - low) >> 1], *i = low, *j = high;
        do {
            while (*i < pivot) i++;
            while (*j > pivot) j--;
            if (i <= j) { int32_t x = *i; *i++ = *j; *j-- = x; }
        } while (i <= j);
        quicksort(low, j);
        low = i;
    }
}

static __attribute__((noinline)) uint32_t find(int32_t key) {
    uint32_t low = 0, high = SORTED;
    while (low < high) {
        uint32_t middle = (low + high) >> 1;
        if (keys[middle] < key) low = middle + 1; else high = middle;
    }
    return low;
}

static __attribute__((noinline)) uint32_t branchy(uint32_t seed) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < SORTED; i++) keys[i] = (int32_t)next_random(&seed);
    quicksort(keys, keys + SORTED - 1);
    for (uint32_t i = 0; i < SORTED; i++) {
        uint32_t at = find((int32_t)next_random(&seed));
        if (at & 1) sum += at; else if (at & 2) sum ^= at << 7; else sum -= i;
    }
    return sum ^ stack_machine(600);
}

void mix(void) {
    uint32_t crc = 0, primes = 0, sum = 0;
    make_crc_table();
    for (uint32_t i = 0; i < BLOCK; i++) block[i] = (uint8_t)(i * 7 + (i >> 3));
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        for (int i = 0; i < 4; i++) crc = crc32(crc, block, BLOCK);
        primes += sieve();
        sum = (sum << 1 | sum >> 31) ^ branchy(round);
    }
    results[0] = crc;
    results[1] = primes;
    results[2] = sum;
}
