#include "history.h"

#include "hal.h"
#include "text.h"

enum { RECORDS = 4096 };

struct record {
    struct record *next;
    uint64_t begun, over;
    uint32_t stamp;
    /* The stamp is not known yet: what was on the disk. */
    bool initial;
};

#define NOT_OVER UINT64_MAX

static struct record pool[RECORDS], *free_records;
static struct record *blocks[DRIVES][HISTORY_BLOCKS];
static struct history_access *reads;
static uint32_t records_used;
static uint64_t moment;

void history_forget(void) {
    hal_lock();
    for (int drive = 0; drive < DRIVES; drive++) {
        for (int lba = 0; lba < HISTORY_BLOCKS; lba++) blocks[drive][lba] = NULL;
    }
    free_records = NULL;
    records_used = 0;
    hal_unlock();
}

/* All below until history_write_begin: lock held. */

static struct record *add_record(struct record **block, struct record content) {
    struct record *record = free_records;
    if (record) free_records = record->next;
    else if (records_used < RECORDS) record = &pool[records_used++];
    else hal_panic("the history of the blocks is full");
    *record = content;
    record->next = *block;
    return *block = record;
}

static struct record **block_of(const struct history_access *access) {
    struct record **block = &blocks[access->drive][access->lba];
    if (!*block) add_record(block, (struct record){.begun = 0, .over = 0, .initial = true});
    return block;
}

/* When the last write began of those that were over at that moment: older ones are gone. */
static uint64_t last_over_before(const struct record *records, uint64_t when) {
    uint64_t last = 0;
    for (; records; records = records->next) {
        if (records->over < when && records->begun > last) last = records->begun;
    }
    return last;
}

/* Drops what no read can see, neither one under way nor one to come. */
static void prune(struct record **block, const struct history_access *access) {
    uint64_t oldest = moment;
    for (const struct history_access *read = reads; read; read = read->next) {
        bool same = read->drive == access->drive && read->lba == access->lba;
        if (same && read->begun < oldest) oldest = read->begun;
    }
    uint64_t last = last_over_before(*block, oldest);
    for (struct record **link = block; *link;) {
        struct record *record = *link;
        if (record->over >= last) {
            link = &record->next;
            continue;
        }
        *link = record->next;
        record->next = free_records;
        free_records = record;
    }
}

static bool is_followed(const struct history_access *access) {
    return access->lba < HISTORY_BLOCKS;
}

void history_write_begin(struct history_access *access, int drive, uint64_t lba, uint32_t stamp) {
    *access = (struct history_access){.drive = drive, .lba = lba, .stamp = stamp};
    if (!is_followed(access)) return;
    hal_lock();
    struct record **block = block_of(access);
    prune(block, access);
    access->begun = ++moment;
    add_record(block, (struct record){.begun = moment, .over = NOT_OVER, .stamp = stamp});
    hal_unlock();
}

void history_write_end(const struct history_access *access, bool failed) {
    if (!is_followed(access)) return;
    hal_lock();
    for (struct record **link = block_of(access); *link; link = &(*link)->next) {
        struct record *record = *link;
        if (record->begun != access->begun) continue;
        record->over = ++moment;
        if (failed) {
            *link = record->next;
            record->next = free_records;
            free_records = record;
        }
        break;
    }
    hal_unlock();
}

void history_read_begin(struct history_access *access, int drive, uint64_t lba) {
    *access = (struct history_access){.drive = drive, .lba = lba};
    if (!is_followed(access)) return;
    hal_lock();
    block_of(access);
    access->begun = ++moment;
    access->next = reads;
    reads = access;
    hal_unlock();
}

/* Lock held: whether a read that began then may give the stamp; learns what was on the disk. */
static bool may_give(struct record *records, uint64_t begun, uint32_t stamp) {
    uint64_t last = last_over_before(records, begun);
    struct record *initial = NULL;
    for (struct record *record = records; record; record = record->next) {
        if (record->over < last) continue;
        if (record->initial) initial = record;
        else if (record->stamp == stamp) return true;
    }
    if (!initial) return false;
    initial->stamp = stamp;
    initial->initial = false;
    return true;
}

/* Lock held: a write that the read may have seen, for the message. */
static uint32_t wanted_stamp(const struct record *records, uint64_t begun) {
    uint64_t last = last_over_before(records, begun);
    while (records && records->over < last) records = records->next;
    return records ? records->stamp : 0;
}

bool history_read_end(struct history_access *access, const uint32_t *block, char *why,
                      size_t size) {
    if (!is_followed(access)) return true;
    hal_lock();
    struct history_access **link = &reads;
    while (*link != access) link = &(*link)->next;
    *link = access->next;
    struct record *records = *block_of(access);
    bool good = true;
    if (block && !block_is_whole(block)) {
        good = false;
        format(why, size, "%d:%lu is torn: it begins with %08x", access->drive, access->lba,
               block[0]);
    } else if (block && !may_give(records, access->begun, block[0])) {
        good = false;
        format(why, size, "%d:%lu is %08x; it ought to be %08x", access->drive, access->lba,
               block[0], wanted_stamp(records, access->begun));
    }
    hal_unlock();
    return good;
}

bool block_is_whole(const uint32_t *block) {
    for (int i = 1; i < BLOCK_DWORDS; i++) {
        if (block[i] != block[0]) return false;
    }
    return true;
}
