/* MCP23S18 on CS0 (Microchip DS22103), registers in pairs (IOCON.BANK = 0). Any mode. */
#pragma once

#include <stdint.h>

#define EXPANDER_REGISTERS 0x16

/* The byte, or an error. */
int expander_read(unsigned address);
int expander_write(unsigned address, unsigned value);

/* What an application has told of GPB following GPA. */
struct follower {
    const char *name;
    uint32_t count, pins;
};
extern struct follower expander_followed;
