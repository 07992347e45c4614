#include "expander.h"

#include "error.h"
#include "spi.h"

enum { SELECT = 0, WRITE = 0x40, READ = 0x41 };

struct follower expander_followed;

int expander_read(unsigned address) {
    if (address >= EXPANDER_REGISTERS) return ERROR_ARGUMENT;
    uint8_t value;
    int error = spi_transfer(SELECT, (uint8_t[]){READ, (uint8_t)address}, 2, &value, 1);
    return error ? error : value;
}

int expander_write(unsigned address, unsigned value) {
    if (address >= EXPANDER_REGISTERS || value > 0xff) return ERROR_ARGUMENT;
    return spi_transfer(SELECT, (uint8_t[]){WRITE, (uint8_t)address, (uint8_t)value}, 3, 0, 0);
}
