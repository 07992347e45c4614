/* ATA/ATAPI-7 (commands), SFF-8038i (bus master), Intel 82371SB data sheet (PIIX3). */
#include "ata.h"

#include <stddef.h>

#include "cache.h"
#include "checked_lines.h"
#include "cpu.h"
#include "error.h"
#include "interrupts.h"
#include "memory_map.h"
#include "mutations.h"
#include "pci.h"
#include "serial.h"
#include "threads.h"
#include "timer.h"

/* Offsets in the command block, and one in the control block. */
enum { DATA, ERROR, SECTOR_COUNT, LBA_LOW, LBA_MID, LBA_HIGH, DEVICE, STATUS, COMMAND = STATUS };
enum { STATUS_ERR = 1, STATUS_DRQ = 8, STATUS_DF = 0x20, STATUS_BSY = 0x80 };
enum { DEVICE_LBA = 0x40, DEVICE_SLAVE = 0x10 };
enum { CONTROL_NIEN = 2, CONTROL_SRST = 4 };
enum { IDENTIFY_DEVICE = 0xec, READ_DMA_EXT = 0x25, WRITE_DMA_EXT = 0x35, FLUSH_CACHE_EXT = 0xea };
/* Of the bus master, from its base. */
enum { BM_COMMAND, BM_STATUS = 2, BM_PRD = 4, BM_SIZE = 8 };
enum { BM_START = 1, BM_TO_MEMORY = 8, BM_ERROR = 2, BM_INTERRUPT = 4 };
enum { PCI_CLASS_IDE = 0x0101, PCI_COMMAND = 4, PCI_IO_AND_MASTER = 5, PCI_BAR4 = 0x20 };
enum { PIIX_IDETIM = 0x40, PIIX_DECODE = 0x80008000u, PRD_LAST = 0x8000 };

enum channel_state { IDLE, BUSY, RESETTING };

struct prd {
    uint32_t address;
    uint16_t size, flags;
};

struct channel {
    uint16_t command, control, bus_master;
    enum channel_state state;
    struct prd prd __attribute__((aligned(8)));
    struct ata_request *request;
    uint64_t deadline;
};

static struct channel channels[CHANNELS] = {
    {.command = 0x1f0, .control = 0x3f6},
    {.command = 0x170, .control = 0x376},
};
static struct ata_request requests[ATA_REQUESTS];
static uint32_t last_request;

struct ata_drive ata_drives[DRIVES];
struct ata_statistics ata_statistics;
uint32_t ata_timeout = 2000;

/* 400 ns: four reads of the alternate status, which has no side effects. */
static void settle(const struct channel *channel) {
    for (int i = 0; i < 4; i++) in8(channel->control);
}

/* A drive that is ready is so at once; one that is not is the time-out's business. */
static bool wait_not_busy(const struct channel *channel) {
    for (int i = 0; i < 10000; i++) {
        if (!(in8(channel->control) & (STATUS_BSY | STATUS_DRQ))) return true;
    }
    return false;
}

static void select_drive(const struct channel *channel, int drive) {
    bool slave = drive & 1;
    if (MUTATED(SLAVE_FOR_MASTER)) slave = !slave;
    out8(channel->command + DEVICE, DEVICE_LBA | (slave ? DEVICE_SLAVE : 0));
    settle(channel);
}

bool ata_is_idle(int channel) {
    if (MUTATED(ONE_CHANNEL_AT_A_TIME) && channels[!channel].state != IDLE) return false;
    return channels[channel].state == IDLE;
}

static void write_address(const struct channel *channel, uint64_t lba) {
    /* The registers are two deep: the upper halves go first. */
    if (MUTATED(LBA_28)) lba &= (1 << 28) - 1;
    if (MUTATED(LBA_32)) lba = (uint32_t)lba;
    uint64_t upper = lba >> 24;
    out8(channel->command + SECTOR_COUNT, 0);
    out8(channel->command + LBA_LOW, (uint8_t)upper);
    out8(channel->command + LBA_MID, (uint8_t)(upper >> 8));
    out8(channel->command + LBA_HIGH, (uint8_t)(upper >> 16));
    out8(channel->command + SECTOR_COUNT, 1);
    out8(channel->command + LBA_LOW, (uint8_t)lba);
    out8(channel->command + LBA_MID, (uint8_t)(lba >> 8));
    out8(channel->command + LBA_HIGH, (uint8_t)(lba >> 16));
}

