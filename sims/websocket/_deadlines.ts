/** When what the limits are about was or began, and what is to be done about it. */
import type { Duration } from "hil/time/mod.ts";
import type { AllLimits } from "./limits.ts";

/** What a limit that is over asks for. */
export type Due =
  | "nothing"
  | "ping"
  /** The connection is to end now. */
  | "abort"
  /** Whoever takes messages had long enough to answer the last. */
  | "answer-close"
  | { readonly close: number; readonly reason: string };

/** When what has not begun did. A number as all are: V8 then keeps them in place, with no object each. */
export const NEVER = Infinity;

/** All times in ns. Limits are kept to the interval of the ticks; asking the clock costs more. */
export class Deadlines {
  /** The time of the last tick. */
  now: number;
  heard: number;
  lastMessage: number;
  messageBegan = NEVER;
  writeBegan = NEVER;
  closeBegan = NEVER;
  pinged = NEVER;

  constructor(now: number) {
    this.now = this.heard = this.lastMessage = now;
  }

  /** The connection begins to close, unless it has. */
  close(): void {
    this.closeBegan = Math.min(this.closeBegan, this.now);
  }

  /** @param unanswered the peer's close frame is there, and ours was not sent */
  tick(now: number, limits: AllLimits, unanswered: boolean): Due {
    this.now = now;
    if (this.#over(this.closeBegan, limits.closeLimit)) {
      if (!unanswered) return "abort";
      this.closeBegan = now;
      return "answer-close";
    }
    if (this.#over(this.writeBegan, limits.writeLimit)) return "abort";
    if (this.#over(this.pinged, limits.pongLimit)) return "abort";
    if (this.closeBegan !== NEVER) return "nothing";
    if (this.#over(this.messageBegan, limits.messageLimit)) {
      return { close: 1008, reason: "a message took too long" };
    }
    if (this.#over(this.lastMessage, limits.idleLimit)) return { close: 1001, reason: "idle" };
    if (this.pinged === NEVER && this.#over(this.heard, limits.pingEvery)) {
      this.pinged = now;
      return "ping";
    }
    return "nothing";
  }

  #over(since: number, limit: Duration | undefined): boolean {
    return limit !== undefined && this.now - since > limit.ns;
  }
}
