#include "checked_lines.h"

#include <stdbool.h>

#include "cpu.h"
#include "serial.h"
#include "text.h"

/* Defects on purpose, of a guest that has them. */
#if __has_include("mutations.h")
#include "mutations.h"
#else
#define MUTATED(defect) 0
#endif

enum { TEXT_SIZE = LINE_MAX + 64, GOT_MAX = 120, FRAME_MAX = 64 };

static uint32_t events;
static uint32_t sequence, answer_lines;

/* Sends "<mark>[prefix ][LEN ]CRC text", the CRC over "prefix text". */
static void send_frame(char mark, const char *prefix, bool with_length, const char *text) {
    char checked[TEXT_SIZE + FRAME_MAX], line[TEXT_SIZE + 2 * FRAME_MAX];
    size_t begin = format(checked, sizeof checked, *prefix ? "%s " : "%s", prefix);
    size_t length = format(checked + begin, sizeof checked - begin, "%s", text);
    char count[16] = "";
    if (with_length) format(count, sizeof count, "%zu ", length);
    uint32_t crc = crc32(checked, begin + length);
    const char *space = *prefix ? " " : "";
    size_t size = format(line, sizeof line, "%c%s%s%s%08x %s\r\n", mark, prefix, space, count, crc,
                         text);
    serial_put_line(line, size);
}

void event(const char *form, ...) {
    char text[TEXT_SIZE], prefix[16];
    va_list list;
    va_start(list, form);
    format_list(text, sizeof text, form, list);
    va_end(list);
    uint64_t flags = interrupts_off();
    format(prefix, sizeof prefix, "%u", ++events);
    send_frame('!', prefix, true, text);
    interrupts_restore(flags);
}

void answer(const char *form, ...) {
    char text[TEXT_SIZE], prefix[32];
    va_list list;
    va_start(list, form);
    format_list(text, sizeof text, form, list);
    va_end(list);
    format(prefix, sizeof prefix, "%u.%u", sequence, answer_lines++);
    serial_wait_for_room();
    send_frame('<', prefix, true, text);
}

void answer_end(int status, const char *why) {
    char text[TEXT_SIZE], prefix[32];
    format(prefix, sizeof prefix, "%u %u", sequence, answer_lines);
    format(text, sizeof text, *why ? "%d %s" : "%d", status, why);
    send_frame('=', prefix, false, text);
}

static void complain(const char *reason, const char *got, size_t length) {
    char text[GOT_MAX + 16];
    size_t size = format(text, sizeof text, "%s ", reason);
    for (size_t i = 0; i < length && i < GOT_MAX; i++) {
        text[size++] = got[i] >= ' ' && got[i] <= '~' ? got[i] : '.';
    }
    text[size] = 0;
    send_frame('?', "", true, text);
}

/* Cuts ">SEQ CRC TEXT" up: NULL when it is good, else what is wrong with it. */
static const char *parse(char *line, char **text) {
    char *rest = line + 1;
    /* Checked before the words are cut off: the CRC covers what came, not what was understood. */
    size_t seq_length = 0;
    while (rest[seq_length] && rest[seq_length] != ' ') seq_length++;
    char *crc_word = rest + seq_length + 1;
    if (line[0] != '>' || !rest[seq_length]) return "form";
    for (int i = 0; i < 8; i++) {
        if (!crc_word[i]) return "form";
    }
    if (crc_word[8] != ' ') return "form";
    crc_word[8] = 0;
    *text = crc_word + 9;
    uint64_t crc, seq;
    if (!parse_number(crc_word, 16, UINT32_MAX, &crc)) return "form";
    rest[seq_length] = 0;
    if (!parse_number(rest, 10, UINT32_MAX, &seq)) return "form";
    char checked[LINE_MAX + 1];
    size_t length = format(checked, sizeof checked, "%s %s", rest, *text);
    if (crc32(checked, length) != crc) return "crc";
    if (seq != 0 && seq != sequence + 1) return "seq";
    if (seq == 0 && !text_equal(*text, "hello")) return "seq";
    sequence = (uint32_t)seq;
    return NULL;
}

/* Receives a line without its end; gives its true length, of which LINE_MAX bytes are kept. */
static size_t receive_line(char *line) {
    size_t length = 0;
    for (;;) {
        char byte = serial_get();
        if (byte == '\n') break;
        if (length < LINE_MAX) line[length] = byte;
        length++;
    }
    line[length < LINE_MAX ? length : LINE_MAX] = 0;
    return length;
}

char *command_receive(void) {
    static char line[LINE_MAX + 1], got[GOT_MAX];
    for (;;) {
        size_t length = receive_line(line);
        for (size_t i = 0; i < GOT_MAX; i++) got[i] = line[i < length ? i : length];
        const char *wrong = "long";
        char *text = NULL;
        if (length <= LINE_MAX) wrong = parse(line, &text);
        if (wrong) {
            complain(wrong, got, length);
            continue;
        }
        if (!MUTATED(LINE_NUMBERS_GO_ON)) answer_lines = 0;
        if (sequence != 0) return text;
        answer_end(0, "");
    }
}
