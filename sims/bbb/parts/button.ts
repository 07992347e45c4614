/** A push button: a contact to one level, that may bounce, against a resistor to the other. */
import type { Json } from "hil/trace/mod.ts";
import type { EngineTimer, Level, Part, VirtualClock, Wire, WireDriver } from "sims/engine/mod.ts";

export interface ButtonOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly wire: Wire;
  /** The level while it is pressed, and the resistor's is the other one; default 1. */
  readonly active?: Level;
  /**
   * Nanoseconds after an edge, rising, at which the contact opens or closes again; so many that it
   * ends as the edge has it: an even number. Default: none.
   */
  readonly bounces?: readonly number[];
}

export class Button implements Part {
  readonly name: string;
  readonly version = 1;
  readonly #driver: WireDriver;
  readonly #clock: VirtualClock;
  readonly #active: Level;
  readonly #bounces: readonly number[];
  readonly #contactTimer: EngineTimer;
  readonly #releaseTimer: EngineTimer;
  #pressed = false;
  /** Of the last edge, and how many of its bounces are over. */
  #edgeAt = 0;
  #bounced: number;
  #releaseAt: number | undefined;

  constructor({ name, clock, wire, active = 1, bounces = [] }: ButtonOptions) {
    if (bounces.length % 2 !== 0 || bounces.some((t, i) => t <= (bounces[i - 1] ?? 0))) {
      throw new RangeError(
        `Cannot bounce button "${name}" at "${bounces}" ns: give an even number of rising times`,
      );
    }
    this.name = name;
    this.#clock = clock;
    this.#active = active;
    this.#bounces = bounces;
    this.#bounced = bounces.length;
    this.#driver = wire.driver(name);
    this.#contactTimer = clock.timer(`${name} contact`, () => {
      this.#bounced++;
      this.settle();
    });
    this.#releaseTimer = clock.timer(`${name} release`, () => this.release());
    this.settle();
  }

  get pressed(): boolean {
    return this.#pressed;
  }

  /** Pressed from now on, and for `holdNs` where that is given. */
  press(holdNs?: number): void {
    this.#releaseAt = holdNs === undefined ? undefined : this.#clock.now() + holdNs;
    this.#edge(true);
  }

  release(): void {
    this.#releaseAt = undefined;
    this.#edge(false);
  }

  #edge(pressed: boolean): void {
    if (pressed !== this.#pressed) {
      this.#pressed = pressed;
      this.#edgeAt = this.#clock.now();
      this.#bounced = 0;
    }
    this.settle();
  }

  settle(): void {
    this.#set(this.#contactTimer, this.#nextBounce);
    this.#set(this.#releaseTimer, this.#releaseAt);
    const closed = this.#pressed === (this.#bounced % 2 === 0);
    this.#driver.pull(this.#active === 1 ? 0 : 1);
    this.#driver.drive(closed ? this.#active : undefined);
  }

  get #nextBounce(): number | undefined {
    const after = this.#bounces[this.#bounced];
    return after === undefined ? undefined : this.#edgeAt + after;
  }

  #set(timer: EngineTimer, t: number | undefined): void {
    if (t === undefined) timer.cancel();
    else timer.set(t);
  }

  save(): Json {
    return {
      pressed: this.#pressed,
      edgeAt: this.#edgeAt,
      bounced: this.#bounced,
      releaseAt: this.#releaseAt ?? null,
    };
  }

  load(state: Json): void {
    const { pressed, edgeAt, bounced, releaseAt } = state as {
      pressed: boolean;
      edgeAt: number;
      bounced: number;
      releaseAt: number | null;
    };
    this.#pressed = pressed;
    this.#edgeAt = edgeAt;
    this.#bounced = bounced;
    this.#releaseAt = releaseAt ?? undefined;
  }
}
