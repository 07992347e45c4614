#include "spi.h"

#include "cpu.h"
#include "error.h"
#include "io.h"

enum { MCSPI1 = 0x481a0000, SYSCONFIG = MCSPI1 + 0x110, SYSSTATUS = MCSPI1 + 0x114 };
enum { MODULCTRL = MCSPI1 + 0x128, SINGLE = 1, SOFTRESET = 2, RESETDONE = 1 };
/* Of channel 0; the others are CHANNEL apart. */
enum { CHCONF = MCSPI1 + 0x12c, CHSTAT = MCSPI1 + 0x130, CHCTRL = MCSPI1 + 0x134 };
enum { TX = MCSPI1 + 0x138, RX = MCSPI1 + 0x13c, CHANNEL = 0x14, CHANNELS = 2 };
enum { RXS = 1, TXS = 2, EOT = 4, EN = 1, FORCE = 1 << 20 };
/*
 * Clock 48 MHz / 16, chip select active low, words of 8 bits; D0 sends, D1 receives (DPE1, IS). The
 * 25AA256 takes 5 MHz at 3.3 V.
 */
enum { CONFIGURATION = 4 << 2 | 1 << 6 | 7 << 7 | 1 << 17 | 1 << 18 };
/* Reads of a status until a byte is given up, some milliseconds. */
enum { PATIENCE = 100000 };

void spi_init(void) {
    write32(SYSCONFIG, SOFTRESET);
    while (!(read32(SYSSTATUS) & RESETDONE)) continue;
    write32(SYSCONFIG, 2 << 3 | 3 << 8); /* Smart idle, both clocks kept. */
    write32(MODULCTRL, SINGLE);          /* Master; FORCE moves the chip select. */
    for (unsigned i = 0; i < CHANNELS; i++) write32(CHCONF + i * CHANNEL, CONFIGURATION);
}

static int wait_for(uint32_t channel, uint32_t status) {
    for (int i = 0; i < PATIENCE; i++) {
        if (read32(CHSTAT + channel) & status) return 0;
    }
    return ERROR_TIMEOUT;
}

static int exchange(uint32_t channel, uint8_t out, uint8_t *in) {
    int error = wait_for(channel, TXS);
    if (error) return error;
    write32(TX + channel, out);
    error = wait_for(channel, RXS);
    uint8_t got = (uint8_t)read32(RX + channel);
    if (in) *in = got;
    return error;
}

static void select(uint32_t channel) {
    write32(CHCTRL + channel, EN);
    write32(CHCONF + channel, CONFIGURATION | FORCE);
}

static void release(uint32_t channel) {
    wait_for(channel, EOT);
    write32(CHCTRL + channel, 0); /* First this, then FORCE (24.3.2.6.2). */
    write32(CHCONF + channel, CONFIGURATION);
    read32(CHCONF + channel); /* Done, before another channel is on. */
}

int spi_transfer(unsigned which, const uint8_t *out, size_t out_size, uint8_t *in,
                 size_t in_size) {
    uint32_t channel = which * CHANNEL, flags = interrupts_off();
    int error = 0;
    select(channel);
    for (size_t i = 0; !error && i < out_size; i++) error = exchange(channel, out[i], NULL);
    for (size_t i = 0; !error && i < in_size; i++) error = exchange(channel, 0xff, &in[i]);
    release(channel);
    interrupts_restore(flags);
    return error;
}

int spi_send(unsigned which, const uint8_t *out, size_t out_size, const uint8_t *more,
             size_t more_size) {
    uint32_t channel = which * CHANNEL, flags = interrupts_off();
    int error = 0;
    select(channel);
    for (size_t i = 0; !error && i < out_size; i++) error = exchange(channel, out[i], NULL);
    for (size_t i = 0; !error && i < more_size; i++) error = exchange(channel, more[i], NULL);
    release(channel);
    interrupts_restore(flags);
    return error;
}
