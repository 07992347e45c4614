/** A serial port of a target: bytes both ways, with nothing known of what they mean. */
import type { Duration } from "../time/mod.ts";
import type { Mark } from "../trace/mod.ts";

/** Modem lines, true when asserted: DTR and RTS are ours, the others the target's. */
export type ModemLines = Readonly<Record<"dtr" | "rts" | "cts" | "dsr" | "dcd" | "ri", boolean>>;

export interface SerialPort {
  readonly name: string;
  /** Bytes that have come so far, taken or not. */
  readonly received: number;
  /** Resolves when the bytes are handed over, which may be long before the last is on the line. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Takes the next bytes, of those that have come or will.
   *
   * @throws Error when they do not come in time; what has come stays to be taken
   */
  receive(count: number, options: { readonly within: Duration }): Promise<Uint8Array>;
  /**
   * Holds the line at its start level for `hold` (default 250 ms), after what was written. The mark
   * is of its beginning.
   *
   * @throws Error where the line can have no break: a pseudo-terminal
   */
  sendBreak(options?: { readonly hold?: Duration }): Promise<Mark>;
  /**
   * Asserts or releases those that are named.
   *
   * @throws Error where no such lines lead to the target
   */
  setLines(lines: { readonly dtr?: boolean; readonly rts?: boolean }): Promise<Mark>;
  /** @throws Error where no such lines lead to the target */
  lines(): Promise<ModemLines>;
}
