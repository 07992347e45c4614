#include "emmc.h"

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "io.h"
#include "timer.h"

enum { MMC1 = 0x481d8000, SD_SYSCONFIG = MMC1 + 0x110, SD_SYSSTATUS = MMC1 + 0x114 };
enum { SD_CON = MMC1 + 0x12c, SD_BLK = MMC1 + 0x204, SD_ARG = MMC1 + 0x208, SD_CMD = MMC1 + 0x20c };
enum { SD_RSP10 = MMC1 + 0x210, SD_DATA = MMC1 + 0x220, SD_PSTATE = MMC1 + 0x224 };
enum { SD_HCTL = MMC1 + 0x228, SD_SYSCTL = MMC1 + 0x22c, SD_STAT = MMC1 + 0x230 };
enum { SD_IE = MMC1 + 0x234, SD_CAPA = MMC1 + 0x240 };

enum { SOFTRESET = 2, CON_OD = 1, CON_INIT = 2, CON_DW8 = 1 << 5, HCTL_SDBP = 1 << 8 };
enum { HCTL_SDVS_3V0 = 6 << 9, CAPA_VS30 = 1 << 25, CAPA_VS18 = 1 << 26 };
enum { SYSCTL_ICE = 1, SYSCTL_ICS = 2, SYSCTL_CEN = 4, SYSCTL_DTO = 0xe << 16 };
enum { SYSCTL_SRA = 1 << 24, SYSCTL_SRC = 1 << 25, SYSCTL_SRD = 1 << 26 };
enum { PSTATE_CMDI = 1, PSTATE_DATI = 2 };
enum { CC = 1, TC = 2, BWR = 1 << 4, BRR = 1 << 5, CTO = 1 << 16, CCRC = 1 << 17, CEB = 1 << 18 };
enum { CIE = 1 << 19, DTO = 1 << 20, DCRC = 1 << 21, DEB = 1 << 22, ACE = 1 << 24 };
enum { COMMAND_ERRORS = CTO | CCRC | CEB | CIE | ACE, ERRORS = COMMAND_ERRORS | DTO | DCRC | DEB };
enum { CLEAR_ALL = 0x337f0037 };
/* MMC_FCLK is 96 MHz: 400 kHz while the card is told who it is, then 48. */
enum { DIVIDE_400_KHZ = 240, DIVIDE_48_MHZ = 2 };

/* SD_CMD, beside the number at bit 24. */
enum { R_NONE = 0, R136 = 1 << 16, R48 = 2 << 16, R48_BUSY = 3 << 16, CHECK = 3 << 19 };
enum { R1 = R48 | CHECK, R1B = R48_BUSY | CHECK, R2 = R136 | 1 << 19, R3 = R48 };
enum { DATA = 1 << 21, DATA_READ = 1 << 4, MULTIPLE = 1 << 5 | 1 << 1 | 1 << 2 };

/* OCR: sectors, 2.7 to 3.6 V and 1.7 to 1.95 V; its answer is busy until bit 31. */
enum { OCR_SECTORS = 1 << 30, OCR_VOLTAGES = 0x00ff8080, RCA = 1 << 16 };
#define OCR_READY (1u << 31)
enum { STATUS_READY = 1 << 8, STATUS_SWITCH_ERROR = 1 << 7, STATUS_STATE = 0xf << 9 };
enum { STATE_TRANSFER = 4 << 9 };
#define STATUS_ERRORS 0xfdf90080u
enum { EXT_CSD_BUS_WIDTH = 183, EXT_CSD_HS_TIMING = 185, EXT_CSD_SECTORS = 212 };
enum { WIDTH_8 = 2, TIMING_HIGH_SPEED = 1 };
enum { RESET_BEGINS_US = 100, COMMAND_LIMIT_US = 100000, READY_LIMIT_US = 1000000 };
enum { WRITE_LIMIT_US = 2000000 };

static uint32_t blocks, detail;

uint32_t emmc_blocks(void) {
    return blocks;
}

uint32_t emmc_detail(void) {
    return detail;
}

/* Until one of `bits` is set, or is clear. */
static bool wait_for(uint32_t address, uint32_t bits, bool set, uint32_t limit_us) {
    uint32_t from = clock_now();
    for (;;) {
        /* Before the look, between which and the next one another task may have run. */
        bool late = clock_us(clock_now() - from) > limit_us;
        if (!(read32(address) & bits) != set) return true;
        if (late) return false;
    }
}

/* SRC or SRD after an error there. A reset begins late: its bit comes up, then goes (18.5.1). */
static void reset_line(uint32_t line) {
    set_bits(SD_SYSCTL, line);
    wait_for(SD_SYSCTL, line, true, RESET_BEGINS_US);
    wait_for(SD_SYSCTL, line, false, COMMAND_LIMIT_US);
}

