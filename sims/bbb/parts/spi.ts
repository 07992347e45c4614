/** What hangs on a McSPI channel: one chip select, full duplex. */
export interface SpiDevice {
  readonly name: string;
  /** Chip select became active or inactive: a command begins or ends. */
  select(active: boolean): void;
  /** A word of `bits` bits goes out on MOSI while one comes back on MISO. */
  transfer(mosi: number, bits: number): number;
}
