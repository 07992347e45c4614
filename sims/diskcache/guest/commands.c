#include "commands.h"

#include <stddef.h>

#include "ata.h"
#include "cache.h"
#include "checked_lines.h"
#include "command_parts.h"
#include "cpu.h"
#include "failures.h"
#include "history.h"
#include "interrupts.h"
#include "memory_map.h"
#include "operations.h"
#include "reports.h"
#include "serial.h"
#include "text.h"
#include "threads.h"

#define LBA_MAX ((1ull << 48) - 1)
#define THREAD_MAX UINT32_MAX

/* An operation's thread, admitted when the answer that names it is out. */
static struct thread *made;
static char reason[160];

int wrong(const char *form, ...) {
    va_list list;
    va_start(list, form);
    format_list(reason, sizeof reason, form, list);
    va_end(list);
    return STATUS_WRONG;
}

static bool take_number(char **rest, uint64_t most, uint64_t *number) {
    return parse_number(next_word(rest), 10, most, number);
}

/* "D LBA": a block of a drive that is there. */
static int take_block(char **rest, struct operation *operation) {
    uint64_t drive, lba;
    if (!take_number(rest, DRIVES - 1, &drive) || !take_number(rest, LBA_MAX, &lba)) {
        return wrong("the command wants a drive from 0 to 3 and a block");
    }
    uint64_t sectors = ata_drives[drive].sectors;
    if (lba >= sectors) {
        return wrong("there is no block %lu: drive %lu has %lu", lba, drive, sectors);
    }
    operation->drive = (int)drive;
    operation->lba = lba;
    return STATUS_GOOD;
}

/* The end of a command: "[pause]", and nothing else. */
static int take_pause(char **rest, struct operation *operation) {
    const char *word = next_word(rest);
    operation->pause = word && text_equal(word, "pause");
    if ((word && !operation->pause) || next_word(rest)) return wrong("there is a word too many");
    return STATUS_GOOD;
}

static int start(const struct operation *operation) {
    made = thread_make(operation);
    if (!made) {
        wrong("%d threads live: wait until one is done", THREADS_MAX);
        return STATUS_BUSY;
    }
    answer("thread %u", made->number);
    return STATUS_GOOD;
}

static int command_read(char *rest) {
    struct operation operation = {.kind = OPERATION_READ};
    int status = take_block(&rest, &operation);
    if (!status) status = take_pause(&rest, &operation);
    return status ? status : start(&operation);
}

static int command_write(char *rest) {
    struct operation operation = {.kind = OPERATION_WRITE};
    int status = take_block(&rest, &operation);
    if (status) return status;
    uint64_t stamp;
    if (!parse_number(next_word(&rest), 16, UINT32_MAX, &stamp)) {
        return wrong("the command wants a stamp of 8 hex digits");
    }
    operation.stamp = (uint32_t)stamp;
    status = take_pause(&rest, &operation);
    return status ? status : start(&operation);
}

/* Drives that are there, bit 0 for drive 0. */
static uint32_t drives_found(void) {
    uint32_t found = 0;
    for (int drive = 0; drive < DRIVES; drive++) {
        if (ata_drives[drive].sectors) found |= 1u << drive;
    }
    return found;
}

static int command_sync(char *rest) {
    struct operation operation = {.kind = OPERATION_SYNC, .drives = drives_found()};
    uint64_t drive;
    if (*rest) {
        if (!take_number(&rest, DRIVES - 1, &drive) || next_word(&rest)) {
            return wrong("the command wants a drive from 0 to 3, or nothing for all");
        }
        operation.drives &= 1u << drive;
    }
    return start(&operation);
}

static int command_work(char *rest) {
    uint64_t seed, count, blocks, percent, drives = 1;
    if (!take_number(&rest, UINT32_MAX, &seed) || !take_number(&rest, UINT32_MAX, &count) ||
        !take_number(&rest, HISTORY_BLOCKS, &blocks) || !take_number(&rest, 100, &percent) ||
        (*rest && !take_number(&rest, (1 << DRIVES) - 1, &drives)) || !blocks || !drives) {
        return wrong("the command wants SEED COUNT BLOCKS READPERCENT [DRIVES], 1 to %d blocks",
                     HISTORY_BLOCKS);
    }
    for (int drive = 0; drive < DRIVES; drive++) {
        if (!(drives >> drive & 1) || ata_drives[drive].sectors >= blocks) continue;
        return wrong("drive %d has %lu blocks", drive, ata_drives[drive].sectors);
    }
    struct operation operation = {
        .kind = OPERATION_WORK,
        .seed = (uint32_t)seed,
        .count = (uint32_t)count,
        .blocks = (uint32_t)blocks,
        .read_percent = (uint32_t)percent,
        .drives = (uint32_t)drives,
    };
    return start(&operation);
}

