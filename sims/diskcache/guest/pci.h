/* PCI configuration space by mechanism 1 (PCI Local Bus 2.1, section 3.7.4.1). Boot only. */
#pragma once

#include <stdint.h>

#define PCI_NONE UINT32_MAX

/* The first function of that class and subclass on bus 0, or PCI_NONE. */
uint32_t pci_find(uint16_t class_code);

uint32_t pci_read(uint32_t function, uint8_t offset);
void pci_write(uint32_t function, uint8_t offset, uint32_t value);
