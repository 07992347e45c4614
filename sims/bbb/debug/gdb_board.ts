/**
 * A simulated board for GDB: registers, memory as the program sees it, breakpoints, watchpoints on
 * writes, and steps back in time. While GDB has stopped it, no time passes on the board.
 */
import type { Breakpoint, GdbTarget, Stop } from "hil/drivers/gdb/mod.ts";
import type { Board } from "../board.ts";
import { Abort } from "../cpu/fault.ts";
import { STATE } from "../cpu/layout.ts";
import { History, type HistoryOptions, stepBoard } from "./history.ts";
import { CPSR, FIRST_D, FPSCR, TARGET_XML } from "./registers_xml.ts";

const SIGINT = 2;
const SIGTRAP = 5;
/** Executed at a stretch, so that Ctrl-C is heard. */
const SLICE_NS = 2_000_000;
const WATCHED_STEPS = 20_000;
const PAGE = 0x1000;

export interface GdbBoardOptions extends HistoryOptions {
  /** GDB has come: nobody else may let the board run. */
  readonly onAttach?: () => void;
  /** GDB has gone: the board is its owner's again. */
  readonly onDetach?: () => void;
}

export class GdbBoard implements GdbTarget {
  readonly description = TARGET_XML;
  readonly generalRegisters: readonly number[] = Array.from({ length: 16 }, (_, n) => n);
  readonly reversible = true;
  readonly history: History;
  readonly #board: Board;
  /** By address: how often it was inserted. */
  readonly #breakpoints = new Map<number, number>();
  readonly #watched: Breakpoint[] = [];
  readonly #options: GdbBoardOptions;

  constructor(board: Board, options: GdbBoardOptions = {}) {
    this.#board = board;
    this.#options = options;
    this.history = new History(board, options);
  }