static int command_stop(char *rest) {
    (void)rest;
    threads_stop();
    return STATUS_GOOD;
}

static int command_go(char *rest) {
    (void)rest;
    threads_go();
    return STATUS_GOOD;
}

static int command_resume(char *rest) {
    uint64_t number;
    if (!take_number(&rest, THREAD_MAX, &number)) return wrong("the command wants a thread");
    if (!thread_resume((uint32_t)number)) return wrong("thread %lu is not paused", number);
    return STATUS_GOOD;
}

static int command_requests(char *rest) {
    uint64_t from = 1;
    if (*rest && !take_number(&rest, UINT32_MAX, &from)) return wrong("the command wants a number");
    report_requests((uint32_t)from);
    return STATUS_GOOD;
}

static int command_info(char *rest) {
    (void)rest;
    report_info();
    return STATUS_GOOD;
}

static int command_threads(char *rest) {
    (void)rest;
    report_threads();
    return STATUS_GOOD;
}

static int command_entries(char *rest) {
    (void)rest;
    report_entries();
    return STATUS_GOOD;
}

static int command_stats(char *rest) {
    (void)rest;
    report_stats();
    return STATUS_GOOD;
}

static int command_block(char *rest) {
    enum { LINE = 64 };
    struct operation operation;
    int status = take_block(&rest, &operation);
    if (status) return status;
    uint32_t block[BLOCK_DWORDS];
    hal_lock();
    const struct entry *entry = cache_list()->find(operation.drive, operation.lba);
    bool has_data = entry && !(entry->flags & (READ_PENDING | FILL_PENDING));
    for (int i = 0; has_data && i < BLOCK_DWORDS; i++) block[i] = entry->block[i];
    hal_unlock();
    if (!has_data) {
        wrong("block %d:%lu is not in the cache", operation.drive, operation.lba);
        return STATUS_NOT_CACHED;
    }
    const uint8_t *bytes = (const uint8_t *)block;
    for (int at = 0; at < BLOCK_SIZE; at += LINE) {
        char hex[2 * LINE + 1];
        for (int i = 0; i < LINE; i++) format(hex + 2 * i, 3, "%02x", bytes[at + i]);
        answer("%s", hex);
    }
    return STATUS_GOOD;
}

static int command_echo(char *rest) {
    answer("%s", rest);
    return STATUS_GOOD;
}

static int command_print(char *rest) {
    uint64_t count;
    if (!take_number(&rest, UINT32_MAX, &count)) return wrong("the command wants a count of bytes");
    print_log_lines(count);
    return STATUS_GOOD;
}

static int command_garbage(char *rest) {
    uint64_t count;
    if (!take_number(&rest, UINT32_MAX, &count)) return wrong("the command wants a count of bytes");
    print_garbage(count);
    return STATUS_GOOD;
}

static int command_panic(char *rest) {
    panic(rest);
}

static int command_hang(char *rest) {
    (void)rest;
    interrupts_off();
    serial_flush();
    stop_processor();
}

static int command_triplefault(char *rest) {
    (void)rest;
    triple_fault();
}

static const struct {
    const char *name;
    int (*run)(char *rest);
} commands[] = {
    {"info", command_info},
    {"read", command_read},
    {"write", command_write},
    {"sync", command_sync},
    {"work", command_work},
    {"stop", command_stop},
    {"go", command_go},
    {"resume", command_resume},
    {"threads", command_threads},
    {"entries", command_entries},
    {"requests", command_requests},
    {"stats", command_stats},
    {"configure", command_configure},
    {"block", command_block},
    {"echo", command_echo},
    {"print", command_print},
    {"garbage", command_garbage},
    {"panic", command_panic},
    {"hang", command_hang},
    {"triplefault", command_triplefault},
};

static int run(char *text) {
    char *rest = text;
    const char *name = next_word(&rest);
    for (size_t i = 0; name && i < sizeof commands / sizeof *commands; i++) {
        if (text_equal(name, commands[i].name)) return commands[i].run(rest);
    }
    return wrong("there is no command %s", name ? name : "without a name");
}

static void announce(void) {
    char drives[16];
    size_t length = 0;
    drives[0] = 0;
    for (int drive = 0; drive < DRIVES; drive++) {
        if (!ata_drives[drive].sectors) continue;
        length += format(drives + length, sizeof drives - length, length ? ",%d" : "%d", drive);
    }
    event("ready drives=%s entries=%d", drives, cache_list()->limit);
}

void commands_run(struct thread *self) {
    (void)self;
    announce();
    for (;;) {
        reason[0] = 0;
        made = NULL;
        int status = run(command_receive());
        answer_end(status, reason);
        if (made) thread_admit(made);
    }
}
