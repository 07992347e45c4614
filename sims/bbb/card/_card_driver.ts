/** A host for tests of cards: commands and blocks without a controller between. */
import assert from "node:assert/strict";
import { type Random, VirtualClock } from "sims/engine/mod.ts";
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

export const filled = (byte: number) => new Uint8Array(512).fill(byte);

/** 200 random commands and blocks; a copy that is restored in their midst does the same from there. */
export function goesOnAlike<Card extends MmcCard>(
  driver: CardDriver<Card>,
  options: {
    /** A card of the same kind, as new. */
    readonly copy: () => CardDriver<Card>;
    readonly random: Random;
    readonly indices: readonly number[];
    /** Arguments that mean something; the rest is by chance, one in `known`. */
    readonly values: readonly number[];
    readonly known: number;
    /** Longest between two. */
    readonly pauseNs: number;
    /** For messages. */
    readonly run: number;
  },
): void {
  const { copy, random, indices, values, known, pauseNs, run } = options;
  let other: CardDriver<Card> | undefined;
  for (let step = 0; step < 200; step++) {
    const index = indices[random.below(indices.length)]!;
    const argument = random.below(known) ? values[random.below(values.length)]! : random.next();
    const pause = random.below(3) ? 0 : random.below(pauseNs);
    const data = filled(random.below(256)), choice = random.below(8);
    if (choice === 7 && step > 100 && !other) {
      other = copy();
      other.clock.restore(driver.clock.now());
      other.card.load(structuredClone(driver.card.save()));
    }
    const act = (on: CardDriver<Card>) => {
      on.wait(pause);
      if (choice < 5) return on.card.command(index, argument);
      return choice === 5 ? on.card.send() : on.card.receive(data);
    };
    const did = act(driver);
    if (other) assert.deepEqual(act(other), did, `run ${run}, step ${step}`);
  }
  if (other) assert.deepEqual(other.card.save(), driver.card.save());
}