static void start_transfer(struct channel *channel, enum io_kind kind, uint64_t lba, void *block) {
    uint8_t direction = kind == IO_READ ? BM_TO_MEMORY : 0;
    channel->prd = (struct prd){(uint32_t)(uintptr_t)block, BLOCK_SIZE, PRD_LAST};
    out32(channel->bus_master + BM_PRD, (uint32_t)(uintptr_t)&channel->prd);
    out8(channel->bus_master + BM_COMMAND, direction);
    write_address(channel, lba);
    out8(channel->command + COMMAND, kind == IO_READ ? READ_DMA_EXT : WRITE_DMA_EXT);
    out8(channel->bus_master + BM_COMMAND, direction | BM_START);
}

static struct ata_request *log_request(int drive, enum io_kind kind, uint64_t lba) {
    struct ata_request *request = &requests[++last_request % ATA_REQUESTS];
    *request = (struct ata_request){
        .number = last_request, .drive = (uint8_t)drive, .kind = (uint8_t)kind, .lba = lba};
    return request;
}

void ata_submit(int drive, enum io_kind kind, uint64_t lba, void *block) {
    struct channel *channel = &channels[channel_of(drive)];
    channel->state = BUSY;
    channel->deadline = timer_ticks + ata_timeout + 1;
    channel->request = log_request(drive, kind, lba);
    if (!wait_not_busy(channel)) return;
    select_drive(channel, drive);
    if (!wait_not_busy(channel)) return;
    out8(channel->bus_master + BM_STATUS, BM_ERROR | BM_INTERRUPT);
    if (kind == IO_FLUSH) out8(channel->command + COMMAND, FLUSH_CACHE_EXT);
    else start_transfer(channel, kind, lba, block);
}

/* Lock held: tells the cache, which may submit the next one from in here. */
static void finish(int number, int error) {
    struct channel *channel = &channels[number];
    channel->request->status = REQUEST_OVER;
    channel->request->error = error;
    channel->state = IDLE;
    cache_done(number, error);
}

/* What came is the end of the request in flight: the bus master saw it, the drive is at rest. */
static void channel_interrupt(int number) {
    struct channel *channel = &channels[number];
    uint8_t master = in8(channel->bus_master + BM_STATUS);
    uint8_t status = in8(channel->command + STATUS); /* also takes the interrupt back */
    bool awaited = channel->state == BUSY && master & BM_INTERRUPT && !(status & STATUS_BSY);
    if (MUTATED(LATE_INTERRUPT_TAKEN)) awaited = channel->state != IDLE;
    if (!awaited) {
        ata_statistics.spurious++;
        return;
    }
    ata_statistics.interrupts++;
    out8(channel->bus_master + BM_COMMAND, 0);
    out8(channel->bus_master + BM_STATUS, BM_ERROR | BM_INTERRUPT);
    int error = ERROR_NONE;
    bool failed = status & (STATUS_ERR | STATUS_DF) || master & BM_ERROR;
    if (failed && !MUTATED(ERROR_SWALLOWED)) {
        error = ERROR_OF_REGISTER(in8(channel->command + ERROR));
        ata_statistics.errors++;
    }
    finish(number, error);
}

/* IRQ 14 and 15. */
static void primary_interrupt(void) {
    channel_interrupt(0);
}

static void secondary_interrupt(void) {
    channel_interrupt(1);
}

void ata_tick(void) {
    if (MUTATED(TIMEOUT_UNNOTICED)) return;
    for (int i = 0; i < CHANNELS; i++) {
        struct channel *channel = &channels[i];
        if (channel->state != BUSY || timer_ticks < channel->deadline) continue;
        /* From here on an interrupt of the old request is late, and ignored. */
        channel->state = RESETTING;
        ata_statistics.timeouts++;
        thread_wake(channel);
    }
}

/* A software reset of both drives of the channel (ATA/ATAPI-7 volume 2, section 9.2). */
static void reset_channel(const struct channel *channel) {
    enum { READY_TICKS = 31000 };
    out8(channel->bus_master + BM_COMMAND, 0);
    /* Interrupts of the drives stay off until all that the reset raises has gone by. */
    out8(channel->control, CONTROL_SRST | CONTROL_NIEN);
    thread_sleep_ticks(1);
    out8(channel->control, CONTROL_NIEN);
    thread_sleep_ticks(2);
    for (int i = 0; i < READY_TICKS && in8(channel->control) & STATUS_BSY; i++) {
        thread_sleep_ticks(1);
    }
    in8(channel->command + STATUS);
    out8(channel->bus_master + BM_STATUS, BM_ERROR | BM_INTERRUPT);
    out8(channel->control, 0);
}