static void reset_lines(void) {
    reset_line(SYSCTL_SRC);
    reset_line(SYSCTL_SRD);
}

static int fail(uint32_t status) {
    detail = status & ERRORS;
    write32(SD_STAT, CLEAR_ALL);
    reset_lines();
    if (status & CTO) return ERROR_NO_ANSWER;
    if (status & COMMAND_ERRORS) return ERROR_ANSWER_DAMAGED;
    if (status & DTO) return ERROR_DATA_TIMEOUT;
    return status & ERRORS ? ERROR_DATA_DAMAGED : ERROR_TIMEOUT;
}

/* Waits for an event, and clears it. */
static int wait_event(uint32_t event, uint32_t limit_us) {
    wait_for(SD_STAT, event | ERRORS, true, limit_us);
    uint32_t status = read32(SD_STAT);
    if (status & ERRORS || !(status & event)) return fail(status);
    write32(SD_STAT, event);
    return 0;
}

static int command(unsigned number, uint32_t argument, uint32_t kind) {
    uint32_t lines = PSTATE_CMDI | (kind & DATA || (kind & R48_BUSY) == R48_BUSY ? PSTATE_DATI : 0);
    if (!wait_for(SD_PSTATE, lines, false, COMMAND_LIMIT_US)) return fail(0);
    write32(SD_STAT, CLEAR_ALL);
    write32(SD_ARG, argument);
    write32(SD_CMD, number << 24 | kind);
    int error = wait_event(CC, COMMAND_LIMIT_US);
    if (!error && (kind & R48_BUSY) == R48_BUSY) error = wait_event(TC, WRITE_LIMIT_US);
    return error;
}

/* An R1 answer without errors. */
static int command_checked(unsigned number, uint32_t argument, uint32_t kind) {
    int error = command(number, argument, kind);
    if (error || !(read32(SD_RSP10) & STATUS_ERRORS)) return error;
    detail = read32(SD_RSP10);
    /* What it was to send or take does not come: the controller need not wait for it. */
    if (kind & DATA) reset_lines();
    return ERROR_CARD_STATUS;
}

/* CMD13 until the card is back in its transfer state. */
static int wait_ready(void) {
    uint32_t from = clock_now();
    for (;;) {
        bool late = clock_us(clock_now() - from) > WRITE_LIMIT_US;
        int error = command_checked(13, RCA, R1);
        if (error) return error;
        uint32_t status = read32(SD_RSP10);
        if (status & STATUS_READY && (status & STATUS_STATE) == STATE_TRANSFER) return 0;
        if (late) return ERROR_TIMEOUT;
    }
}

static int set_clock(uint32_t divider) {
    clear_bits(SD_SYSCTL, SYSCTL_CEN);
    write32(SD_SYSCTL, SYSCTL_DTO | divider << 6 | SYSCTL_ICE);
    if (!wait_for(SD_SYSCTL, SYSCTL_ICS, true, COMMAND_LIMIT_US)) return ERROR_TIMEOUT;
    set_bits(SD_SYSCTL, SYSCTL_CEN);
    return 0;
}

static int reset_controller(void) {
    write32(SD_SYSCONFIG, SOFTRESET);
    if (!wait_for(SD_SYSSTATUS, 1, true, COMMAND_LIMIT_US)) return ERROR_TIMEOUT;
    set_bits(SD_SYSCTL, SYSCTL_SRA);
    if (!wait_for(SD_SYSCTL, SYSCTL_SRA, false, COMMAND_LIMIT_US)) return ERROR_TIMEOUT;
    write32(SD_SYSCONFIG, 1 << 3 | 3 << 8); /* Never idle, clocks kept. */
    set_bits(SD_CAPA, CAPA_VS30 | CAPA_VS18);
    write32(SD_CON, 0);
    write32(SD_HCTL, HCTL_SDVS_3V0);
    set_bits(SD_HCTL, HCTL_SDBP);
    if (!wait_for(SD_HCTL, HCTL_SDBP, true, COMMAND_LIMIT_US)) return ERROR_TIMEOUT;
    write32(SD_IE, CLEAR_ALL);
    return set_clock(DIVIDE_400_KHZ);
}

/* SD_CON.INIT: 80 clocks before the first command (18.5.1). */
static int initialization_stream(void) {
    set_bits(SD_CON, CON_INIT);
    write32(SD_CMD, 0);
    int error = wait_event(CC, COMMAND_LIMIT_US);
    clock_wait_us(1000);
    clear_bits(SD_CON, CON_INIT);
    write32(SD_STAT, CLEAR_ALL);
    return error;
}

