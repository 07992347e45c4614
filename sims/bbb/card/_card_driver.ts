/** A host for tests of cards: commands and blocks without a controller between. */
import assert from "node:assert/strict";
import { VirtualClock } from "sims/engine/mod.ts";
import type { MmcCard } from "./card.ts";
import { STATUS, type StatusBit } from "./status.ts";
import { STATES } from "./status.ts";

export class CardDriver<Card extends MmcCard> {
  readonly clock = new VirtualClock("card");
  readonly card: Card;

  constructor(make: (clock: VirtualClock) => Card) {
    this.card = make(this.clock);
  }

  /** The first word of the response; undefined when there is none. */
  send(index: number, argument = 0): number | undefined {
    return this.card.command(index, argument)?.words[0];
  }

  /** As bytes: what R2 is made of. */
  register(index: number, argument: number): Uint8Array {
    const words = this.card.command(index, argument)!.words;
    assert.equal(words.length, 4);
    const bytes = new Uint8Array(16);
    for (const [n, word] of words.entries()) new DataView(bytes.buffer).setUint32(4 * n, word);
    return bytes;
  }

  block(): Uint8Array {
    return this.card.send()!.bytes;
  }

  wait(ns: number): void {
    this.clock.runTo(this.clock.now() + ns);
  }

  ready(): void {
    this.clock.runTo(Math.max(this.clock.now(), this.card.busyUntilNs));
  }
}

/** "tran: ADDRESS_OUT_OF_RANGE": state and errors that an R1 tells. */
export function told(status: number | undefined): string {
  if (status === undefined) return "silence";
  const bits = (Object.keys(STATUS) as StatusBit[]).filter((bit) => status >>> STATUS[bit] & 1);
  return [STATES[status >>> 9 & 0xf], ...bits].join(" ");
}
