#include <stddef.h>

#include "checked_lines.h"
#include "expander.h"
#include "gpio.h"
#include "shell.h"
#include "text.h"
#include "timer.h"

/* IRQ mode. */
static void tell(unsigned gpio, int level) {
    event("gpio %u %d t=%u", gpio, level, clock_us(clock_now()));
}

/* IRQ mode: a level is told once, for it comes again and again. */
static void tell_once(unsigned gpio, int level) {
    gpio_listen(gpio, GPIO_NONE, 0, NULL);
    tell(gpio, level);
}

static enum status watch(unsigned gpio, char *rest) {
    static const char *const events[] = {"none", "rise", "fall", "high", "low"};
    char *word = next_word(&rest);
    uint32_t debounce_us = 0;
    while (*rest == ' ') rest++;
    if (*rest && !number_argument(&rest, 7936, &debounce_us)) {
        return wrong("debounce: microseconds up to 7936");
    }
    for (unsigned i = 0; word && i < sizeof events / sizeof *events; i++) {
        if (!text_equal(word, events[i])) continue;
        bool is_level = i == GPIO_HIGH || i == GPIO_LOW;
        return outcome(gpio_listen(gpio, i, debounce_us, is_level ? tell_once : tell));
    }
    return wrong("watch for rise, fall, high, low or none?");
}

static enum status run_gpio(char *rest) {
    char *what = next_word(&rest);
    uint32_t gpio, level;
    if (!what || !number_argument(&rest, GPIO_COUNT - 1, &gpio)) {
        return wrong("get, set, raise or watch, and a pin from 0 to 127");
    }
    if (text_equal(what, "get")) {
        answer("gpio=%u level=%d", gpio, gpio_get(gpio));
        return STATUS_OK;
    }
    if (text_equal(what, "watch")) return watch(gpio, rest);
    if (text_equal(what, "raise")) return outcome(gpio_raise(gpio));
    if (!text_equal(what, "set")) return wrong("get, set, raise or watch?");
    if (!number_argument(&rest, 1, &level)) return wrong("set it to 0 or 1");
    return outcome(gpio_set(gpio, level));
}

static enum status answer_byte(unsigned address, int value) {
    if (value >= 0) answer("register=0x%02x value=0x%02x", address, (unsigned)value);
    return outcome(value);
}

static enum status run_expander(char *rest) {
    char *what = next_word(&rest);
    uint32_t address, value;
    if (!what) return wrong("read, write or follow?");
    if (text_equal(what, "follow")) {
        answer("by=%s follows=%u gpa=0x%02x",
               expander_followed.name ? expander_followed.name : "nobody",
               expander_followed.count, expander_followed.pins);
        return STATUS_OK;
    }
    if (!number_argument(&rest, EXPANDER_REGISTERS - 1, &address)) {
        return wrong("a register from 0 to 0x15");
    }
    if (text_equal(what, "read")) return answer_byte(address, expander_read(address));
    if (!text_equal(what, "write")) return wrong("read, write or follow?");
    if (!number_argument(&rest, 0xff, &value)) return wrong("a value up to 0xff");
    return outcome(expander_write(address, value));
}

const struct command pin_commands[] = {{"gpio", run_gpio}, {"expander", run_expander}, {0, 0}};
