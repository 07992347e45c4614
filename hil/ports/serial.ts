/** A serial port of a target: bytes both ways, with nothing known of what they mean. */
import type { Duration } from "../time/mod.ts";

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
}
