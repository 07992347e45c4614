/* Requests: what each channel does next, how it ends, and the sync that waits for it. */
#include <stddef.h>

#include "cache.h"
#include "cache_parts.h"
#include "error.h"
#include "mutations.h"
#include "trace.h"

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

static struct in_flight in_flight[CHANNELS];
static struct flush *flushes;
/* Writes that each drive has done, and how many of them a flush has covered. */
static uint64_t written[DRIVES], flushed[DRIVES];

/* All below: lock held, unless it says otherwise. */

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
    struct entry *entry = cache_scheduler()->next(cache_list(), channel, flag);
    if (entry) start_request(entry, flag == READ_PENDING ? IO_READ : IO_WRITE);
    return entry;
}

static bool start_overdue(int channel) {
    const struct io_scheduler *scheduler = cache_scheduler();
    struct entry *entry = scheduler->overdue ? scheduler->overdue(cache_list(), channel) : NULL;
    if (entry) start_request(entry, IO_WRITE);
    return entry;
}

void cache_schedule_io(int channel) {
    if (!hal_channel_idle(channel)) return;
    if (MUTATED(SECOND_CHANNEL_FORGOTTEN) && channel == 1) return;
    if (MUTATED(WRITES_FIRST) && start_pending(channel, WRITE_PENDING)) return;
    if (start_overdue(channel) || start_pending(channel, READ_PENDING)) return;
    struct flush *flush = take_flush(channel);
    if (flush) start_flush(flush);
    else start_pending(channel, WRITE_PENDING);
}

void cache_schedule_all(void) {
    for (int channel = 0; channel < CHANNELS; channel++) cache_schedule_io(channel);
}

static void read_done(struct entry *entry, int error) {
    entry->flags &= ~READ_PENDING;
    entry_changed(entry);
    if (!error) return;
    entry->read_error = error;
    if (MUTATED(ERROR_STICKS)) return;
    cache_list()->drop(entry);
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
    cache_schedule_io(channel);
}

void entry_retry(struct entry *entry) {
    if (!entry->write_error) return;
    entry->write_error = ERROR_NONE;
    entry_changed(entry);
}

static bool is_dirty(const struct entry *entry, unsigned drives) {
    return entry->flags & WRITE_PENDING && drives >> entry->drive & 1;
}

/*
 * Waits until all that was filled for these drives up to the filling `last` is written or has
 * failed; the first error.
 */
static int wait_for_writes(unsigned drives, uint64_t last) {
    const struct block_list *list = cache_list();
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
    const struct block_list *list = cache_list();
    for (int i = 0; i < list->length; i++) {
        if (is_dirty(list->at(i), drives)) entry_retry(list->at(i));
    }
    cache_schedule_all();
    return wait_for_writes(drives, cache_fillings());
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
    cache_schedule_all();
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
