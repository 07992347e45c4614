#include "cache.h"

#include <stddef.h>

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

/* A flush that a sync waits for; on that thread's stack. */
struct flush {
    struct flush *next;
    int drive;
    bool over;
    int error;
};

/* What a channel is doing. */
struct in_flight {
    enum io_kind kind;
    struct entry *entry;
    struct flush *flush;
    /* Writes of the drive that the flush covers. */
    uint64_t covers;
};

static const struct block_list *list;
static const struct io_scheduler *scheduler;
static struct in_flight in_flight[CHANNELS];
static struct flush *flushes;
/* Writes that each drive has done, and how many of them a flush has covered. */
static uint64_t written[DRIVES], flushed[DRIVES];
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

/* All below: lock held, unless it says otherwise. */

static void entry_changed(struct entry *entry) {
    list->changed(entry);
    trace(TRACE_CHANGED, entry, entry->drive, entry->lba, entry->flags, 0);
}

static void start_request(struct entry *entry, enum io_kind kind) {
    if (kind == IO_READ) cache_statistics.reads++;
    else cache_statistics.writes++;
    entry->at_drive = true;
    entry_changed(entry);
    in_flight[channel_of(entry->drive)] = (struct in_flight){.kind = kind, .entry = entry};
    trace(TRACE_SUBMITTED, entry, entry->drive, entry->lba, entry->flags, kind);
    hal_submit(entry->drive, kind, entry->lba, entry->block);
}

static void start_flush(struct flush *flush) {
    cache_statistics.flushes++;
    in_flight[channel_of(flush->drive)] = (struct in_flight){
        .kind = IO_FLUSH, .flush = flush, .covers = written[flush->drive]};
    trace(TRACE_SUBMITTED, NULL, flush->drive, 0, 0, IO_FLUSH);
    hal_submit(flush->drive, IO_FLUSH, 0, NULL);
}

static struct flush *take_flush(int channel) {
    for (struct flush **link = &flushes; *link; link = &(*link)->next) {
        struct flush *flush = *link;
        if (channel_of(flush->drive) != channel) continue;
        *link = flush->next;
        return flush;
    }
    return NULL;
}

static bool start_pending(int channel, unsigned flag) {
    struct entry *entry = scheduler->next(list, channel, flag);
    if (entry) start_request(entry, flag == READ_PENDING ? IO_READ : IO_WRITE);
    return entry;
}

/* Gives an idle channel its next request: reads first, then flushes, then writes. */
static void schedule_io(int channel) {
    if (!hal_channel_idle(channel)) return;
    if (MUTATED(SECOND_CHANNEL_FORGOTTEN) && channel == 1) return;
    if (MUTATED(WRITES_FIRST) && start_pending(channel, WRITE_PENDING)) return;
    struct entry *overdue = scheduler->overdue ? scheduler->overdue(list, channel) : NULL;
    if (overdue) {
        start_request(overdue, IO_WRITE);
        return;
    }
    if (start_pending(channel, READ_PENDING)) return;
    struct flush *flush = take_flush(channel);
    if (flush) start_flush(flush);
    else start_pending(channel, WRITE_PENDING);
}

static void schedule_all(void) {
    for (int channel = 0; channel < CHANNELS; channel++) schedule_io(channel);
}

static void read_done(struct entry *entry, int error) {
    entry->flags &= ~READ_PENDING;
    entry_changed(entry);
    if (!error) return;
    entry->read_error = error;
    if (MUTATED(ERROR_STICKS)) return;
    list->drop(entry);
    trace(TRACE_DROPPED, entry, entry->drive, entry->lba, entry->flags, 0);
}

static void write_done(struct entry *entry, int error) {
    if (error) entry->write_error = error;
    if (!error || MUTATED(WRITE_ERROR_CLEANS)) {
        entry->flags &= ~WRITE_PENDING;
        written[entry->drive]++;
    }
    entry_changed(entry);
}

static void flush_done(struct flush *flush, uint64_t covers, int error) {
    flush->over = true;
    flush->error = error;
    if (!error && flushed[flush->drive] < covers) flushed[flush->drive] = covers;
}

static void trace_done(const struct in_flight *done, int error) {
    const struct entry *entry = done->entry;
    if (entry) trace(TRACE_DONE, entry, entry->drive, entry->lba, entry->flags, (unsigned)error);
    else trace(TRACE_DONE, NULL, done->flush->drive, 0, 0, (unsigned)error);
    (void)entry, (void)error;
}

void cache_done(int channel, int error) {
    struct in_flight *done = &in_flight[channel];
    trace_done(done, error);
    if (done->entry) done->entry->at_drive = false;
    if (done->kind == IO_READ) read_done(done->entry, error);
    else if (done->kind == IO_WRITE) write_done(done->entry, error);
    else flush_done(done->flush, done->covers, error);
    if (!(MUTATED(WRITE_WAKES_NOBODY) && done->kind == IO_WRITE)) hal_wake();
    schedule_io(channel);
}

/* What could not be written is tried again. */
static void retry(struct entry *entry) {
    if (!entry->write_error) return;
    entry->write_error = ERROR_NONE;
    entry_changed(entry);
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
        for (int i = 0; i < list->length; i++) retry(list->at(i));
        schedule_all();
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
        retry(entry);
        schedule_all();
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
        schedule_io(channel_of(drive));
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
        if (!found) schedule_io(channel_of(drive));
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
    schedule_io(channel_of(drive));
    hal_unlock();
    return ERROR_NONE;
}

static bool is_dirty(const struct entry *entry, unsigned drives) {
    return entry->flags & WRITE_PENDING && drives >> entry->drive & 1;
}

/*
 * Waits until all that was filled for these drives up to the filling `last` is written or has
 * failed; the first error.
 */
static int wait_for_writes(unsigned drives, uint64_t last) {
    for (;;) {
        int error = ERROR_NONE;
        bool over = true;
        for (int i = 0; i < list->length; i++) {
            const struct entry *entry = list->at(i);
            if (!is_dirty(entry, drives) || entry->filling > last) continue;
            if (!entry->write_error) over = false;
            if (!error) error = entry->write_error;
        }
        if (over) return error;
        hal_block("sync");
    }
}

static int write_dirty(unsigned drives) {
    for (int i = 0; i < list->length; i++) {
        if (is_dirty(list->at(i), drives)) retry(list->at(i));
    }
    schedule_all();
    return wait_for_writes(drives, fillings);
}

static int flush_written(unsigned drives) {
    struct flush own[DRIVES];
    struct flush **last = &flushes;
    while (*last) last = &(*last)->next;
    for (int drive = 0; drive < DRIVES; drive++) {
        own[drive] = (struct flush){.drive = drive, .over = true};
        if (!(drives >> drive & 1) || written[drive] <= flushed[drive]) continue;
        own[drive].over = false;
        *last = &own[drive];
        last = &own[drive].next;
    }
    schedule_all();
    int error = ERROR_NONE;
    for (int drive = 0; drive < DRIVES; drive++) {
        while (!own[drive].over) hal_block("sync");
        if (!error) error = own[drive].error;
    }
    return error;
}

int cache_sync(unsigned drives) {
    hal_lock();
    int flush_error = MUTATED(FLUSH_TOO_EARLY) ? flush_written(drives) : ERROR_NONE;
    int write_error = write_dirty(drives);
    if (!MUTATED(FLUSH_TOO_EARLY) && !MUTATED(NO_FLUSH)) flush_error = flush_written(drives);
    hal_unlock();
    return flush_error ? flush_error : write_error;
}
