/** The barrel shifter (ARM Architecture Reference Manual DDI 0406C, sections A2.2.1 and A8.4.3). */
import { SHIFT } from "../op.ts";

export interface Shifted {
  value: number;
  /** 0 or 1. */
  carry: number;
}

/** One for all: nobody keeps it. */
const result: Shifted = { value: 0, carry: 0 };

/** Shift_C: `amount` is 0 to 255; the type RRX takes no amount. */
export function shift(
  value: number,
  { type, amount, carry }: { type: number; amount: number; carry: number },
): Shifted {
  if (type === SHIFT.RRX) return give(carry << 31 | value >>> 1, value & 1);
  if (amount === 0) return give(value, carry);
  switch (type) {
    case SHIFT.LSL:
      if (amount < 32) return give(value << amount, value >>> (32 - amount) & 1);
      return give(0, amount === 32 ? value & 1 : 0);
    case SHIFT.LSR:
      if (amount < 32) return give(value >>> amount, value >>> (amount - 1) & 1);
      return give(0, amount === 32 ? value >>> 31 : 0);
    case SHIFT.ASR:
      if (amount < 32) return give(value >> amount, value >>> (amount - 1) & 1);
      return give(value >> 31, value >>> 31);
  }
  const rotated = rotateRight(value, amount & 31);
  return give(rotated, rotated >>> 31);
}

function give(value: number, carry: number): Shifted {
  result.value = value | 0;
  result.carry = carry;
  return result;
}

/** `by` is 0 to 31. */
export function rotateRight(value: number, by: number): number {
  return value >>> by | value << (32 - by);
}
