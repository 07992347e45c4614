/**
 * A simulated board for people: it runs by itself, no faster than the clock on the wall, with
 * terminals or pseudo-terminals on its UARTs, and GDB when that comes.
 */
import { setImmediate } from "node:timers";
import { type GdbServer, serveGdb } from "hil/drivers/gdb/mod.ts";
import { openPty, type Pty } from "hil/drivers/pty/mod.ts";
import { hostNow, ms, pause } from "hil/time/mod.ts";
import type { Board } from "./board.ts";
import { GdbBoard } from "./debug/gdb_board.ts";
import { SerialLink } from "./serial_link.ts";

/** Executed at a stretch, in its time and in the wall's, so that what is typed is heard. */
const STRETCH_NS = 5_000_000;
const STRETCH_WALL_NS = 4_000_000;
/** How far the board may be ahead of the wall before it waits. */
const AHEAD_NS = 2_000_000;
/** How far it may be behind, when it is slow to simulate, and still catch up. */
const BEHIND_NS = 50_000_000;

export interface LiveOptions {
  /** Runs as fast as it can. */
  readonly fast?: boolean;
  /** So many of its seconds in one on the wall, at most. Default: 1. */
  readonly speed?: number;
}

export class Live {
  readonly #board: Board;
  readonly #options: LiveOptions;
  readonly #links = new Map<number, SerialLink>();
  /** The same, to go back with the board. */
  readonly #parts: SerialLink[] = [];
  readonly #ptys: Pty[] = [];
  #gdb: { readonly target: GdbBoard; readonly server: GdbServer } | undefined;
  /** GDB has the board. */
  #held = false;
  #over = false;
  #stopping: Promise<void> | undefined;

  constructor(board: Board, options: LiveOptions = {}) {
    this.#board = board;
    this.#options = options;
  }

  /** Gives what UART `n` says to `take`, at once. */
  listen(n: number, take: (bytes: Uint8Array) => void): void {
    this.#link(n).listen((bytes) => {
      if (!this.#gdb?.target.history.replaying) take(bytes);
    }, () => {});
  }

  /** As if typed on UART `n`. */
  type(n: number, bytes: Uint8Array): void {
    const apply = () => void this.#link(n).write(bytes);
    if (this.#gdb) this.#gdb.target.history.input(apply);
    else apply();
  }

  /**
   * A pseudo-terminal on UART `n`: any program opens its path as a serial port.
   *
   * @throws Error as openPty
   */
  pty(n: number): string {
    const pty = openPty({ stays: true });
    this.#ptys.push(pty);
    this.listen(n, (bytes) => void pty.master.write(bytes).catch(() => {}));
    void (async () => {
      for await (const bytes of pty.master.readable) this.type(n, bytes);
    })();
    return pty.path;
  }

  /** @param port 0 for any that is free */
  gdb(port: number): string {
    const target = new GdbBoard(this.#board, {
      parts: this.#parts,
      onAttach: () => this.#held = true,
      onDetach: () => this.#held = false,
    });
    const server = serveGdb({ target, port });
    this.#gdb = { target, server };
    return server.address;
  }

  /** Until `done`, or until {@link stop}. */
  async run(done: () => boolean = () => false): Promise<void> {
    const { clock } = this.#board;
    const { fast, speed = 1 } = this.#options;
    let wall = hostNow(), board = clock.now(), stretch = STRETCH_NS;
    while (!this.#over && !done()) {
      if (this.#held) {
        await pause(ms(1));
        wall = hostNow();
        board = clock.now();
        continue;
      }
      const begun = hostNow();
      const ahead = fast ? 0 : (clock.now() - board) / speed - (begun - wall);
      if (ahead > AHEAD_NS) {
        await pause(ms(1));
        continue;
      }
      if (ahead < -BEHIND_NS) { // That is not caught up with: it would run too fast.
        wall = begun;
        board = clock.now();
      }
      clock.runUntil(done, clock.now() + stretch);
      const factor = STRETCH_WALL_NS / (hostNow() - begun + 1);
      stretch = Math.ceil(Math.min(STRETCH_NS, stretch * Math.min(2, Math.max(0.5, factor))));
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }

  /** Pulls the plug: what is under way on the cables is gone too. */
  powerCut(): void {
    for (const link of this.#links.values()) link.cut();
    this.#board.powerCut();
  }

  /** Ends {@link run}, and takes the terminals away; once, however often it is called. */
  stop(): Promise<void> {
    this.#over = true;
    return this.#stopping ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.#gdb?.server.close();
    for (const pty of this.#ptys) await pty.close();
    for (const link of this.#links.values()) await link.close();
  }

  #link(n: number): SerialLink {
    const known = this.#links.get(n);
    if (known) return known;
    const uart = this.#board.soc.uarts[n];
    if (!uart) {
      throw new RangeError(`Cannot find UART "${n}": the board has 0 to 5; give one of them`);
    }
    const link = new SerialLink({ name: `cable of UART${n}`, clock: this.#board.clock, uart });
    uart.connect(link);
    this.#links.set(n, link);
    this.#parts.push(link);
    return link;
  }
}
