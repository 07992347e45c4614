/** A bad line as a model: when what is put into it comes out (tc-netem(8) has the same words). */
import { ms, type Random } from "../../time/mod.ts";
import type { Impairment } from "./options.ts";

const NOTHING = ms(0);

export class LineModel {
  /** When what was put in before has left the sender. */
  #freeNs = 0;

  constructor(private readonly impairment: Impairment, private readonly random: Random) {}

  /**
   * When a frame of `bytes`, put in now, comes out, in nanoseconds: twice, once or not at all. Not
   * always behind those before it.
   */
  pass(nowNs: number, bytes: number): number[] {
    const { loss = 0, duplicate = 0, reorder = 0, rateBitsPerS } = this.impairment;
    // One chance for each, whatever came before: the same frames meet the same fate again.
    const [lost, twice, overtakes] = [loss, duplicate, reorder].map((share) => this.#is(share));
    const delays = [this.#delayNs(), this.#delayNs()] as const;
    if (lost) return [];
    let out = nowNs;
    if (rateBitsPerS) {
      out = this.#freeNs = Math.max(nowNs, this.#freeNs) + bytes * 8e9 / rateBitsPerS;
    }
    const times = [overtakes ? out : out + delays[0]];
    if (twice) times.push(out + delays[1]);
    return times;
  }

  #is(share: number): boolean {
    return this.random.next() / 2 ** 32 < share;
  }

  #delayNs(): number {
    const { delay = NOTHING, jitter = NOTHING } = this.impairment;
    const factor = this.random.next() / 2 ** 31 - 1;
    return Math.max(0, delay.ns + factor * jitter.ns);
  }
}
