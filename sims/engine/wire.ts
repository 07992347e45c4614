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

/** Who is at a wire, and what it does there. */
interface Slot {
  readonly name: string;
  drives: Drive;
  pulls: Drive;
}

export class Wire implements Part {
  readonly version = 1;
  readonly #slots: Slot[] = [];
  readonly #listeners: WireListener[] = [];
  readonly #pull: Drive;
  #level: Level;

  /** @param options.pull a resistor on the board; a wire that nobody drives or pulls is low */
  constructor(readonly name: string, options: { readonly pull?: Level } = {}) {
    this.#pull = options.pull;
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
    return [0, 1].every((level) => this.#slots.some(({ drives }) => drives === level));
  }

  /** @throws RangeError when it has a driver of that name */
  driver(name: string): WireDriver {
    if (this.#slots.some((slot) => slot.name === name)) {
      throw new RangeError(`Cannot drive wire "${this.name}" as "${name}": somebody does already`);
    }
    const slot: Slot = { name, drives: undefined, pulls: undefined };
    this.#slots.push(slot);
    return {
      wire: this,
      get drives() {
        return slot.drives;
      },
      drive: (level) => {
        if (slot.drives === level) return;
        slot.drives = level;
        this.#resolve();
      },
      pull: (level) => {
        if (slot.pulls === level) return;
        slot.pulls = level;
        this.#resolve();
      },
    };
  }

  listen(listener: WireListener): void {
    this.#listeners.push(listener);
  }

  save(): Json {
    // Who does nothing is not told of: it is the same when nobody is there yet.
    const busy = this.#slots.filter(({ drives, pulls }) =>
      drives !== undefined || pulls !== undefined
    );
    const states = busy.map(({ name, drives, pulls }) =>
      [name, { drives: drives ?? null, pulls: pulls ?? null }] as const
    );
    return Object.fromEntries(states);
  }

  load(state: Json): void {
    const saved = state as Record<string, { drives: Level | null; pulls: Level | null }>;
    for (const slot of this.#slots) {
      slot.drives = saved[slot.name]?.drives ?? undefined;
      slot.pulls = saved[slot.name]?.pulls ?? undefined;
    }
    this.#level = this.#resolved();
  }

  #resolved(): Level {
    let drives: Drive;
    let pulls = this.#pull;
    for (const slot of this.#slots) {
      if (slot.drives === 0) return 0;
      drives ??= slot.drives;
      pulls = slot.pulls === 0 ? 0 : pulls ?? slot.pulls;
    }
    return drives ?? pulls ?? 0;
  }

  #resolve(): void {
    const level = this.#resolved();
    if (level === this.#level) return;
    this.#level = level;
    for (const listener of this.#listeners) listener(level);
  }
}
