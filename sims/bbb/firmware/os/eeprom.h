/* 25AA256 on CS1 (Microchip DS21822): 32 KiB in pages of 64 bytes. Any mode, but for writing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define EEPROM_SIZE 0x8000

int eeprom_read(uint32_t address, uint8_t *bytes, size_t size);
/* The status register (WIP, WEL, BP0, BP1, WPEN), or an error. */
int eeprom_status(void);
/* A task, or the boot: returns when it is written, up to 5 ms a page. */
int eeprom_write(uint32_t address, const uint8_t *bytes, size_t size);
