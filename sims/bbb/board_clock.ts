/**
 * The clock of a scenario on a simulated board. The board's own clock goes back when a snapshot is
 * restored, so that everything happens again at the very same instants; a scenario's time does not.
 */
import type { Clock, Duration } from "hil";
import type { VirtualClock } from "sims/engine/mod.ts";

export class BoardClock implements Clock {
  readonly virtual = true;
  readonly name: string;
  #offset = 0;

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
  }
}
