/* Seeded chance: the same sequence for a seed as sims/engine/random.ts. */
#pragma once

#include <stdint.h>

struct random {
    uint32_t state[4];
};

void random_seed(struct random *random, uint32_t seed);
uint32_t random_next(struct random *random);
/* From 0 to n - 1, each as likely; n is not 0. */
uint32_t random_below(struct random *random, uint32_t n);
