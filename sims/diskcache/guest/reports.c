/* What the harness may know of this machine, a line of an answer each. */
#include "reports.h"

#include <stddef.h>

#include "ata.h"
#include "cache.h"
#include "checked_lines.h"
#include "cpu.h"
#include "error.h"
#include "history.h"
#include "interrupts.h"
#include "memory_map.h"
#include "operations.h"
#include "text.h"
#include "threads.h"
#include "timer.h"

void report_threads(void) {
    static const char *const states[] = {"free",    "stopped", "ready",
                                         "running", "blocked", "paused"};
    for (int i = 0; thread_at(i); i++) {
        uint64_t flags = interrupts_off();
        struct thread thread = *thread_at(i);
        interrupts_restore(flags);
        if (thread.state == THREAD_FREE || !thread.number) continue;
        char text[80];
        operation_text(&thread.operation, text, sizeof text);
        bool waits = thread.state == THREAD_BLOCKED || thread.state == THREAD_PAUSED;
        const char *why = waits && thread.why ? thread.why : "-";
        answer("%u %s %s %s", thread.number, states[thread.state], why, text);
    }
}

/* An entry as it was at one moment; free ones have no flags. */
struct look {
    uint64_t lba, access;
    uint32_t stamp, flags;
    uint8_t drive;
    bool has_data, whole;
};

static struct look look_at(const struct entry *entry) {
    struct look look = {.lba = entry->lba,
                        .access = entry->access,
                        .flags = entry->flags,
                        .drive = (uint8_t)entry->drive};
    look.has_data = !(entry->flags & (READ_PENDING | FILL_PENDING));
    if (look.has_data) {
        look.stamp = entry->block[0];
        look.whole = block_is_whole(entry->block);
    }
    return look;
}

void report_entries(void) {
    SCRATCH static struct look looks[TREE_ENTRIES_MAX];
    hal_lock();
    int length = cache_list()->length;
    for (int i = 0; i < length; i++) looks[i] = look_at(cache_list()->at(i));
    hal_unlock();
    for (int i = 0; i < length; i++) {
        const struct look *look = &looks[i];
        if (!(look->flags & BLOCK_VALID)) continue;
        char stamp[16] = "--------";
        if (look->has_data) format(stamp, sizeof stamp, "%08x", look->stamp);
        answer("%d %d %lu %u %lu %s %d", i, look->drive, look->lba, look->flags, look->access,
               stamp, look->whole);
    }
}

static void request_status(const struct ata_request *request, char *buffer, size_t size) {
    if (request->status == REQUEST_PENDING) format(buffer, size, "pending");
    else if (!request->error) format(buffer, size, "ok");
    else if (request->error == ERROR_TIMEOUT) format(buffer, size, "timeout");
    else format(buffer, size, "error=%02x", REGISTER_OF_ERROR(request->error));
}

void report_requests(uint32_t from) {
    static const char *const kinds[] = {[IO_READ] = "read", [IO_WRITE] = "write",
                                        [IO_FLUSH] = "flush"};
    uint32_t last = ata_last_request();
    if (last >= ATA_REQUESTS && from < last - ATA_REQUESTS + 1) from = last - ATA_REQUESTS + 1;
    for (uint32_t number = from; number <= last; number++) {
        uint64_t flags = interrupts_off();
        const struct ata_request *found = ata_request(number);
        struct ata_request request = found ? *found : (struct ata_request){0};
        interrupts_restore(flags);
        if (!found) continue;
        char status[16];
        request_status(&request, status, sizeof status);
        answer("%u %d %s %lu %s", number, request.drive, kinds[request.kind], request.lba, status);
    }
}

void report_stats(void) {
    uint64_t flags = interrupts_off();
    struct cache_statistics cache = cache_statistics;
    struct ata_statistics ata = ata_statistics;
    struct thread_statistics threads = thread_statistics;
    uint64_t ticks = timer_ticks, spurious = ata.spurious + interrupts_spurious;
    interrupts_restore(flags);
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {
        {"hits", cache.hits},
        {"misses", cache.misses},
        {"joined", cache.joined},
        {"reads", cache.reads},
        {"writes", cache.writes},
        {"flushes", cache.flushes},
        {"evictions", cache.evictions},
        {"waits_update", cache.waits_update},
        {"waits_room", cache.waits_room},
        {"interrupts", ata.interrupts},
        {"spurious", spurious},
        {"errors", ata.errors},
        {"timeouts", ata.timeouts},
        {"resets", ata.resets},
        {"ticks", ticks},
        {"switches", threads.switches},
        {"preemptions", threads.preemptions},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        answer("%s %lu", all[i].name, all[i].value);
    }
}

void report_info(void) {
    answer("version 1");
    answer("list %s", cache_list()->name);
    answer("scheduler %s", cache_scheduler()->name);
    answer("write_deadline_ms %u", write_deadline);
    answer("entries %d", cache_list()->limit);
    answer("timeout_ms %u", ata_timeout);
    answer("tick_hz %d", TICK_HZ);
    for (int drive = 0; drive < DRIVES; drive++) {
        const struct ata_drive *found = &ata_drives[drive];
        if (!found->sectors) continue;
        answer("drive %d sectors=%lu model=%s", drive, found->sectors, found->model);
    }
}
