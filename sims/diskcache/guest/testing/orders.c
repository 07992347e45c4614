/* The lists and schedulers as orders_test.ts calls them, with a machine of a clock and a few pages. */
#include <stddef.h>

#include "block_list.h"
#include "io_scheduler.h"

enum { PAGES = 64, NOTHING = -1 };

static uint8_t pages[PAGES][HAL_PAGE_SIZE] __attribute__((aligned(HAL_PAGE_SIZE)));
static int used, most;
static uint32_t now;
static const struct block_list *list;
static const struct io_scheduler *scheduler;

uint64_t hal_now(void) {
    return now;
}

void *hal_page(void) {
    return used < most ? pages[used++] : NULL;
}

static int key(const struct entry *entry) {
    return entry ? (int)(entry->lba * DRIVES) + entry->drive : NOTHING;
}

/* False: there is no memory for the list. */
bool begin(bool is_tree, int limit, int order, uint32_t deadline_ms, int most_pages) {
    static const struct io_scheduler *const all[] = {&first_pending, &look, &deadline};
    most = most_pages;
    write_deadline = deadline_ms;
    list = is_tree ? tree(limit) : fixed_array(limit);
    scheduler = all[order];
    scheduler->begin();
    return list;
}

void set_time(uint32_t ms) {
    now = ms;
}

/* 0: no room; 1: made; 2: made of a purged one. */
int make(int drive, uint32_t lba) {
    bool purged;
    if (!list->make(drive, lba, &purged)) return 0;
    return purged ? 2 : 1;
}

bool has(int drive, uint32_t lba) {
    return list->find(drive, lba);
}

/* An entry that is there. */
void change(int drive, uint32_t lba, unsigned flags, bool at_drive, bool failed) {
    static uint64_t changes;
    struct entry *entry = list->find(drive, lba);
    entry->flags = flags;
    entry->at_drive = at_drive;
    entry->write_error = failed;
    entry->access = entry->filling = ++changes;
    entry->filled = now;
    list->changed(entry);
}

void drop(int drive, uint32_t lba) {
    list->drop(list->find(drive, lba));
}

int next(int channel, unsigned flag) {
    return key(scheduler->next(list, channel, flag));
}

int overdue(int channel) {
    return key(scheduler->overdue ? scheduler->overdue(list, channel) : NULL);
}

int length(void) {
    return list->length;
}
