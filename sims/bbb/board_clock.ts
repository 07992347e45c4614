/**
 * The clock of a scenario on a simulated board. The board's own clock goes back when a snapshot is
 * restored, so that everything happens again at the very same instants; a scenario's time does not.
 */
import type { Clock, Duration } from "hil";
import type { Past } from "hil/time/mod.ts";
import type { VirtualClock } from "sims/engine/mod.ts";

export class BoardClock implements Clock {
  readonly virtual = true;
  readonly name: string;
  #offset = 0;
  #hold: { readonly t: number; readonly held: () => Promise<void> } | undefined;
  /** Set by the board. */
  past?: Past;

  constructor(readonly board: VirtualClock) {
    this.name = board.name;
  }

  now(): number {
    return this.board.now() + this.#offset;
  }

  until<T>(probe: () => T | undefined, limit: Duration): Promise<T | undefined> {
    return this.board.until(probe, limit);
  }

  /** Sets the board's clock to `t`; the scenario's stays where it is. */
  goBackTo(t: number): void {
    const now = this.now();
    this.board.restore(t);
    this.#offset = now - t;
    if (this.#hold) this.hold(this.#hold.t, this.#hold.held);
  }

  /** What the scenario's time is ahead of the board's. */
  get offset(): number {
    return this.#offset;
  }

  /** Sets both: the scenario's clock shows `t`, too, what it showed once. */
  set({ t, offset }: { readonly t: number; readonly offset: number }): void {
    this.#offset = offset;
    this.board.restore(t - offset);
  }

  hold(t: number, held: () => Promise<void>): void {
    this.#hold = { t, held };
    this.board.hold(t - this.#offset, () => {
      this.#hold = undefined;
      return held();
    });
  }
}
