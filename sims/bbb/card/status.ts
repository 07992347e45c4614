/** States and status bits of cards, which eMMC and SD share (JESD84-B50 §6.13; SD Physical Layer §4.10). */

/** In the order of their numbers in CURRENT_STATE. */
export const STATES = [
  ...["idle", "ready", "ident", "stby", "tran", "data", "rcv", "prg", "dis", "ina"] as const,
] as const;
export type CardState = typeof STATES[number];

// deno-fmt-ignore
export const STATUS = {
  ADDRESS_OUT_OF_RANGE: 31, ADDRESS_ERROR: 30, BLOCK_LEN_ERROR: 29, ERASE_SEQ_ERROR: 28,
  ERASE_PARAM: 27, WP_VIOLATION: 26, COM_CRC_ERROR: 23, ILLEGAL_COMMAND: 22,
  CARD_ECC_FAILED: 21, ERROR: 19, ERASE_RESET: 13, SWITCH_ERROR: 7, APP_CMD: 5,
} as const;
export type StatusBit = keyof typeof STATUS;
export const READY_FOR_DATA = 1 << 8;

/** "ADDRESS_OUT_OF_RANGE, state tran": for traces. */
export function describeStatus(status: number): string {
  const bits = Object.entries(STATUS).filter(([, bit]) => status >>> bit & 1).map(([name]) => name);
  return [...bits, `state ${STATES[status >>> 9 & 0xf] ?? status >>> 9 & 0xf}`].join(", ");
}
