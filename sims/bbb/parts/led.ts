/** A light-emitting diode on a pin: what one sees of it. Its state is its wire's. */
import type { Level, Wire } from "sims/engine/mod.ts";

export interface LedOptions {
  readonly name: string;
  readonly wire: Wire;
  /** The level at which it shines; default 1, as USR0 to USR3. */
  readonly active?: Level;
}

export class Led {
  readonly name: string;
  readonly #wire: Wire;
  readonly #active: Level;

  constructor({ name, wire, active = 1 }: LedOptions) {
    this.name = name;
    this.#wire = wire;
    this.#active = active;
  }

  get lit(): boolean {
    return this.#wire.level === this.#active;
  }

  /** Called after it has gone on or off. */
  listen(listener: (lit: boolean) => void): void {
    this.#wire.listen(() => listener(this.lit));
  }
}
