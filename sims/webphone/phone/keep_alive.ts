/**
 * Finds out that a connection is dead though nobody has said so: asks now and then, and any answer
 * in time will do. It also keeps proxies and NAT from forgetting the connection.
 */
import { seconds, timer } from "hil/time/mod.ts";

/** An answer is due before the next question, and by then at the latest. */
const LONGEST_S = 8;

export interface KeepAliveOptions {
  /** 0: it never asks. */
  readonly everyS: number;
  /** Sends a question. */
  ask(answered: () => void): void;
  /** No answer came. */
  dead(): void;
}

export class KeepAlive {
  #cancel = () => {};

  constructor(readonly options: KeepAliveOptions) {}

  /** Of a connection that is open now. */
  start(): void {
    const { everyS, ask, dead } = this.options;
    this.stop();
    if (everyS <= 0) return;
    this.#cancel = timer(seconds(everyS), () => {
      const cancelLimit = timer(seconds(Math.min(everyS, LONGEST_S)), dead);
      this.#cancel = cancelLimit;
      ask(() => {
        // An answer to a question of an earlier connection says nothing of this one.
        if (this.#cancel === cancelLimit) this.start();
      });
    });
  }

  stop(): void {
    this.#cancel();
    this.#cancel = () => {};
  }
}