/* A thread a channel: resets it when ata_tick says so. */
static void resetter(struct thread *self) {
    int number = *(const int *)self->argument;
    struct channel *channel = &channels[number];
    for (;;) {
        uint64_t flags = interrupts_off();
        while (channel->state != RESETTING) thread_sleep(channel);
        interrupts_restore(flags);
        /*
         * Told, and out, before any register is touched: an emulated controller may stop the
         * whole machine until the drive has given up the request, which is the harness's to do.
         */
        event("reset %u", channel->request->drive);
        serial_flush();
        if (!MUTATED(NO_RESET)) {
            reset_channel(channel);
            ata_statistics.resets++;
        }
        flags = interrupts_off();
        finish(number, ERROR_TIMEOUT);
        interrupts_restore(flags);
    }
}

const struct ata_request *ata_request(uint32_t number) {
    const struct ata_request *request = &requests[number % ATA_REQUESTS];
    return number && request->number == number ? request : NULL;
}

uint32_t ata_last_request(void) {
    return last_request;
}

/* Asks the master or the slave of a channel who it is; it may not be there. */
static void ask_identity(const struct channel *channel, int unit) {
    out8(channel->command + DEVICE, DEVICE_LBA | (unit ? DEVICE_SLAVE : 0));
    settle(channel);
    uint8_t status = in8(channel->command + STATUS);
    if (status != 0 && status != 0xff) out8(channel->command + COMMAND, IDENTIFY_DEVICE);
    settle(channel);
}

static bool answers(const struct channel *channel) {
    for (int i = 0; i < 1000000; i++) {
        uint8_t status = in8(channel->command + STATUS);
        if (status == 0 || status == 0xff || status & (STATUS_ERR | STATUS_DF)) return false;
        if (!(status & STATUS_BSY) && status & STATUS_DRQ) return true;
    }
    return false;
}

/* The answer of ask_identity (ATA/ATAPI-7, section 6.17): no drive, or its size and model. */
static void take_identity(const struct channel *channel, struct ata_drive *drive) {
    uint16_t words[256];
    if (!answers(channel)) return;
    for (int i = 0; i < 256; i++) words[i] = in16(channel->command + DATA);
    bool lba48 = words[83] & 1 << 10;
    uint64_t sectors = words[60] | (uint64_t)words[61] << 16;
    if (lba48) {
        sectors = words[100] | (uint64_t)words[101] << 16 | (uint64_t)words[102] << 32 |
                  (uint64_t)words[103] << 48;
    }
    for (int i = 0; i < 40; i++) drive->model[i] = (char)(words[27 + i / 2] >> (i & 1 ? 0 : 8));
    for (int i = 39; i >= 0 && drive->model[i] == ' '; i--) drive->model[i] = 0;
    drive->sectors = lba48 ? sectors : 0;
}

static void find_drives(void) {
    for (int i = 0; i < CHANNELS; i++) out8(channels[i].control, CONTROL_NIEN);
    /* Both channels at once. */
    int units = MUTATED(SLAVES_NOT_LOOKED_FOR) ? 1 : 2;
    for (int unit = 0; unit < units; unit++) {
        for (int i = 0; i < CHANNELS; i++) ask_identity(&channels[i], unit);
        for (int i = 0; i < CHANNELS; i++) take_identity(&channels[i], &ata_drives[2 * i + unit]);
    }
    for (int i = 0; i < CHANNELS; i++) {
        in8(channels[i].command + STATUS);
        out8(channels[i].control, 0);
    }
}

/* qboot gives the bus master no place and switches nothing on. */
static void find_controller(void) {
    uint32_t function = pci_find(PCI_CLASS_IDE);
    if (function == PCI_NONE) panic("there is no IDE controller");
    uint16_t base = pci_read(function, PCI_BAR4) & 0xfff0;
    if (!base) {
        base = BUS_MASTER_DEFAULT;
        pci_write(function, PCI_BAR4, base);
    }
    pci_write(function, PIIX_IDETIM, pci_read(function, PIIX_IDETIM) | PIIX_DECODE);
    pci_write(function, PCI_COMMAND, pci_read(function, PCI_COMMAND) | PCI_IO_AND_MASTER);
    for (int i = 0; i < CHANNELS; i++) channels[i].bus_master = (uint16_t)(base + i * BM_SIZE);
}

void ata_init(void) {
    static const int numbers[CHANNELS] = {0, 1};
    find_controller();
    find_drives();
    interrupts_serve(IRQ_ATA_PRIMARY, primary_interrupt);
    interrupts_serve(IRQ_ATA_SECONDARY, secondary_interrupt);
    for (int i = 0; i < CHANNELS; i++) thread_start_system(resetter, &numbers[i]);
}
