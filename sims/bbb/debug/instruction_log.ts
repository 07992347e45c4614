/** Executed instructions as text: time, address, disassembly, and the registers that each changed. */
import type { Board } from "../board.ts";
import { instructionAt } from "../cpu/disassemble.ts";

const NAMES = Array.from({ length: 13 }, (_, n) => `r${n}`).concat("sp", "lr");

export class InstructionLog {
  readonly #before = new Uint32Array(NAMES.length);
  #open: string | undefined;
  #left: number;

  /** @param limit lines at most */
  constructor(
    private readonly board: Board,
    private readonly options: {
      readonly line: (text: string) => void;
      readonly limit: number;
    },
  ) {
    this.#left = options.limit;
  }

  get full(): boolean {
    return this.#left <= 0;
  }

  /** For {@link Cpu.onInstruction}. */
  note(address: number): void {
    this.flush();
    if (this.full) return;
    this.#left--;
    const { cpu, clock, symbols } = this.board;
    for (let r = 0; r < NAMES.length; r++) this.#before[r] = cpu.register(r);
    const text = instructionAt(cpu.core, address);
    const symbol = symbols?.at(address);
    this.#open = `${(clock.now() / 1e9).toFixed(9)} ${address.toString(16).padStart(8, "0")} ` +
      `${symbol ? `<${symbol}> ` : ""}${text}`;
  }

  /** The last line, with what the instruction changed, is out. */
  flush(): void {
    if (this.#open === undefined) return;
    const changed: string[] = [];
    for (let r = 0; r < NAMES.length; r++) {
      const now = this.board.cpu.register(r);
      if (now !== this.#before[r]) changed.push(`${NAMES[r]}=${now.toString(16)}`);
    }
    this.options.line(
      changed.length ? `${this.#open.padEnd(60)} ; ${changed.join(" ")}` : this.#open,
    );
    this.#open = undefined;
  }
}
