#include <stddef.h>

#include "checked_lines.h"
#include "eeprom.h"
#include "emmc.h"
#include "memory_map.h"
#include "pattern.h"
#include "shell.h"
#include "text.h"

enum { LINE_BYTES = 32, EEPROM_MOST = 256, CHUNK_BLOCKS = 128 };

static void hexadecimal(char *text, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) format(text + 2 * i, 3, "%02x", bytes[i]);
}

static enum status eeprom_answer(uint32_t address, uint32_t size) {
    uint8_t bytes[LINE_BYTES];
    char text[2 * LINE_BYTES + 1];
    while (size) {
        uint32_t part = size < LINE_BYTES ? size : LINE_BYTES;
        int error = eeprom_read(address, bytes, part);
        if (error) return outcome(error);
        hexadecimal(text, bytes, part);
        answer("address=0x%04x bytes=%s", address, text);
        address += part, size -= part;
    }
    return STATUS_OK;
}

/* Pairs of digits; the number of bytes, 0 when they are none. */
static size_t parse_bytes(const char *word, uint8_t *bytes) {
    size_t count = 0;
    for (; word[2 * count]; count++) {
        char digits[] = {word[2 * count], word[2 * count + 1], 0};
        uint64_t value;
        if (count == EEPROM_MOST || !digits[1] || !parse_number(digits, 16, 0xff, &value)) return 0;
        bytes[count] = (uint8_t)value;
    }
    return count;
}

static enum status run_eeprom(char *rest) {
    static uint8_t bytes[EEPROM_MOST];
    char *what = next_word(&rest);
    uint32_t address, size;
    if (what && text_equal(what, "status")) {
        int status = eeprom_status();
        if (status >= 0) answer("status=0x%02x", (unsigned)status);
        return outcome(status);
    }
    if (!what || !number_argument(&rest, EEPROM_SIZE - 1, &address)) {
        return wrong("read, write or status; and an address up to 0x7fff");
    }
    if (text_equal(what, "read")) {
        if (!number_argument(&rest, EEPROM_SIZE, &size)) return wrong("how many bytes?");
        return eeprom_answer(address, size);
    }
    if (!text_equal(what, "write")) return wrong("read, write or status?");
    char *word = next_word(&rest);
    size_t count = word ? parse_bytes(word, bytes) : 0;
    if (!count) return wrong("up to 256 bytes, as pairs of digits");
    return outcome(eeprom_write(address, bytes, count));
}

static enum status failed(int error) {
    if (error) answer("detail=0x%08x", emmc_detail());
    return outcome(error);
}

/* Words of block B of `write B COUNT SEED`: a pattern that begins with SEED + B, never with 0. */
static void fill(uint32_t *words, uint32_t block, uint32_t seed) {
    struct pattern pattern = {seed + block ? seed + block : ~0u};
    for (int i = 0; i < BLOCK_SIZE / 4; i++) words[i] = pattern_word(&pattern);
}

static enum status emmc_read_one(uint32_t block) {
    const uint32_t *words = (const uint32_t *)EMMC_BUFFER;
    int error = emmc_read(block, 1, (void *)EMMC_BUFFER);
    if (error) return failed(error);
    answer("block=%u crc32=0x%08x first=0x%08x", block, crc32((const char *)words, BLOCK_SIZE),
           words[0]);
    return STATUS_OK;
}

static enum status emmc_write_many(uint32_t block, uint32_t count, uint32_t seed) {
    uint32_t *words = (uint32_t *)EMMC_BUFFER;
    for (uint32_t done = 0; done < count;) {
        uint32_t part = count - done < CHUNK_BLOCKS ? count - done : CHUNK_BLOCKS;
        for (uint32_t i = 0; i < part; i++) fill(words + i * 128, block + done + i, seed);
        int error = emmc_write(block + done, part, words);
        if (error) return failed(error);
        done += part;
    }
    answer("written=%u", count);
    return STATUS_OK;
}

static bool is_pattern(const uint32_t *words, uint32_t block, uint32_t seed) {
    uint32_t wanted[BLOCK_SIZE / 4];
    fill(wanted, block, seed);
    for (int i = 0; i < BLOCK_SIZE / 4; i++) {
        if (words[i] != wanted[i]) return false;
    }
    return true;
}

static enum status emmc_check_many(uint32_t block, uint32_t count, uint32_t seed) {
    uint32_t *words = (uint32_t *)EMMC_BUFFER, good = 0, first_bad = 0;
    for (uint32_t done = 0; done < count;) {
        uint32_t part = count - done < CHUNK_BLOCKS ? count - done : CHUNK_BLOCKS;
        int error = emmc_read(block + done, part, words);
        if (error) return failed(error);
        for (uint32_t i = 0; i < part; i++) {
            if (is_pattern(words + i * 128, block + done + i, seed)) good++;
            else if (good == done + i) first_bad = block + done + i;
        }
        done += part;
    }
    if (good == count) answer("good=%u bad=0", good);
    else answer("good=%u bad=%u first_bad=%u", good, count - good, first_bad);
    return STATUS_OK;
}

static enum status run_emmc(char *rest) {
    char *what = next_word(&rest);
    uint32_t block, count, seed;
    if (!what || !number_argument(&rest, UINT32_MAX, &block)) {
        return wrong("read, write or check; and a block");
    }
    if (text_equal(what, "read")) return emmc_read_one(block);
    if (!number_argument(&rest, UINT32_MAX, &count) || !count ||
        !number_argument(&rest, UINT32_MAX, &seed)) {
        return wrong("how many blocks, and which seed?");
    }
    if (text_equal(what, "write")) return emmc_write_many(block, count, seed);
    if (text_equal(what, "check")) return emmc_check_many(block, count, seed);
    return wrong("read, write or check?");
}

const struct command storage_commands[] = {{"eeprom", run_eeprom}, {"emmc", run_emmc}, {0, 0}};
