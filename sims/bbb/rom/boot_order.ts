/** In which order the ROM tries devices, by SYSBOOT[4:0] (AM335x TRM SPRUH73, table 26-7). */

export type BootDevice =
  | "MMC0"
  | "MMC1"
  | "UART0"
  | "USB0"
  | "SPI0"
  | "EMAC1"
  | "NAND"
  | "NANDI2C"
  | "XIP"
  | "XIPw";

/** Codes in the boot parameters (table 26-41); XIP with its first pin group. */
export const DEVICE_CODE: Readonly<Record<BootDevice, number>> = {
  XIP: 0x01,
  XIPw: 0x02,
  NAND: 0x05,
  NANDI2C: 0x06,
  MMC0: 0x08,
  MMC1: 0x09,
  SPI0: 0x0b,
  UART0: 0x41,
  USB0: 0x44,
  EMAC1: 0x46,
};

/** Of SYSBOOT[4:0] = 0 to 31; "" is reserved. */
const ORDERS: readonly string[] = [
  "",
  "UART0 XIPw MMC0 SPI0",
  "UART0 SPI0 NAND NANDI2C",
  "UART0 SPI0 XIP MMC0",
  "UART0 XIPw MMC0 NAND",
  "UART0 XIP SPI0 NANDI2C",
  "EMAC1 SPI0 NAND NANDI2C",
  "EMAC1 MMC0 XIPw NAND",
  "EMAC1 MMC0 XIP NANDI2C",
  "EMAC1 XIPw NAND MMC0",
  "EMAC1 XIP SPI0 NANDI2C",
  "USB0 NAND SPI0 MMC0",
  "USB0 NAND XIP NANDI2C",
  "USB0 NAND XIP SPI0",
  "",
  "UART0 EMAC1",
  "XIP UART0 EMAC1 MMC0",
  "XIPw UART0 EMAC1 MMC0",
  "NAND NANDI2C USB0 UART0",
  "NAND NANDI2C MMC0 UART0",
  "NAND NANDI2C SPI0 EMAC1",
  "NANDI2C MMC0 EMAC1 UART0",
  "SPI0 MMC0 UART0 EMAC1",
  "MMC0 SPI0 UART0 USB0",
  "SPI0 MMC0 USB0 UART0",
  "SPI0 MMC0 EMAC1 UART0",
  "XIP UART0 SPI0 MMC0",
  "XIPw UART0 SPI0 MMC0",
  "MMC1 MMC0 UART0 USB0",
  "",
  "",
  "EMAC1 UART0",
];

/** SYSBOOT of a BeagleBone Black: eMMC first; with S2 held, SPI and then the card slot. */
export const SYSBOOT = { EMMC_FIRST: 0x403c, S2_HELD: 0x4038 } as const;

/** Empty when that order is reserved: the ROM then tries nothing. */
export function bootOrder(sysboot: number): readonly BootDevice[] {
  const order = ORDERS[sysboot & 0x1f]!;
  return order === "" ? [] : order.split(" ") as BootDevice[];
}