/* CMD1 with the sector bit, until the card is ready and says that it has more than 2 GiB. */
static int operating_conditions(void) {
    uint32_t from = clock_now(), ocr;
    do {
        int error = command(1, OCR_SECTORS | OCR_VOLTAGES, R3);
        if (error) return error;
        ocr = read32(SD_RSP10);
        if (ocr & OCR_READY) return ocr & OCR_SECTORS ? 0 : ERROR_CARD_KIND;
        clock_wait_us(1000);
    } while (clock_us(clock_now() - from) < READY_LIMIT_US);
    return ERROR_TIMEOUT;
}

/* Open drain until the card has an address (JESD84-B51, section 6.4). */
static int identify(void) {
    set_bits(SD_CON, CON_OD);
    int error = command(0, 0, R_NONE);
    if (!error) error = operating_conditions();
    if (!error) error = command(2, 0, R2);
    if (!error) error = command_checked(3, RCA, R1);
    clear_bits(SD_CON, CON_OD);
    if (!error) error = command_checked(7, RCA, R1);
    return error;
}

/* CMD6: writes a byte of EXT_CSD. */
static int switch_byte(unsigned index, unsigned value) {
    int error = command_checked(6, 3u << 24 | index << 16 | value << 8, R1B);
    if (!error) error = wait_ready();
    return error;
}

/* One block at SD_DATA. */
static int read_words(uint32_t *words) {
    int error = wait_event(BRR, COMMAND_LIMIT_US * 10);
    for (int i = 0; !error && i < BLOCK_SIZE / 4; i++) words[i] = read32(SD_DATA);
    return error;
}

static int write_words(const uint32_t *words) {
    int error = wait_event(BWR, WRITE_LIMIT_US);
    for (int i = 0; !error && i < BLOCK_SIZE / 4; i++) write32(SD_DATA, words[i]);
    return error;
}

static int read_ext_csd(uint32_t *words) {
    write32(SD_BLK, BLOCK_SIZE | 1 << 16);
    int error = command_checked(8, 0, R1 | DATA | DATA_READ);
    if (!error) error = read_words(words);
    return error ? error : wait_event(TC, COMMAND_LIMIT_US);
}

int emmc_init(void) {
    static uint32_t ext_csd[BLOCK_SIZE / 4];
    blocks = 0;
    int error = reset_controller();
    if (!error) error = initialization_stream();
    if (!error) error = identify();
    if (!error) error = switch_byte(EXT_CSD_HS_TIMING, TIMING_HIGH_SPEED);
    if (!error) error = set_clock(DIVIDE_48_MHZ);
    if (!error) error = switch_byte(EXT_CSD_BUS_WIDTH, WIDTH_8);
    if (error) return error;
    set_bits(SD_CON, CON_DW8);
    error = read_ext_csd(ext_csd); /* By all eight lines: a CRC error when one is broken. */
    if (error) return error;
    if (((uint8_t *)ext_csd)[EXT_CSD_HS_TIMING] != TIMING_HIGH_SPEED) return ERROR_CARD_KIND;
    blocks = ext_csd[EXT_CSD_SECTORS / 4];
    return 0;
}

static int check(uint32_t block, uint32_t count) {
    return block > blocks || count > blocks - block || !count ? ERROR_RANGE : 0;
}

/* As many as fit in SD_BLK. */
enum { AT_ONCE = 0xffff };

static int begin(unsigned single, uint32_t block, uint32_t count, uint32_t kind) {
    write32(SD_BLK, BLOCK_SIZE | count << 16);
    if (count == 1) return command_checked(single, block, R1 | DATA | kind);
    return command_checked(single + 1, block, R1 | DATA | MULTIPLE | kind);
}

/* After an error in many blocks the card still sends or takes them. */
static int stop(int error) {
    uint32_t first = detail;
    command(12, 0, R1B);
    wait_ready();
    detail = first;
    return error;
}

int emmc_read(uint32_t block, uint32_t count, void *buffer) {
    uint32_t *words = buffer;
    int error = check(block, count);
    while (!error && count) {
        uint32_t part = count < AT_ONCE ? count : AT_ONCE;
        error = begin(17, block, part, DATA_READ);
        for (uint32_t i = 0; !error && i < part; i++, words += BLOCK_SIZE / 4) {
            error = read_words(words);
        }
        if (!error) error = wait_event(TC, COMMAND_LIMIT_US);
        if (error) return stop(error);
        block += part, count -= part;
    }
    return error;
}

int emmc_write(uint32_t block, uint32_t count, const void *buffer) {
    const uint32_t *words = buffer;
    int error = check(block, count);
    while (!error && count) {
        uint32_t part = count < AT_ONCE ? count : AT_ONCE;
        error = begin(24, block, part, 0);
        for (uint32_t i = 0; !error && i < part; i++, words += BLOCK_SIZE / 4) {
            error = write_words(words);
        }
        if (!error) error = wait_event(TC, WRITE_LIMIT_US);
        if (!error) error = wait_ready();
        if (error) return stop(error);
        block += part, count -= part;
    }
    return error;
}
