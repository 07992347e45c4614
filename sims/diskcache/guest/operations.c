#include "operations.h"

#include "cache.h"
#include "checked_lines.h"
#include "cpu.h"
#include "error.h"
#include "history.h"
#include "random.h"
#include "text.h"
#include "threads.h"

/* How an operation ended: an enum error, and what its last event says after "done". */
struct outcome {
    int error;
    char text[80];
};

static int write_block(int drive, uint64_t lba, uint32_t stamp, bool pause) {
    uint32_t block[BLOCK_DWORDS];
    for (int i = 0; i < BLOCK_DWORDS; i++) block[i] = stamp;
    struct history_access access;
    history_write_begin(&access, drive, lba, stamp);
    int error = cache_write(drive, lba, block, pause);
    history_write_end(&access, error != ERROR_NONE);
    return error;
}

static void run_read(const struct operation *operation, struct outcome *outcome) {
    uint32_t block[BLOCK_DWORDS];
    outcome->error = cache_read(operation->drive, operation->lba, block, operation->pause);
    if (outcome->error) return;
    format(outcome->text, sizeof outcome->text, "ok %08x %d", block[0], block_is_whole(block));
}

/* A read that knows what it may give. */
static void check_block(int drive, uint64_t lba, struct outcome *outcome) {
    uint32_t block[BLOCK_DWORDS];
    struct history_access access;
    history_read_begin(&access, drive, lba);
    outcome->error = cache_read(drive, lba, block, false);
    char why[64];
    const uint32_t *given = outcome->error ? NULL : block;
    if (history_read_end(&access, given, why, sizeof why)) return;
    outcome->error = ERROR_BAD_READ;
    format(outcome->text, sizeof outcome->text, "bad %s", why);
}

static int pick_drive(struct random *random, uint32_t drives) {
    int all[DRIVES];
    uint32_t count = 0;
    for (int drive = 0; drive < DRIVES; drive++) {
        if (drives >> drive & 1) all[count++] = drive;
    }
    return all[random_below(random, count)];
}

/* Random reads and writes, until the first wrong block or error. */
static void run_work(struct thread *self, struct outcome *outcome) {
    const struct operation *work = &self->operation;
    struct random random;
    random_seed(&random, work->seed);
    for (uint32_t turn = 1; turn <= work->count && !outcome->error; turn++) {
        self->why = NULL;
        int drive = pick_drive(&random, work->drives);
        uint64_t lba = random_below(&random, work->blocks);
        if (random_below(&random, 100) < work->read_percent) {
            check_block(drive, lba, outcome);
        } else {
            outcome->error = write_block(drive, lba, self->number << 20 | turn, false);
        }
    }
}

void operation_run(struct thread *self) {
    const struct operation *operation = &self->operation;
    struct outcome outcome = {ERROR_NONE, "ok"};
    event("%u began", self->number);
    if (operation->kind == OPERATION_READ) {
        run_read(operation, &outcome);
    } else if (operation->kind == OPERATION_WRITE) {
        outcome.error =
            write_block(operation->drive, operation->lba, operation->stamp, operation->pause);
    } else if (operation->kind == OPERATION_SYNC) {
        outcome.error = cache_sync(operation->drives);
    } else {
        run_work(self, &outcome);
    }
    if (outcome.error == ERROR_TIMEOUT) {
        format(outcome.text, sizeof outcome.text, "error=timeout");
    } else if (outcome.error <= ERROR_ATA) {
        format(outcome.text, sizeof outcome.text, "error=%02x", REGISTER_OF_ERROR(outcome.error));
    }
    /* In one go: who reads the event finds no thread any more. */
    interrupts_off();
    event("%u done %s", self->number, outcome.text);
    thread_exit();
}

size_t operation_text(const struct operation *operation, char *buffer, size_t size) {
    const struct operation *o = operation;
    switch (o->kind) {
        case OPERATION_READ:
            return format(buffer, size, "read %d %lu", o->drive, o->lba);
        case OPERATION_WRITE:
            return format(buffer, size, "write %d %lu %08x", o->drive, o->lba, o->stamp);
        case OPERATION_SYNC:
            return format(buffer, size, "sync");
        case OPERATION_WORK:
            return format(buffer, size, "work %u %u %u %u %u", o->seed, o->count, o->blocks,
                          o->read_percent, o->drives);
    }
    return 0;
}
