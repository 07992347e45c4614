/**
 * The BeagleBone Black's expansion headers (System Reference Manual, tables 12 and 13): which GPIO a
 * pin is, under which name people know it.
 */

/** GPIO numbers by pin, P8.3 on; 0: power, ground or analogue. */
// deno-fmt-ignore
const P8: readonly number[] = [
   0,  0, 38, 39, 34, 35, 66, 67, 69, 68, 45, 44, 23, 26, 47, 46, 27, 65, 22, 63, 62, 37, 36,
  33, 32, 61, 86, 88, 87, 89, 10, 11,  9, 81,  8, 80, 78, 79, 76, 77, 74, 75, 72, 73, 70, 71,
];
// deno-fmt-ignore
const P9: readonly number[] = [
   0,  0,  0,  0,  0,  0,  0,  0,  0,  0, 30, 60, 31, 50, 48, 51,  5,  4, 13, 12,  3,  2, 49,
  15, 117, 14, 115, 113, 111, 112, 110,  0,  0,  0,  0,  0,  0,  0,  0,  0, 20,  7,  0,  0,  0,  0,
];

/** P9.41 and P9.42 are wired to a second pin of the processor each. */
const SECOND: Readonly<Record<string, number>> = { "P9.41.1": 116, "P9.42.1": 114 };

/** "GPIO1_28" is GPIO 60. */
export function padName(gpio: number): string {
  return `GPIO${gpio >>> 5}_${gpio & 31}`;
}

/** GPIO numbers by pin name: "P9.12" is 60. */
export const HEADER_PINS: ReadonlyMap<string, number> = new Map([
  ...pins("P8", P8),
  ...pins("P9", P9),
  ...Object.entries(SECOND),
]);

/** What is soldered on: the user LEDs, USR0 to USR3, and the card detect switch. */
export const BOARD_PINS: ReadonlyMap<string, number> = new Map([
  ["USR0", 53],
  ["USR1", 54],
  ["USR2", 55],
  ["USR3", 56],
  ["MMC0_CD", 6],
]);

/**
 * The GPIO that a name means: "P9.12", "P9_12", "GPIO1_28", "GPIO60", "USR0".
 *
 * @throws RangeError when it means none
 */
export function gpioOf(name: string): number {
  const pin = name.replace(/^(P[89])_/, "$1.").replace(/\.0(\d)$/, ".$1");
  const known = HEADER_PINS.get(pin) ?? BOARD_PINS.get(pin);
  if (known !== undefined) return known;
  const [, bank, bit] = /^GPIO([0-3])_(\d{1,2})$/.exec(name) ?? [];
  if (bank !== undefined && Number(bit) < 32) return 32 * Number(bank) + Number(bit);
  const [, number] = /^GPIO(\d{1,3})$/.exec(name) ?? [];
  if (number !== undefined && Number(number) < 128) return Number(number);
  throw new RangeError(
    `Cannot find pin "${name}": it is no GPIO of the board; give one like P9.12, GPIO1_28 or GPIO60`,
  );
}

function pins(header: string, numbers: readonly number[]): [string, number][] {
  return numbers.flatMap((gpio, n): [string, number][] =>
    gpio === 0 ? [] : [[`${header}.${n + 1}`, gpio]]
  );
}
