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
}

export class Wire implements Part {
  readonly version = 1;
  readonly #drivers = new Map<string, Drive>();
  readonly #listeners: WireListener[] = [];
  #level: Level;

  /** @param options.pull the level when nobody drives it; default 0 */
  constructor(readonly name: string, private readonly options: { readonly pull?: Level } = {}) {
    this.#level = options.pull ?? 0;
  }

  /** When one drives it low and another one high, low wins, and {@link contended} is true. */
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
    };
  }

  listen(listener: WireListener): void {
    this.#listeners.push(listener);
  }

  save(): Json {
    return Object.fromEntries([...this.#drivers].map(([name, drive]) => [name, drive ?? null]));
  }

  load(state: Json): void {
    const saved = state as Record<string, Level | null>;
    for (const name of this.#drivers.keys()) this.#drivers.set(name, saved[name] ?? undefined);
    this.#level = this.#resolved();
  }

  #resolved(): Level {
    let high = false;
    for (const drive of this.#drivers.values()) {
      if (drive === 0) return 0;
      high ||= drive === 1;
    }
    return high ? 1 : this.options.pull ?? 0;
  }

  #resolve(): void {
    const level = this.#resolved();
    if (level === this.#level) return;
    this.#level = level;
    for (const listener of this.#listeners) listener(level);
  }
}
