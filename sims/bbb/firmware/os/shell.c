#include "shell.h"

#include <stddef.h>

#include "checked_lines.h"
#include "cpu.h"
#include "error.h"
#include "tasks.h"
#include "text.h"

static const char *why;

bool number_argument(char **rest, uint32_t most, uint32_t *number) {
    uint64_t value;
    char *word = next_word(rest);
    bool hexadecimal = word && word[0] == '0' && word[1] == 'x';
    if (!parse_number(hexadecimal ? word + 2 : word, hexadecimal ? 16 : 10, most, &value)) {
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

enum status wrong(const char *text) {
    why = text;
    return STATUS_WRONG;
}

enum status outcome(int error) {
    if (error >= 0) return STATUS_OK;
    why = error_text(error);
    return STATUS_FAILED;
}

static void sort(uint32_t *numbers, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        uint32_t number = numbers[i], at = i;
        for (; at && numbers[at - 1] > number; at--) numbers[at] = numbers[at - 1];
        numbers[at] = number;
    }
}

void answer_samples(const char *name, const struct samples *samples) {
    static struct samples sorted;
    uint32_t flags = interrupts_off();
    sorted = *samples;
    interrupts_restore(flags);
    uint32_t kept = sorted.count < SWITCH_SAMPLES ? sorted.count : SWITCH_SAMPLES;
    if (!kept) {
        answer("%s count=0", name);
        return;
    }
    sort(sorted.cycles, kept);
    answer("%s count=%u min=%u median=%u max=%u", name, sorted.count, sorted.cycles[0],
           sorted.cycles[kept / 2], sorted.cycles[kept - 1]);
}

static enum status run(char *text) {
    static const struct command *const groups[] = {
        system_commands, pin_commands, storage_commands, uart_commands,
    };
    char *name = next_word(&text);
    if (!name) return wrong("there is no command");
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        for (const struct command *command = groups[i]; command->name; command++) {
            if (text_equal(command->name, name)) return command->run(text);
        }
    }
    return wrong("there is no such command");
}

void shell_run(void) {
    for (;;) {
        char *text = command_receive();
        why = "";
        enum status status = run(text);
        answer_end(status, why);
    }
}
