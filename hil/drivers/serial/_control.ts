/** What is asked of a serial port's driver beside bytes (ioctl_tty(2)), with errors for people. */
import type { ModemLines } from "../../ports/mod.ts";
import { ms, pause } from "../../time/mod.ts";
import {
  decode,
  encode,
  type LineSettings,
  refused,
  TCGETS2,
  TCSETS2,
  TERMIOS2_SIZE,
} from "./_termios.ts";
import type { CallError, Tty } from "./_tty.ts";
import { SerialClosed, type SerialUnplugged } from "./error.ts";

const [TIOCEXCL, TIOCNXCL] = [0x540c, 0x540d];
const [TCSBRK, TCFLSH, TIOCOUTQ, TCIOFLUSH] = [0x5409, 0x540b, 0x5411, 2];
const [TIOCMGET, TIOCMBIS, TIOCMBIC] = [0x5415, 0x5416, 0x5417];
const [TIOCSBRK, TIOCCBRK, TIOCGICOUNT] = [0x5427, 0x5428, 0x545d];
/** Modem lines as TIOCMGET has them. */
const LINES = {
  dtr: 0x2,
  rts: 0x4,
  cts: 0x20,
  dcd: 0x40,
  ri: 0x80,
  dsr: 0x100,
} as const satisfies Record<
  keyof ModemLines,
  number
>;

/** How often a drain looks at what is left. */
const DRAIN_PACE = ms(2);

/** What went wrong on the line since the driver was loaded, as it has counted. */
export interface LineErrors {
  readonly framing: number;
  readonly overrun: number;
  readonly parity: number;
  readonly breaks: number;
  /** Bytes that found no room in the driver. */
  readonly bufferOverrun: number;
}

export class Control {
  readonly #tty: Tty;
  readonly #unplugged: (cause: unknown) => SerialUnplugged;

  constructor(tty: Tty, unplugged: (cause: unknown) => SerialUnplugged) {
    this.#tty = tty;
    this.#unplugged = unplugged;
  }

  /**
   * Others can open it no more; but root can, whom only a lock keeps out.
   *
   * @throws CallError ENOTTY when it is no terminal at all
   */
  exclude(): void {
    this.#tty.control("TIOCEXCL", TIOCEXCL, 0);
  }

  /** Ends {@link exclude}, which would outlive us while any program has the port open. */
  include(): void {
    this.#call("unlock", "TIOCNXCL", TIOCNXCL, 0);
  }

  /** @throws RangeError when the driver does not take them */
  apply(settings: LineSettings): void {
    const doing = "set up";
    this.#call(doing, "TCSETS2", TCSETS2, encode(settings, this.#termios(doing)));
    // Drivers take what they can, and say nothing.
    const what = refused(settings, decode(this.#termios(doing)));
    if (what === undefined) return;
    throw new RangeError(
      `Cannot set up the serial port "${this.#tty.path}": its driver does not take ${what}; ` +
        `choose what it can do`,
    );
  }

  settings(): LineSettings {
    return decode(this.#termios("read the settings of"));
  }

  break(on: boolean): void {
    const [call, request] = on ? ["TIOCSBRK", TIOCSBRK] as const : ["TIOCCBRK", TIOCCBRK] as const;
    this.#call("send a break to", call, request, 0);
  }

  /** Sets those that are named. */
  setLines(wanted: { readonly dtr?: boolean; readonly rts?: boolean }): void {
    for (const on of [true, false]) {
      const mask = (wanted.dtr === on ? LINES.dtr : 0) | (wanted.rts === on ? LINES.rts : 0);
      if (mask === 0) continue;
      const [call, request] = on
        ? ["TIOCMBIS", TIOCMBIS] as const
        : ["TIOCMBIC", TIOCMBIC] as const;
      this.#call("set lines of", call, request, int(mask));
    }
  }

  lines(): ModemLines {
    const mask = int(0);
    this.#call("read lines of", "TIOCMGET", TIOCMGET, mask);
    const found = intOf(mask);
    return Object.fromEntries(
      Object.entries(LINES).map(([name, bit]) => [name, (found & bit) !== 0]),
    ) as ModemLines;
  }

  /** Undefined when the driver does not count. */
  errors(): LineErrors | undefined {
    // `struct serial_icounter_struct` (linux/serial.h): 11 counters and a reserve of 9.
    const counters = new Int32Array(20);
    try {
      this.#tty.control("TIOCGICOUNT", TIOCGICOUNT, new Uint8Array(counters.buffer));
    } catch {
      return undefined;
    }
    const [framing = 0, overrun = 0, parity = 0, breaks = 0, bufferOverrun = 0] = counters
      .subarray(6, 11);
    return { framing, overrun, parity, breaks, bufferOverrun };
  }

  flush(): void {
    this.#call("flush", "TCFLSH", TCFLSH, TCIOFLUSH);
  }

  /** Waits until all that was written is sent; closing ends that. */
  async drain(): Promise<void> {
    const left = int(0);
    for (;;) {
      // The other side may hold us up for ever: tcdrain(3) alone could not be ended.
      this.#call("drain", "TIOCOUTQ", TIOCOUTQ, left);
      if (intOf(left) === 0) break;
      await pause(DRAIN_PACE);
    }
    await this.#tty.controlLater(TCSBRK, 1);
  }

  #termios(doing: string): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(TERMIOS2_SIZE);
    this.#call(doing, "TCGETS2", TCGETS2, bytes);
    return bytes;
  }

  #call(
    doing: string,
    call: string,
    request: number,
    argument: Uint8Array<ArrayBuffer> | number,
  ): void {
    const { path } = this.#tty;
    if (this.#tty.closed) throw new SerialClosed(path, doing);
    try {
      this.#tty.control(call, request, argument);
    } catch (cause) {
      const { code } = cause as CallError;
      if (code === "EIO" || code === "ENODEV") throw this.#unplugged(cause);
      throw new Error(
        `Cannot ${doing} the serial port "${path}": its driver does not do that ` +
          `(${call} says ${code}); use a port that does`,
        { cause },
      );
    }
  }
}

function int(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Int32Array([value]).buffer);
}

function intOf(bytes: Uint8Array<ArrayBuffer>): number {
  return new Int32Array(bytes.buffer)[0]!;
}
