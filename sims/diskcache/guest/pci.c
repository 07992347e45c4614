#include "pci.h"

#include "cpu.h"

enum { CONFIG_ADDRESS = 0xcf8, CONFIG_DATA = 0xcfc };

uint32_t pci_read(uint32_t function, uint8_t offset) {
    out32(CONFIG_ADDRESS, 0x80000000u | function << 8 | offset);
    return in32(CONFIG_DATA);
}

void pci_write(uint32_t function, uint8_t offset, uint32_t value) {
    out32(CONFIG_ADDRESS, 0x80000000u | function << 8 | offset);
    out32(CONFIG_DATA, value);
}

uint32_t pci_find(uint16_t class_code) {
    /* Devices of 8 functions: IDE is function 1 of the PIIX3. */
    for (uint32_t function = 0; function < 32 * 8; function++) {
        if ((pci_read(function, 0) & 0xffff) == 0xffff) continue;
        if (pci_read(function, 8) >> 16 == class_code) return function;
    }
    return PCI_NONE;
}
