/**
 * A target's power by a switch: retries, limits, what the switch says of itself, and the time that
 * capacitors need before power comes back.
 */
import type { Power } from "../../ports/mod.ts";
import { type Duration, hostNow, ns, pause, withLimit } from "../../time/mod.ts";
import { PowerError } from "./error.ts";
import { type Outlet, type Verb, verb } from "./outlet.ts";

export interface SwitchedPowerOptions {
  /** Least time without power before it is switched on: capacitors must be empty. */
  readonly offTime: Duration;
  /** Longest that the switch may take to answer, each time. */
  readonly limit: Duration;
  /** How often more it is tried when that fails. */
  readonly retries: number;
  /** Between two tries. */
  readonly pause: Duration;
}

/**
 * `off` and `cut` are the same: a switch knows no orderly way. `reset` is off and on, which is a
 * cold start. Calls are done one after another.
 */
export class SwitchedPower implements Power {
  readonly #outlet: Outlet;
  readonly #options: SwitchedPowerOptions;
  /** Host time, in ns. Who switched it off before us, and when, is not known: count from now. */
  #offSince = hostNow();
  #last: Promise<unknown> = Promise.resolve();

  constructor(outlet: Outlet, options: SwitchedPowerOptions) {
    this.#outlet = outlet;
    this.#options = options;
  }

  get name(): string {
    return this.#outlet.name;
  }

  on(): Promise<void> {
    return this.#inTurn(() => this.#on());
  }

  off(): Promise<void> {
    return this.#inTurn(() => this.#off());
  }

  cut(): Promise<void> {
    return this.off();
  }

  reset(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#off();
      await this.#on();
    });
  }

  /** Undefined when the switch cannot be asked. */
  state(): Promise<boolean | undefined> {
    return this.#inTurn(() => this.#state());
  }

  async #on(): Promise<void> {
    if (await this.#state() === true) return;
    const leftNs = this.#offSince + this.#options.offTime.ns - hostNow();
    if (leftNs > 0) await wait(leftNs);
    await this.#switch(true);
  }

  async #off(): Promise<void> {
    await this.#switch(false);
    this.#offSince = hostNow();
  }

  async #switch(on: boolean): Promise<void> {
    await this.#tried(verb(on), async (signal) => {
      await this.#outlet.switch(on, signal);
      const is = await this.#outlet.state?.(signal);
      if (is === undefined || is === on) return;
      throw new PowerError(
        this.name,
        verb(on),
        `it took the command, but says that it is ${is ? "on" : "off"}; look at its wiring`,
      );
    });
  }

  async #state(): Promise<boolean | undefined> {
    if (!this.#outlet.state) return undefined;
    return await this.#tried("read the state of", (signal) => this.#outlet.state!(signal));
  }

  async #tried<T>(doing: Verb, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { retries, pause } = this.#options;
    for (let left = retries;; left--) {
      try {
        return await this.#limited(doing, work);
      } catch (error) {
        // What is no PowerError is our own mistake, and would be the same again.
        if (!(error instanceof PowerError) || left <= 0) throw error;
      }
      await wait(pause.ns);
    }
  }

  async #limited<T>(doing: Verb, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const { limit } = this.#options;
    return await withLimit(work(abort.signal), limit, () => {
      abort.abort();
      throw new PowerError(
        this.name,
        doing,
        `it has not answered within ${limit}; look whether it is there, or give more "limitMs"`,
      );
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {});
    return next;
  }
}

function wait(lengthNs: number): Promise<void> {
  return pause(ns(lengthNs));
}
