#include "eeprom.h"

#include <stdbool.h>

#include "error.h"
#include "spi.h"
#include "timer.h"

enum { SELECT = 1, WRITE = 2, READ = 3, RDSR = 5, WREN = 6, WIP = 1, PAGE = 64 };
/* Read at a time, with interrupts off: 95 µs. */
enum { CHUNK = 32, WRITE_LIMIT_US = 10000 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static int check(uint32_t address, size_t size) {
    return address > EEPROM_SIZE || size > EEPROM_SIZE - address ? ERROR_RANGE : 0;
}

int eeprom_read(uint32_t address, uint8_t *bytes, size_t size) {
    int error = check(address, size);
    while (!error && size) {
        size_t part = least(size, CHUNK);
        uint8_t head[] = {READ, (uint8_t)(address >> 8), (uint8_t)address};
        error = spi_transfer(SELECT, head, sizeof head, bytes, part);
        address += part, bytes += part, size -= part;
    }
    return error;
}

int eeprom_status(void) {
    uint8_t status;
    int error = spi_transfer(SELECT, (uint8_t[]){RDSR}, 1, &status, 1);
    return error ? error : status;
}

static int wait_written(void) {
    uint32_t from = clock_now();
    for (;;) {
        /* Before the status, between which and the next look another task may have run. */
        bool late = clock_us(clock_now() - from) > WRITE_LIMIT_US;
        int status = eeprom_status();
        if (status < 0 || !(status & WIP)) return status < 0 ? status : 0;
        if (late) return ERROR_TIMEOUT;
    }
}

/* Within a page: the chip goes round in it. */
static int write_page(uint32_t address, const uint8_t *bytes, size_t size) {
    uint8_t head[] = {WRITE, (uint8_t)(address >> 8), (uint8_t)address};
    int error = spi_transfer(SELECT, (uint8_t[]){WREN}, 1, NULL, 0);
    if (!error) error = spi_send(SELECT, head, sizeof head, bytes, size);
    return error ? error : wait_written();
}

int eeprom_write(uint32_t address, const uint8_t *bytes, size_t size) {
    int error = check(address, size);
    while (!error && size) {
        size_t part = least(size, PAGE - address % PAGE);
        error = write_page(address, bytes, part);
        address += part, bytes += part, size -= part;
    }
    return error;
}
