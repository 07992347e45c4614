/**
 * Moments of a run, kept while it goes on: one an interval, and more where it takes the host long to
 * live through that, as it takes whoever comes back.
 */
import { type Clock, hostNow, ms, type Past } from "../../time/mod.ts";
import { MomentWriter, type Place } from "./moments.ts";

/** Looks an interval, and what is long to live through. */
const LOOKS = 5;
const COSTLY = ms(100);

interface KeeperOptions {
  readonly folder: string;
  readonly intervalNs: number;
  readonly clock: Clock;
  readonly past: Past;
  /** Something has changed that no input tells: a moment is due at once. */
  changed(): void;
}

/** Keeps moments, and all inputs between them. */
export class MomentKeeper {
  /** When one may be due. */
  lookNs = 0;
  #dueNs = 0;
  #keptAt = 0;
  readonly #options: KeeperOptions;
  readonly #writer: MomentWriter;
  readonly #onInput: NonNullable<Past["onInput"]>;

  constructor(options: KeeperOptions) {
    const { folder, intervalNs, clock, past, changed } = this.#options = options;
    this.#writer = new MomentWriter(folder, intervalNs);
    this.#onInput = (input) => {
      if (input !== undefined) return this.#writer.input(clock.now(), input);
      this.lookNs = this.#dueNs = clock.now();
      changed();
    };
    past.onInput = this.#onInput;
  }

  /** What comes in now is not the scenario's: gives whether nothing has, and all is as it was before. */
  watchInputs(): () => boolean {
    const { past } = this.#options;
    let none = true;
    past.onInput = () => none = false;
    return () => {
      past.onInput = this.#onInput;
      return none;
    };
  }

  keep(place: Place): void {
    const { past, clock, intervalNs } = this.#options;
    this.#writer.moment(past, place);
    this.#keptAt = hostNow();
    this.#dueNs = clock.now() + intervalNs;
    this.lookNs = clock.now() + Math.ceil(intervalNs / LOOKS);
  }

  look(now: number, place: () => Place): void {
    if (now >= this.#dueNs || hostNow() - this.#keptAt >= COSTLY.ns) return this.keep(place());
    this.lookNs = Math.min(this.#dueNs, now + Math.ceil(this.#options.intervalNs / LOOKS));
  }

  /** @param end what is kept; nothing, without it */
  close(end?: { readonly until: number; readonly complete: boolean }): void {
    this.#options.past.onInput = undefined;
    if (end) this.#writer.finish(end);
    this.#writer[Symbol.dispose]();
  }
}
