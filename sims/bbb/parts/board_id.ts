/**
 * What TI's boards tell about themselves in the EEPROM at 0x50 (BeagleBone Black System Reference
 * Manual, section "EEPROM"): U-Boot chooses DDR timing, pins and device tree by it.
 */
export interface BoardId {
  /** Eight characters: "A335BNLT" is a BeagleBone Black. */
  readonly name: string;
  /** Four: "000C" is revision C. */
  readonly revision: string;
  /** Twelve: week, year, "BBBK" and a number. */
  readonly serial: string;
}

export const BEAGLEBONE_BLACK: BoardId = {
  name: "A335BNLT",
  revision: "000C",
  serial: "4914BBBK0001",
};

const HEADER = [0xaa, 0x55, 0x33, 0xee];

/** As it lies at address 0; the configuration and the addresses behind it are not programmed. */
export function boardIdBytes({ name, revision, serial }: BoardId): Uint8Array {
  const text = [[name, 8], [revision, 4], [serial, 12]] as const;
  for (const [value, length] of text) {
    if (!/^[\x20-\x7e]*$/.test(value) || value.length !== length) {
      throw new RangeError(
        `Cannot write board ID "${value}": it has ${value.length} characters; give ${length} of ASCII`,
      );
    }
  }
  return new Uint8Array([...HEADER, ...new TextEncoder().encode(name + revision + serial)]);
}