  get #i32(): Int32Array {
    return this.#board.soc.memory.i32;
  }

  readRegister(n: number): Uint8Array | undefined {
    const { cpu, soc: { memory } } = this.#board;
    if (n < 16) return word(cpu.register(n));
    if (n === CPSR) return word(cpu.core.cpsr);
    if (n === FPSCR) return word(this.#i32[STATE.FPSCR >>> 2]!);
    if (n < FIRST_D || n >= FPSCR) return undefined;
    const at = STATE.VFP + 8 * (n - FIRST_D);
    return memory.u8.slice(at, at + 8);
  }

  writeRegister(n: number, bytes: Uint8Array): boolean {
    const { cpu, soc: { memory } } = this.#board;
    if (n >= FIRST_D && n < FPSCR) memory.u8.set(bytes, STATE.VFP + 8 * (n - FIRST_D));
    else if (bytes.length !== 4) return false;
    else {
      const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
      if (n < 16) cpu.setRegister(n, value);
      else if (n === CPSR) cpu.core.cpsr = value;
      else if (n === FPSCR) this.#i32[STATE.FPSCR >>> 2] = value;
      else return false;
    }
    this.history.changed();
    return true;
  }

  /** Devices are read in words, with all that reading them does. */
  readMemory(address: number, length: number): Uint8Array | undefined {
    const bytes: number[] = [];
    for (let at = address; at < address + length;) {
      const size = Math.min(address + length - at, PAGE - at % PAGE);
      const piece = this.#read(at, size);
      if (!piece) break;
      bytes.push(...piece);
      at += size;
    }
    return bytes.length > 0 ? Uint8Array.from(bytes) : undefined;
  }

  /** Within a page. */
  #read(address: number, length: number): Uint8Array | undefined {
    const pa = this.#physical(address, "read");
    if (pa === undefined) return undefined;
    const { memory, bus } = this.#board.soc;
    if (memory.hostOf(pa) >= 0) return memory.bytes(pa, length);
    if ((pa | length) & 3) return undefined;
    const words = new Uint32Array(length / 4);
    try {
      for (let n = 0; n < words.length; n++) words[n] = bus.read(pa + 4 * n, 4);
    } catch {
      return undefined; // No device there, or one without a clock.
    }
    return new Uint8Array(words.buffer);
  }

  writeMemory(address: number, bytes: Uint8Array): boolean {
    const { memory, bus } = this.#board.soc;
    for (let at = 0; at < bytes.length;) {
      const size = Math.min(bytes.length - at, PAGE - (address + at) % PAGE);
      const pa = this.#physical(address + at, "write");
      if (pa === undefined) return false;
      const piece = bytes.slice(at, at + size);
      if (memory.hostOf(pa) >= 0) memory.load(pa, piece);
      else if (size !== 4 || pa & 3) return false;
      else bus.write(pa, new Uint32Array(piece.buffer)[0]!, 4);
      at += size;
    }
    this.history.changed();
    return true;
  }

  #physical(address: number, access: "read" | "write"): number | undefined {
    try {
      return this.#board.cpu.mmu.translate(address, access, true) >>> 0;
    } catch (error) {
      if (error instanceof Abort) return undefined;
      throw error;
    }
  }

  insert(breakpoint: Breakpoint): boolean {
    const { kind, address } = breakpoint;
    if (kind === "write") this.#watched.push(breakpoint);
    else if (kind !== "software" && kind !== "hardware") return false;
    else this.#breakpoints.set(address, (this.#breakpoints.get(address) ?? 0) + 1);
    return true;
  }

  remove({ kind, address, length }: Breakpoint): boolean {
    if (kind === "write") {
      const at = this.#watched.findIndex((it) => it.address === address && it.length === length);
      if (at >= 0) this.#watched.splice(at, 1);
      return at >= 0;
    }
    const count = this.#breakpoints.get(address);
    if (count === undefined) return false;
    if (count > 1) this.#breakpoints.set(address, count - 1);
    else this.#breakpoints.delete(address);
    return true;
  }

  async resume(
    how: { step: boolean; reverse: boolean; interrupt: AbortSignal },
  ): Promise<Stop> {
    if (how.reverse) return this.#back(how.step);
    if (how.step) {
      stepBoard(this.#board);
      return { signal: SIGTRAP };
    }
    // The instruction that it stands at is executed even if there is a breakpoint.
    if (this.#breakpoints.has(this.#board.cpu.pc)) stepBoard(this.#board);
    for (;;) {
      const stop = this.#watched.length > 0 ? this.#watch() : this.#slice();
      if (stop) return stop;
      await new Promise((resolve) => void setImmediate(resolve));
      if (how.interrupt.aborted) return { signal: SIGINT };
    }
  }

  #slice(): Stop | undefined {
    const { cpu, clock } = this.#board;
    let hit = false;
    for (const address of this.#breakpoints.keys()) cpu.breakpoints.add(address);
    cpu.onBreakpoint = () => {
      hit = true;
      clock.requestStop();
    };
    try {
      this.history.forward(() => hit, clock.now() + SLICE_NS);
    } finally {
      cpu.breakpoints.clear();
      cpu.onBreakpoint = undefined;
    }
    return hit ? { signal: SIGTRAP } : undefined;
  }

  /** Step by step, looking at what is watched. */
  #watch(): Stop | undefined {
    const before = this.#watched.map(({ address, length }) => this.#contents(address, length));
    for (let step = 0; step < WATCHED_STEPS; step++) {
      stepBoard(this.#board);
      const changed = this.#watched.find(({ address, length }, n) =>
        this.#contents(address, length) !== before[n]
      );
      if (changed) return { signal: SIGTRAP, watched: changed.address };
      if (this.#breakpoints.has(this.#board.cpu.pc)) return { signal: SIGTRAP };
    }
    return undefined;
  }

  #contents(address: number, length: number): string | undefined {
    return this.readMemory(address, length)?.join();
  }

  #back(step: boolean): Stop {
    const { cpu } = this.#board;
    const { begin } = this.history;
    const to = step ? cpu.instructions - 1 : this.history.lastAt(new Set(this.#breakpoints.keys()));
    this.history.goTo(Math.max(to ?? begin, begin));
    return { signal: SIGTRAP, ...((to ?? -1) < begin && { beginning: true }) };
  }

  monitor(command: string): string {
    const board = this.#board;
    switch (command.trim()) {
      case "reset":
        board.reset("coldSoftware");
        this.history.changed();
        return "the board is reset; it starts with the boot ROM\n";
      case "time":
        return `${(board.clock.now() / 1e9).toFixed(9)} s, ` +
          `${board.cpu.instructions.toLocaleString("en")} instructions\n`;
      default:
        return "monitor time   how long the board has run\nmonitor reset  as if it was plugged in anew\n";
    }
  }

  attached(): void {
    this.history.changed();
    this.#options.onAttach?.();
  }

  detached(): void {
    this.#options.onDetach?.();
  }
}

function word(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
