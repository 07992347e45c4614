/**
 * When edges were that a pin box tells of, on the clock of who hears it. A box that stamps what it tells
 * knows how long after the last thing it did an edge was, which is exact; of another one only when it
 * has told is known, and how long that takes as a rule.
 */
import { type Duration, seconds } from "../../time/mod.ts";
import { STAMP_WRAPS_US } from "./sysex.ts";

/** So long two clocks are taken for one, from the last thing that was done. */
const TOGETHER = seconds(1);

export class EdgeTimes {
  readonly #latencyNs: number;
  /** The last thing that the box did: when it was told, and its stamp of having done it. */
  #act = { t: 0, stampUs: undefined as number | undefined };

  constructor(latency: Duration) {
    this.#latencyNs = latency.ns;
  }

  /** The box has done what it was told at `t`: that is when its edge counts, for it was not earlier. */
  acted(t: number, stampUs: number | undefined): number {
    this.#act = { t, stampUs };
    return t;
  }

  /** When an edge was that it has told of at `t`; none is earlier than what was done before it. */
  told(t: number, stampUs: number | undefined): number {
    const { t: acted, stampUs: since } = this.#act;
    if (stampUs !== undefined && since !== undefined) {
      const afterNs = (stampUs - since + STAMP_WRAPS_US) % STAMP_WRAPS_US * 1000;
      if (afterNs <= TOGETHER.ns) return Math.min(t, acted + afterNs);
    }
    return Math.max(Math.min(t, acted), t - this.#latencyNs);
  }
}
