#include "checked_lines.h"
#include "shell.h"
#include "text.h"
#include "uart.h"

static enum status count(unsigned n, char *rest) {
    (void)rest;
    struct uart_counts counts = uart_counts(n);
    answer("uart=%u received=%u received_crc32=0x%08x sent=%u sent_crc32=0x%08x unsent=%u "
           "overruns=%u damaged=%u dropped=%u",
           n, counts.received, counts.received_crc, counts.sent, counts.sent_crc,
           (unsigned)uart_unsent(n), counts.overruns, counts.damaged, counts.dropped);
    return STATUS_OK;
}

static enum status clear(unsigned n, char *rest) {
    (void)rest;
    uart_counts_clear(n);
    return STATUS_OK;
}

static enum status echo(unsigned n, char *rest) {
    char *word = next_word(&rest);
    bool on = word && text_equal(word, "on");
    if (!on && !(word && text_equal(word, "off"))) return wrong("echo on or off?");
    uart_echo(n, on);
    return STATUS_OK;
}

static enum status send(unsigned n, char *rest) {
    uint32_t bytes, seed;
    if (!number_argument(&rest, UINT32_MAX, &bytes) ||
        !number_argument(&rest, UINT32_MAX, &seed) || !seed) {
        return wrong("how many bytes, and which seed, which is not 0?");
    }
    uart_send_pattern(n, bytes, seed);
    return STATUS_OK;
}

/* What has come and was not echoed, and is taken out: up to 128 bytes. */
static enum status receive(unsigned n, char *rest) {
    enum { MOST = 128 };
    char text[2 * MOST + 1];
    (void)rest;
    int byte, length = 0;
    text[0] = 0;
    while (length < MOST && (byte = uart_get(n)) >= 0) {
        format(text + 2 * length++, 3, "%02x", (unsigned)byte);
    }
    answer("uart=%u count=%d bytes=%s", n, length, text);
    return STATUS_OK;
}

static enum status run_uart(char *rest) {
    static const struct {
        const char *name;
        enum status (*run)(unsigned n, char *rest);
    } all[] = {
        {"count", count}, {"clear", clear}, {"echo", echo}, {"send", send}, {"read", receive},
    };
    uint32_t n;
    if (!number_argument(&rest, UART_COUNT - 1, &n) || !n) return wrong("UART 1 to 5?");
    char *word = next_word(&rest);
    for (unsigned i = 0; word && i < sizeof all / sizeof *all; i++) {
        if (text_equal(word, all[i].name)) return all[i].run(n, rest);
    }
    return wrong("count, clear, echo, send or read?");
}

const struct command uart_commands[] = {{"uart", run_uart}, {0, 0}};
