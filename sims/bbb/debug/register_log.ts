/**
 * Accesses to device registers as text, by the names of the manual: `UART0.LSR`, with fields. A
 * register that is polled gives one line however often it was asked.
 */
import { type Access, describeRegister } from "sims/engine/mod.ts";

export interface RegisterLogOptions {
  /** Peripherals by name: "UART0". Default: all. */
  readonly peripherals?: readonly string[];
  readonly now: () => number;
  /** Of the instruction that accesses. */
  readonly pc: () => number;
  readonly line: (text: string) => void;
}

/** What the guest has done to a register. */
export interface Touched {
  reads: number;
  writes: number;
}

export class RegisterLog {
  /** By "UART0.LSR"; what the manual has no name for by its offset. */
  readonly touched: Map<string, Touched> = new Map();
  readonly #options: RegisterLogOptions;
  #last: { readonly text: string; readonly head: string; times: number } | undefined;

  constructor(options: RegisterLogOptions) {
    this.#options = options;
  }

  /** For {@link Board.onAccess}. */
  note(access: Access): void {
    const { peripheral, offset, register, write } = access;
    const name = `${peripheral}.${register?.name ?? `0x${offset.toString(16)}`}`;
    const touched = this.touched.get(name) ?? { reads: 0, writes: 0 };
    this.touched.set(name, touched);
    if (write) touched.writes++;
    else touched.reads++;
    const { peripherals, now, pc } = this.#options;
    if (peripherals && !peripherals.includes(peripheral)) return;
    const text = `${write ? "write" : "read "} ${peripheral}.${said(access)}`;
    if (this.#last?.text === text && !write) {
      this.#last.times++;
      return;
    }
    this.flush();
    const head = `${(now() / 1e9).toFixed(9)} pc ${hex(pc())} `;
    this.#last = { text, head, times: 1 };
  }

  /** The last line is out. */
  flush(): void {
    if (!this.#last) return;
    const { head, text, times } = this.#last;
    this.#options.line(`${head}${text}${times > 1 ? `  (${times} times)` : ""}`);
    this.#last = undefined;
  }
}

function said({ offset, width, value, register }: Access): string {
  const bits = width === 4 ? "" : ` [${8 * width} bits]`;
  if (register) return `${describeRegister(register, value)}${bits}`;
  return `0x${offset.toString(16)} = 0x${(value >>> 0).toString(16)}${bits} (no register there)`;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
