/** Lengths of time and sizes as people write them, longer than those of scenarios. */

const LENGTHS_MS: Readonly<Record<string, number>> = {
  s: 1e3,
  min: 60e3,
  h: 3600e3,
  d: 24 * 3600e3,
  w: 7 * 24 * 3600e3,
};
const SIZES: Readonly<Record<string, number>> = {
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** "6h", "90min", "30d", in milliseconds. @throws RangeError */
export function lengthOf(text: string): number {
  const ms = amountOf(text, LENGTHS_MS);
  if (ms >= 1e3 && ms <= 3660 * LENGTHS_MS.d!) return ms;
  throw new RangeError(
    `Cannot use the length "${text}": it is no time from 1s to ten years; ` +
      `write a number and s, min, h, d or w, as in "6h"`,
  );
}

/** "10GiB", "500 MB", in bytes. @throws RangeError */
export function sizeOf(text: string): number {
  const bytes = amountOf(text, SIZES);
  if (bytes >= 1e6 && bytes <= 2 ** 52) return Math.floor(bytes);
  throw new RangeError(
    `Cannot use the size "${text}": it is no size from 1MB; ` +
      `write a number and MB, GB, TB, MiB, GiB or TiB, as in "10GiB"`,
  );
}

function amountOf(text: string, units: Readonly<Record<string, number>>): number {
  const [, amount, unit = ""] = text.match(/^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/) ?? [];
  return Object.hasOwn(units, unit) ? Number(amount) * units[unit]! : NaN;
}
