/**
 * A wire: an interrupt line, a GPIO pin and a chip select are the same thing. Several may drive it;
 * who does not drive leaves it to the others and to the pull resistor.
 */
import type { Json } from "hil/trace/mod.ts";
import type { Part } from "./snapshot.ts";

export type Level = 0 | 1;
/** What a driver does to a wire; undefined is high impedance. */
export type Drive = Level | undefined;
/** Called after the level has changed. */
export type WireListener = (level: Level) => void;

/** One output on a wire. */
export interface WireDriver {
  readonly wire: Wire;
  readonly drives: Drive;
  drive(level: Drive): void;
  /** A resistor that it can switch on: counts where nobody drives. */
  pull(level: Drive): void;
}

export class Wire implements Part {
  readonly version = 1;
  readonly #drivers = new Map<string, Drive>();
  readonly #pulls = new Map<string, Drive>();
  readonly #listeners: WireListener[] = [];
  #level: Level;

  /** @param options.pull a resistor on the board; a wire that nobody drives or pulls is low */
  constructor(readonly name: string, options: { readonly pull?: Level } = {}) {
    if (options.pull !== undefined) this.#pulls.set("", options.pull);
    this.#level = options.pull ?? 0;
  }

  /**
   * When one drives it low and another one high, low wins, and {@link contended} is true. So it is
   * among resistors.
   */
  get level(): Level {
    return this.#level;
  }

  /** Two outputs work against each other: on a real board something gets hot. */
  get contended(): boolean {
    const drives = [...this.#drivers.values()];
    return drives.includes(0) && drives.includes(1);
  }

  /** @throws RangeError when it has a driver of that name */
  driver(name: string): WireDriver {
    if (this.#drivers.has(name)) {
      throw new RangeError(`Cannot drive wire "${this.name}" as "${name}": somebody does already`);
    }
    this.#drivers.set(name, undefined);
    const drivers = this.#drivers;
    return {
      wire: this,
      get drives() {
        return drivers.get(name);
      },
      drive: (level) => {
        if (drivers.get(name) === level) return;
        drivers.set(name, level);
        this.#resolve();
      },
      pull: (level) => {
        this.#pulls.set(name, level);
        this.#resolve();
      },
    };
  }

  listen(listener: WireListener): void {
    this.#listeners.push(listener);
  }

  save(): Json {
    return { drivers: levels(this.#drivers), pulls: levels(this.#pulls) };
  }

  load(state: Json): void {
    const { drivers, pulls } = state as Record<string, Record<string, Level | null>>;
    for (const name of this.#drivers.keys()) {
      this.#drivers.set(name, drivers![name] ?? undefined);
      this.#pulls.set(name, pulls![name] ?? undefined);
    }
    this.#level = this.#resolved();
  }

  #resolved(): Level {
    return lowest(this.#drivers) ?? lowest(this.#pulls) ?? 0;
  }

  #resolve(): void {
    const level = this.#resolved();
    if (level === this.#level) return;
    this.#level = level;
    for (const listener of this.#listeners) listener(level);
  }
}

function levels(of: ReadonlyMap<string, Drive>): Record<string, Level> {
  const set = [...of].filter((entry): entry is [string, Level] => entry[1] !== undefined);
  return Object.fromEntries(set);
}

/** 0 if there is one, else 1 if there is one. */
function lowest(of: ReadonlyMap<string, Drive>): Drive {
  let high = false;
  for (const drive of of.values()) {
    if (drive === 0) return 0;
    high ||= drive === 1;
  }
  return high ? 1 : undefined;
}
