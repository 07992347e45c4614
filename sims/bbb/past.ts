/**
 * The past of a simulated board and of all that shares its virtual time: moments that are kept, also
 * on a disk, and what came in from outside: bytes on cables, levels of pins, power, the network plug.
 */
import type { Data, Moment, Past } from "hil/time/mod.ts";
import {
  loadParts,
  type Part,
  type PartState,
  type PartStates,
  saveParts,
  SnapshotError,
} from "sims/engine/mod.ts";
import type { Board, BoardSnapshot } from "./board.ts";
import type { Lab } from "./lab.ts";
import { MemorySnapshot } from "./memory_snapshot.ts";

const VERSION = 1;

/** By whom it is taken in: "uart0", "power", "GPIO 66". */
export type InputWays = Readonly<Record<string, (value: Data) => void>>;

export interface PastOptions {
  readonly board: Board;
  readonly lab: Lab;
  /** Of what the board remembers nowhere: which shell its console is at. */
  readonly others?: readonly Part[];
  /** Makes what a scenario makes as it goes, such as the finger on a pin; then it has a part. */
  make(part: string): void;
  /** Takes in what comes in on a way; undefined where there is none of that name. */
  way(name: string): ((value: Data) => void) | undefined;
}

interface Taken extends Moment {
  /** What the scenario's clock is ahead of the board's. */
  readonly offset: number;
  readonly board: BoardSnapshot;
  readonly lab: PartStates;
}

interface Encoded {
  readonly version: number;
  readonly t: number;
  readonly offset: number;
  readonly boardT: number;
  /** Name, and number of the bytes of its state. */
  readonly board: readonly (readonly [name: string, state: number])[];
  readonly lab: readonly (readonly [name: string, state: number])[];
  /** Number of the physical page, and of its bytes. */
  readonly memory: readonly (readonly [page: number, bytes: number])[];
}

export class BoardPast implements Past {
  onInput: ((input: Data | undefined) => void) | undefined;
  readonly #options: PastOptions;
  /** The state of a part as text, and its bytes: most parts are as they were before. */
  readonly #texts = new Map<string, { readonly text: string; readonly bytes: Uint8Array }>();

  constructor(options: PastOptions) {
    this.#options = options;
  }

  /** For who takes something in from outside. */
  tell(way: string, value: Data): void {
    this.onInput?.([way, value]);
  }

  /** For who changes what no input tells. */
  changed(): void {
    this.onInput?.(undefined);
  }

  take(): Taken {
    const { board, lab } = this.#options;
    const { clock } = lab;
    return {
      t: clock.now(),
      offset: clock.offset,
      board: board.snapshot(),
      lab: saveParts(this.#parts),
    };
  }

  goTo(moment: Moment): void {
    const { board, lab, make } = this.#options;
    const { t, offset, board: state, lab: parts } = moment as Taken;
    for (const name of Object.keys(parts)) {
      if (!this.#parts.some((part) => part.name === name)) make(name);
    }
    lab.clock.set({ t, offset });
    board.restore(state);
    loadParts(this.#parts.filter(({ name }) => name in parts), parts);
  }

  runTo(t: number): void {
    const { board, offset } = this.#options.lab.clock;
    board.runTo(t - offset);
  }

  give(input: Data): void {
    const [name, value] = input as readonly [string, Data];
    const take = this.#options.way(name);
    if (!take) throw new SnapshotError(`there is no "${name}" here that something comes in by`);
    take(value);
  }

  encode(moment: Moment, keep: (bytes: Uint8Array) => number): Data {
    const { t, offset, board, lab } = moment as Taken;
    const stored = (prefix: string, parts: PartStates) =>
      Object.entries(parts).map(([name, state]) =>
        [name, keep(this.#stored(`${prefix} ${name}`, state))] as const
      );
    const encoded: Encoded = {
      ...{ version: VERSION, t, offset, boardT: board.t },
      board: stored("board", board.parts),
      lab: stored("lab", lab),
      memory: [...board.memory.held()].map(([page, bytes]) => [page, keep(bytes)] as const),
    };
    return encoded as unknown as Data;
  }

  decode(data: Data, kept: (number: number) => Uint8Array): Moment {
    const { version, t, offset, boardT, board, lab, memory } = data as unknown as Encoded;
    if (version !== VERSION) {
      throw new SnapshotError(`it is of version ${version}, and version ${VERSION} is read here`);
    }
    const parts = (stored: Encoded["board"]): PartStates =>
      Object.fromEntries(stored.map(([name, state]) => [name, parsed(kept(state))]));
    const pages = MemorySnapshot.of(memory.map(([page, bytes]) => [page, kept(bytes)] as const));
    const taken: Taken = {
      ...{ t, offset, lab: parts(lab) },
      board: { version: 1, t: boardT, parts: parts(board), memory: pages },
    };
    return taken;
  }

  get #parts(): Part[] {
    return [...this.#options.lab.parts, ...this.#options.others ?? []];
  }

  #stored(name: string, state: PartState): Uint8Array {
    const text = JSON.stringify(state);
    const known = this.#texts.get(name);
    if (known?.text === text) return known.bytes;
    const bytes = new TextEncoder().encode(text);
    this.#texts.set(name, { text, bytes });
    return bytes;
  }
}

function parsed(bytes: Uint8Array): PartState {
  return JSON.parse(new TextDecoder().decode(bytes));
}
