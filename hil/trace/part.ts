/** A part of a signal: of one thread, one drive, one caller. */
import type { Clock } from "../time/mod.ts";
import type { Json } from "./event.ts";
import type { Occurrence, Signal } from "./timeline.ts";

/**
 * What a signal carries from now on whose data has these fields. A recording knows it by them.
 *
 * @example
 * ```ts ignore
 * const own = new PartOfSignal(operations, { thread: 3 });
 * await expect(own).toHappen({ kind: "blocked", within: ms(5) });
 * ```
 */
export class PartOfSignal<E extends Json> implements Signal<E> {
  readonly channel: string;
  readonly clock: Clock;
  readonly #own: Occurrence<E>[] = [];
  readonly #fields: readonly (readonly [string, Json])[];

  /** @param from position in the whole signal's occurrences; default: those to come */
  constructor(
    private readonly whole: Signal<E>,
    readonly only: Readonly<Record<string, Json>>,
    private from: number = whole.occurrences.length,
  ) {
    this.channel = whole.channel;
    this.clock = whole.clock;
    this.#fields = Object.entries(only);
  }

  /** Those who are woken by one find it there. */
  get occurrences(): readonly Occurrence<E>[] {
    const { occurrences } = this.whole;
    for (; this.from < occurrences.length; this.from++) {
      const one = occurrences[this.from]!;
      const data = one.data as Readonly<Record<string, Json>>;
      if (this.#fields.every(([key, value]) => data?.[key] === value)) this.#own.push(one);
    }
    return this.#own;
  }
}
