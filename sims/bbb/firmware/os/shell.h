/*
 * The shell: a task that takes checked lines on UART0 and answers `key=value` (README.md lists the
 * commands). Status 1: the command makes no sense; 2: it has failed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* SYS mode. */
void shell_run(void);

/* For commands; `rest` is what is behind the command's name. Each gives its status. */
enum status { STATUS_OK, STATUS_WRONG, STATUS_FAILED };
struct command {
    const char *name;
    enum status (*run)(char *rest);
};
extern const struct command system_commands[], pin_commands[], storage_commands[], uart_commands[];

/* The next word as a number, decimal or 0x…; false: there is none, or it is more than `most`. */
bool number_argument(char **rest, uint32_t most, uint32_t *number);
/* Why the command makes no sense, or what an error of the kernel means; OK when it is 0. */
enum status wrong(const char *why);
enum status outcome(int error);
/* "min=… median=… max=…" of samples, as a line of the answer. */
struct samples;
void answer_samples(const char *name, const struct samples *samples);
