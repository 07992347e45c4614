/*
 * What may be read: for each block the writes that may still be seen. A read that gives anything
 * else is a wrong block. As model/work.ts, but bounded: what no read can see any more is forgotten,
 * and what was on the disk before the first write is learnt from the first read that sees it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Only the first blocks of each drive are followed. */
#define HISTORY_BLOCKS 256

/* A write or a read under way; on the stack of its thread. */
struct history_access {
    struct history_access *next;
    uint64_t begun;
    int drive;
    uint64_t lba;
    uint32_t stamp;
};

/* Lock not held, all of them. */
void history_forget(void);

void history_write_begin(struct history_access *access, int drive, uint64_t lba, uint32_t stamp);
/* `failed`: the cache did not take it, so that it was never there. */
void history_write_end(const struct history_access *access, bool failed);

void history_read_begin(struct history_access *access, int drive, uint64_t lba);
/* `block`: what it gave, NULL when it failed. False when that is wrong, with why. */
bool history_read_end(struct history_access *access, const uint32_t *block, char *why, size_t size);

/* All dwords are equal. */
bool block_is_whole(const uint32_t *block);
