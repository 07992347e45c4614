/*
 * Defects that can be built in on purpose, one at a time (-DMUTATE=MUTATION_…), to see the scenario
 * that mutations.ts names fail. MUTATED is a constant: a kernel without a defect has no trace of any.
 */
#pragma once

enum mutation {
    MUTATION_NONE,
    MUTATION_SLAVE_FOR_MASTER,
    MUTATION_LBA_28,
};

#ifndef MUTATE
#define MUTATE MUTATION_NONE
#endif

#define MUTATED(name) (MUTATE == MUTATION_##name)
