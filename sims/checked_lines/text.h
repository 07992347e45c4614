/* Text and numbers: the little of libc that a kernel needs, and CRC-32. Any thread, any mode. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Formats as snprintf does: %s %c %d %u %x, l, ll and z, 0 and a width; gives the length. */
size_t format(char *buffer, size_t size, const char *form, ...)
    __attribute__((format(printf, 3, 4)));
size_t format_list(char *buffer, size_t size, const char *form, va_list list);

/* CRC-32 of IEEE 802.3, reflected, as in zlib. */
uint32_t crc32(const char *bytes, size_t length);

bool text_equal(const char *a, const char *b);

/* Cuts the next word off `*rest`, ends it with NUL; NULL when there is none. */
char *next_word(char **rest);

/* The whole of `word` as a number: false when it is none, or more than `most`. */
bool parse_number(const char *word, int base, uint64_t most, uint64_t *number);
