#include "text.h"

#include <limits.h>

struct sink {
    char *buffer;
    size_t size;
    size_t length;
};

static void put(struct sink *sink, char c) {
    if (sink->length + 1 < sink->size) sink->buffer[sink->length++] = c;
}

static void put_number(struct sink *sink, uint64_t value, unsigned base, int width, char fill) {
    char digits[24];
    int count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    for (; width > count; width--) put(sink, fill);
    while (count) put(sink, digits[--count]);
}

/* As long as its length modifiers say: none, `l` or `z`, `ll`. */
static uint64_t next_unsigned(va_list *list, int longs) {
    if (longs == 0) return va_arg(*list, unsigned);
    return longs == 1 ? va_arg(*list, unsigned long) : va_arg(*list, unsigned long long);
}

static int64_t next_signed(va_list *list, int longs) {
    if (longs == 0) return va_arg(*list, int);
    return longs == 1 ? va_arg(*list, long) : va_arg(*list, long long);
}

static void put_signed(struct sink *sink, int64_t value, int width, char fill) {
    if (value < 0) put(sink, '-');
    put_number(sink, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, width, fill);
}

size_t format_list(char *buffer, size_t size, const char *form, va_list given) {
    struct sink sink = {buffer, size, 0};
    va_list list; /* One that has an address: an array that was given has none of its type. */
    va_copy(list, given);
    for (; *form; form++) {
        if (*form != '%') {
            put(&sink, *form);
            continue;
        }
        char fill = ' ';
        int width = 0, longs = 0;
        if (*++form == '0') fill = '0';
        for (; *form >= '0' && *form <= '9'; form++) width = width * 10 + *form - '0';
        for (; *form == 'l' || *form == 'z'; form++) longs++;
        if (*form == 's') {
            for (const char *s = va_arg(list, const char *); *s; s++) put(&sink, *s);
        } else if (*form == 'c') {
            put(&sink, (char)va_arg(list, int));
        } else if (*form == 'd') {
            put_signed(&sink, next_signed(&list, longs), width, fill);
        } else {
            unsigned base = *form == 'x' ? 16 : 10;
            put_number(&sink, next_unsigned(&list, longs), base, width, fill);
        }
    }
    va_end(list);
    if (size) buffer[sink.length] = 0;
    return sink.length;
}

size_t format(char *buffer, size_t size, const char *form, ...) {
    va_list list;
    va_start(list, form);
    size_t length = format_list(buffer, size, form, list);
    va_end(list);
    return length;
}

uint32_t crc32(const char *bytes, size_t length) {
    /* Half a byte at a time: the table is sixteen words instead of 256. */
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = ~0u;
    for (size_t i = 0; i < length; i++) {
        crc ^= (uint8_t)bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

bool text_equal(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

char *next_word(char **rest) {
    char *word = *rest;
    while (*word == ' ') word++;
    if (!*word) return NULL;
    char *end = word;
    while (*end && *end != ' ') end++;
    *rest = *end ? end + 1 : end;
    *end = 0;
    return word;
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return INT_MAX;
}

bool parse_number(const char *word, int base, uint64_t most, uint64_t *number) {
    if (!word || !*word) return false;
    uint64_t value = 0;
    for (; *word; word++) {
        int digit = digit_of(*word);
        if (digit >= base || (uint64_t)digit > most) return false;
        if (value > (most - (uint64_t)digit) / (uint64_t)base) return false;
        value = value * (uint64_t)base + (uint64_t)digit;
    }
    *number = value;
    return true;
}

/* Clang may call these for loops and copies of structs, without a libc too. */

void *memset(void *to, int byte, size_t size) {
    for (size_t i = 0; i < size; i++) ((char *)to)[i] = (char)byte;
    return to;
}

void *memcpy(void *to, const void *from, size_t size) {
    for (size_t i = 0; i < size; i++) ((char *)to)[i] = ((const char *)from)[i];
    return to;
}
