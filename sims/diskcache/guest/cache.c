/* Reading and writing: who may have an entry, and the copies in and out of it. */
#include "cache.h"

#include <stddef.h>

#include "cache_parts.h"
#include "error.h"
#include "mutations.h"
#include "trace.h"

/*
 * A block is copied in pieces, and other threads run after each, so that one that is not protected
 * does not stay whole by luck. Out goes in smaller ones than in: a writer that may overtake a
 * reader does.
 */
#define PIECE_OUT (BLOCK_DWORDS / 16)
#define PIECE_IN (BLOCK_DWORDS / 2)

/* What an operation has waited for already. */
struct patience {
    bool room, write;
};

static const struct block_list *list;
static const struct io_scheduler *scheduler;
static uint64_t accesses;
static uint64_t fillings;

struct cache_statistics cache_statistics;

void cache_init(const struct block_list *new_list, const struct io_scheduler *new_scheduler) {
    list = new_list;
    scheduler = new_scheduler;
    scheduler->begin();
    accesses = 0;
    cache_statistics = (struct cache_statistics){0};
}

const struct block_list *cache_list(void) {
    return list;
}

const struct io_scheduler *cache_scheduler(void) {
    return scheduler;
}

uint64_t cache_fillings(void) {
    return fillings;
}

/* All below: lock held, unless it says otherwise. */

void entry_changed(struct entry *entry) {
    list->changed(entry);
    trace(TRACE_CHANGED, entry, entry->drive, entry->lba, entry->flags, 0);
}

/*
 * Until something changed. What could not be written is tried again, once for each who waits: then
 * the operation fails rather than waits for ever. Gives an enum error.
 */
static int wait_for_room(struct patience *patience) {
    int stuck = 0;
    for (int i = 0; i < list->length; i++) stuck += list->at(i)->write_error != 0;
    if (patience->room && stuck == list->length) return list->at(0)->write_error;
    if (!patience->room) {
        cache_statistics.waits_room++;
        for (int i = 0; i < list->length; i++) entry_retry(list->at(i));
        cache_schedule_all();
    }
    patience->room = true;
    hal_block("room");
    return ERROR_NONE;
}

/* Until the write that is pending is on disk, or the readers are through. Gives an enum error. */
static int wait_for_update(struct entry *entry, struct patience *patience) {
    if (!patience->write) cache_statistics.waits_update++;
    if (entry->write_error) {
        if (patience->write) return entry->write_error;
        entry_retry(entry);
        cache_schedule_all();
    }
    patience->write = true;
    hal_block("update");
    return ERROR_NONE;
}

/* A new entry, made in one go: two equal reads make one. */
static struct entry *make_entry(int drive, uint64_t lba, enum entry_flag flag) {
    bool purged;
    struct entry *entry = list->make(drive, lba, &purged);
    if (!entry) return NULL;
    if (purged) cache_statistics.evictions++;
    entry->flags |= flag;
    list->changed(entry);
    trace(purged ? TRACE_PURGED : TRACE_MADE, entry, drive, lba, entry->flags, 0);
    return entry;
}

static void stop_using(struct entry *entry) {
    if (--entry->users == 0) entry->flags &= ~IN_USE;
    entry_changed(entry);
    hal_wake();
}

static void count_read(const struct entry *found) {
    if (!found) cache_statistics.misses++;
    else if (found->flags & READ_PENDING) cache_statistics.joined++;
    else cache_statistics.hits++;
}

/* The entry that a reader finds. */
static struct entry *find_for_reading(int drive, uint64_t lba) {
    struct entry *found = list->find(drive, lba);
    if (MUTATED(NO_JOIN) && found && found->flags & READ_PENDING) return NULL;
    if (MUTATED(ENTRY_NOT_ATOMIC) && !found) {
        hal_unlock();
        hal_yield();
        hal_lock();
    }
    if (MUTATED(HIT_ASKS_DISK) && found && entry_is_idle(found)) {
        found->flags |= READ_PENDING;
        entry_changed(found);
        cache_schedule_io(channel_of(drive));
    }
    return found;
}

/* Neither readable nor flushable until its writer has filled it. */
static bool is_readable(const struct entry *entry) {
    if (MUTATED(READS_FILL_PENDING)) return true;
    if (MUTATED(READ_WAITS_FOR_WRITE) && entry->flags & WRITE_PENDING) return false;
    return !(entry->flags & FILL_PENDING);
}

