/* What the harness has a thread do: one read, write or sync, or random work that checks itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;

enum operation_kind { OPERATION_READ, OPERATION_WRITE, OPERATION_SYNC, OPERATION_WORK };

struct operation {
    enum operation_kind kind;
    bool pause;
    int drive;
    uint64_t lba;
    uint32_t stamp;
    /* Drives of a sync or of work, bit 0 for drive 0. */
    uint32_t drives;
    /* Of work. */
    uint32_t seed, count, blocks, read_percent;
};

/* The body of its thread. */
void operation_run(struct thread *self);

/* As the command that started it: "read 0 7". */
size_t operation_text(const struct operation *operation, char *buffer, size_t size);
