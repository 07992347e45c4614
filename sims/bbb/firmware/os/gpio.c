#include "gpio.h"

#include <stddef.h>

#include "cpu.h"
#include "error.h"
#include "intc.h"
#include "io.h"

enum { SYSCONFIG = 0x10, IRQSTATUS_RAW_0 = 0x24, IRQSTATUS_0 = 0x2c };
enum { IRQSTATUS_SET_0 = 0x34, IRQSTATUS_CLR_0 = 0x3c };
enum { SYSSTATUS = 0x114, CTRL = 0x130, OE = 0x134, DATAIN = 0x138, DATAOUT = 0x13c };
enum { LEVELDETECT0 = 0x140, LEVELDETECT1 = 0x144, RISINGDETECT = 0x148, FALLINGDETECT = 0x14c };
enum { DEBOUNCENABLE = 0x150, DEBOUNCINGTIME = 0x154, CLEARDATAOUT = 0x190, SETDATAOUT = 0x194 };
/* A step of DEBOUNCINGTIME, and the most it holds. */
enum { DEBOUNCE_STEP_US = 31, DEBOUNCE_MAX = 255, BANKS = GPIO_COUNT / 32 };

static const struct {
    uint32_t base;
    unsigned line;
} banks[BANKS] = {{0x44e07000, 96}, {0x4804c000, 98}, {0x481ac000, 32}, {0x481ae000, 62}};

static void (*listeners[GPIO_COUNT])(unsigned gpio, int level);

static uint32_t base_of(unsigned gpio) {
    return banks[gpio / 32].base;
}

static uint32_t bit_of(unsigned gpio) {
    return 1u << gpio % 32;
}

/* IRQ mode. */
static void gpio_interrupt(unsigned line) {
    unsigned bank = 0;
    while (banks[bank].line != line) bank++;
    uint32_t base = banks[bank].base;
    uint32_t status = read32(base + IRQSTATUS_0);
    uint32_t levels = read32(base + LEVELDETECT0) | read32(base + LEVELDETECT1);
    /* Edges are cleared first, so that one that comes meanwhile counts; levels when served. */
    write32(base + IRQSTATUS_0, status & ~levels);
    uint32_t pins = read32(base + DATAIN);
    for (uint32_t rest = status; rest; rest &= rest - 1) {
        unsigned bit = (unsigned)__builtin_ctz(rest), gpio = 32 * bank + bit;
        if (listeners[gpio]) listeners[gpio](gpio, pins >> bit & 1);
    }
    write32(base + IRQSTATUS_0, status & levels);
    read32(base + IRQSTATUS_0);
}

void gpio_init(void) {
    for (unsigned i = 0; i < BANKS; i++) {
        write32(banks[i].base + CTRL, 0); /* The clock of events is that of the interface. */
        write32(banks[i].base + IRQSTATUS_CLR_0, ~0u);
        write32(banks[i].base + IRQSTATUS_0, ~0u);
        intc_serve(banks[i].line, gpio_interrupt);
    }
}

int gpio_get(unsigned gpio) {
    if (gpio >= GPIO_COUNT) return ERROR_ARGUMENT;
    return read32(base_of(gpio) + DATAIN) >> gpio % 32 & 1;
}

static void make_output(unsigned gpio) {
    uint32_t flags = interrupts_off();
    clear_bits(base_of(gpio) + OE, bit_of(gpio));
    interrupts_restore(flags);
}

int gpio_set(unsigned gpio, unsigned level) {
    if (gpio >= GPIO_COUNT || level > 1) return ERROR_ARGUMENT;
    write32(base_of(gpio) + (level ? SETDATAOUT : CLEARDATAOUT), bit_of(gpio));
    make_output(gpio);
    return 0;
}

int gpio_toggle(unsigned gpio) {
    if (gpio >= GPIO_COUNT) return ERROR_ARGUMENT;
    return gpio_set(gpio, !(read32(base_of(gpio) + DATAOUT) & bit_of(gpio)));
}

int gpio_raise(unsigned gpio) {
    if (gpio >= GPIO_COUNT) return ERROR_ARGUMENT;
    write32(base_of(gpio) + IRQSTATUS_RAW_0, bit_of(gpio));
    return 0;
}

static void set_event(uint32_t address, uint32_t bit, bool on) {
    if (on) set_bits(address, bit);
    else clear_bits(address, bit);
}

int gpio_listen(unsigned gpio, unsigned event, unsigned debounce_us,
                void (*listen)(unsigned gpio, int level)) {
    if (gpio >= GPIO_COUNT || event > GPIO_LOW) return ERROR_ARGUMENT;
    unsigned steps = debounce_us ? (debounce_us - 1) / DEBOUNCE_STEP_US : 0;
    if (steps > DEBOUNCE_MAX) return ERROR_RANGE;
    uint32_t base = base_of(gpio), bit = bit_of(gpio), flags = interrupts_off();
    write32(base + IRQSTATUS_CLR_0, bit);
    if (event != GPIO_NONE) set_bits(base + OE, bit); /* An input. */
    if (debounce_us) write32(base + DEBOUNCINGTIME, steps);
    set_event(base + DEBOUNCENABLE, bit, debounce_us != 0);
    set_event(base + RISINGDETECT, bit, event == GPIO_RISE);
    set_event(base + FALLINGDETECT, bit, event == GPIO_FALL);
    set_event(base + LEVELDETECT1, bit, event == GPIO_HIGH);
    set_event(base + LEVELDETECT0, bit, event == GPIO_LOW);
    listeners[gpio] = event == GPIO_NONE ? NULL : listen;
    write32(base + IRQSTATUS_0, bit); /* What was before does not count. */
    if (event != GPIO_NONE) write32(base + IRQSTATUS_SET_0, bit);
    interrupts_restore(flags);
    return 0;
}
