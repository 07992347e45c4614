/** How a character goes over a serial line (AM335x TRM SPRUH73, 19.3.8.1.1 to 19.3.8.1.3). */

/** Lengths are in cycles of the UART's 48-MHz clock. */
export interface SerialFrame {
  /** Of the data bits. */
  readonly mask: number;
  /** Start bit to the end of the stop bits. */
  readonly cycles: number;
  /** Of silence, until data that waits is stale: 4 words and 12 bits (19.3.8.1.3.7.1). */
  readonly timeoutCycles: number;
}

const UART_16X = 0;
const UART_16X_AUTOBAUD = 2;
const UART_13X = 3;

/** What the registers ask for; undefined when the UART is off or has no baud clock. */
export function frameOf(lcr: number, divisor: number, modeSelect: number): SerialFrame | undefined {
  const perBit = divisor * clocksPerBit(modeSelect);
  if (perBit === 0) return undefined;
  const dataBits = 5 + (lcr & 3);
  const parityBits = lcr >>> 3 & 1;
  const stopBits = (lcr & 4) === 0 ? 1 : dataBits === 5 ? 1.5 : 2;
  return {
    mask: (1 << dataBits) - 1,
    cycles: Math.ceil(perBit * (1 + dataBits + parityBits + stopBits)),
    timeoutCycles: perBit * (4 * dataBits + 12),
  };
}

/** 0 in modes that are no UART: IrDA and CIR, which are not modelled, and "disable". */
function clocksPerBit(modeSelect: number): number {
  if (modeSelect === UART_13X) return 13;
  // Autobauding: what DLL, DLH and LCR say is taken for what would be detected.
  return modeSelect === UART_16X || modeSelect === UART_16X_AUTOBAUD ? 16 : 0;
}
