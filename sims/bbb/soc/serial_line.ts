/** One direction of a serial line: bytes as a receiver sees them at the end of their stop bit. */
export interface SerialReceiver {
  /** @param errors what was wrong with it: a break is a 0 with `framing` and `isBreak` */
  receive(byte: number, errors?: { parity?: boolean; framing?: boolean; isBreak?: boolean }): void;
}
