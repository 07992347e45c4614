/* Pins of the expander follow each other: GPB is as GPA is. The EEPROM's first bytes are printed. */
#include "app.h"

enum { INTERRUPT = 60 };
/* Of the MCP23S18, in pairs: IOCON.BANK is 0. */
enum { IODIRA = 0x00, IODIRB = 0x01, GPINTENA = 0x04, INTCONA = 0x08, IOCON = 0x0a };
enum { GPPUA = 0x0c, GPPUB = 0x0d, GPIOA = 0x12, OLATB = 0x15 };
enum { LINES = 4, LINE_BYTES = 16 };

static void expander_write(uint32_t address, uint32_t value) {
    kernel_call3(CALL_EXPANDER_WRITE, address, value, 0);
}

/* Reading GPA ends the interrupt. IRQ mode, with this application's addresses; and at the start. */
static void follow(uint32_t gpio, uint32_t level) {
    (void)gpio, (void)level;
    int32_t pins = kernel_call(CALL_EXPANDER_READ, GPIOA);
    if (pins < 0) return;
    expander_write(OLATB, (uint32_t)pins);
    kernel_call(CALL_FOLLOWED, (uint32_t)pins);
}

/* Outputs are open drain: without its resistor a pin would never be high. */
static void start_expander(void) {
    expander_write(IOCON, 0);
    expander_write(IODIRA, 0xff);
    expander_write(IODIRB, 0x00);
    expander_write(GPPUA, 0xff);
    expander_write(GPPUB, 0xff);
    expander_write(INTCONA, 0x00);
    expander_write(GPINTENA, 0xff);
    follow(INTERRUPT, 0);
    /* A level: a change while the handler runs makes it run again. */
    kernel_call3(CALL_HANDLE, INTERRUPT, GPIO_LOW, (uint32_t)follow);
}

static char *put_hex(char *at, uint32_t value, int digits) {
    while (digits--) *at++ = "0123456789abcdef"[value >> 4 * digits & 15];
    return at;
}

static void print_eeprom(void) {
    uint8_t bytes[LINE_BYTES];
    char line[8 + 5 + 3 * LINE_BYTES] = "eeprom ";
    for (uint32_t address = 0; address < LINES * LINE_BYTES; address += LINE_BYTES) {
        if (kernel_call3(CALL_EEPROM_READ, address, (uint32_t)bytes, LINE_BYTES) < 0) {
            print("the EEPROM does not answer");
            return;
        }
        char *at = put_hex(line + 7, address, 4);
        *at++ = ':';
        for (int i = 0; i < LINE_BYTES; i++) {
            *at++ = ' ';
            at = put_hex(at, bytes[i], 2);
        }
        *at = 0;
        print(line);
    }
}

_Noreturn void main(void) {
    start_expander();
    print_eeprom();
    work(0);
}