/* Gives the entry with the block in it, in use by the caller. Gives an enum error. */
static int claim_for_reading(int drive, uint64_t lba, struct entry **claimed) {
    struct patience patience = {0};
    for (;;) {
        struct entry *found = find_for_reading(drive, lba);
        if (found && !is_readable(found)) {
            hal_block("read");
            continue;
        }
        struct entry *entry = found ? found : make_entry(drive, lba, READ_PENDING);
        if (!entry) {
            int error = wait_for_room(&patience);
            if (error) return error;
            continue;
        }
        count_read(found);
        entry->users++;
        entry->flags |= IN_USE;
        if (!MUTATED(HIT_STAYS_OLD) || !found) entry->access = ++accesses;
        entry_changed(entry);
        if (!found) cache_schedule_io(channel_of(drive));
        while (entry->flags & READ_PENDING) hal_block("read");
        *claimed = entry;
        int error = entry->read_error;
        if (error) stop_using(entry);
        return error;
    }
}

/* Nothing is going on with it that new data would disturb. */
static bool may_update(const struct entry *entry) {
    unsigned ignored = 0;
    if (MUTATED(UPDATE_WHILE_DIRTY)) ignored = WRITE_PENDING;
    if (MUTATED(UPDATE_WHILE_READ)) ignored = IN_USE;
    return entry_is_idle(entry) || (ignored && (entry->flags & ~ignored) == BLOCK_VALID);
}

/* Gives an entry for the block that nobody reads or flushes: the caller fills it. */
static int claim_for_writing(int drive, uint64_t lba, struct entry **claimed) {
    struct patience patience = {0};
    for (;;) {
        struct entry *entry = list->find(drive, lba);
        int error = ERROR_NONE;
        if (!entry) {
            *claimed = make_entry(drive, lba, FILL_PENDING);
            if (*claimed) return ERROR_NONE;
            error = wait_for_room(&patience);
        } else if (may_update(entry)) {
            entry->flags |= FILL_PENDING;
            entry_changed(entry);
            *claimed = entry;
            return ERROR_NONE;
        } else {
            error = wait_for_update(entry, &patience);
        }
        if (error) return error;
    }
}

/* Lock not held: others may come in between any two dwords, too. */
static void copy_piece(uint32_t *to, const uint32_t *from, int begin, int size) {
    for (int i = begin; i < begin + size; i++) to[i] = from[i];
}

int cache_read(int drive, uint64_t lba, uint32_t *block, bool pause) {
    struct entry *entry;
    hal_lock();
    int error = claim_for_reading(drive, lba, &entry);
    if (MUTATED(COPIES_UNPROTECTED) && !error) stop_using(entry);
    hal_unlock();
    if (error) return error;
    for (int at = 0; at < BLOCK_DWORDS; at += PIECE_OUT) {
        copy_piece(block, entry->block, at, PIECE_OUT);
        if (pause && at == 0) hal_pause("drain");
        hal_yield();
    }
    hal_lock();
    if (!MUTATED(COPIES_UNPROTECTED)) stop_using(entry);
    hal_unlock();
    return ERROR_NONE;
}

int cache_write(int drive, uint64_t lba, const uint32_t *block, bool pause) {
    struct entry *entry;
    hal_lock();
    int error = ERROR_NONE;
    if (MUTATED(WRITE_READS_FIRST) && !list->find(drive, lba)) {
        error = claim_for_reading(drive, lba, &entry);
        if (!error) stop_using(entry);
    }
    if (!error) error = claim_for_writing(drive, lba, &entry);
    if (!error) entry->access = ++accesses;
    if (MUTATED(FLUSHES_FILL_PENDING) && !error) {
        entry->flags |= WRITE_PENDING;
        entry_changed(entry);
    }
    hal_unlock();
    if (error) return error;
    if (pause) hal_pause("fill");
    for (int at = 0; at < BLOCK_DWORDS; at += PIECE_IN) {
        copy_piece(entry->block, block, at, PIECE_IN);
        hal_yield();
    }
    hal_lock();
    entry->flags = BLOCK_VALID | WRITE_PENDING;
    entry->write_error = ERROR_NONE;
    entry->filling = ++fillings;
    entry->filled = hal_now();
    entry_changed(entry);
    hal_wake();
    cache_schedule_io(channel_of(drive));
    hal_unlock();
    return ERROR_NONE;
}
