/** A memory card as a host controller sees it: commands, blocks of data, a busy line, power. */
import type { Part } from "sims/engine/mod.ts";
import type { CardStorage, PowerCut } from "./storage.ts";

/** What a card answers. 48 bits have one word, the 136 bits of R2 four, the highest first. */
export interface CardResponse {
  /** As it is in the response: 63 where the kind of response has none (R2, R3). */
  readonly index: number;
  readonly words: readonly number[];
  /** R3 has no checksum: one that is looked for is found wrong. */
  readonly unchecked?: true;
}

/** A block on its way to the host. */
export interface CardBlock {
  readonly bytes: Uint8Array;
  /** How long the card takes before it begins to send. */
  readonly accessNs: number;
}

/** What the card makes of a block that it was sent: the three bits of its CRC status. */
export type CrcStatus = "accepted" | "rejected";

export interface MmcCard extends Part {
  readonly storage: CardStorage;
  /** Data lines in use. */
  readonly width: 1 | 4 | 8;
  /** Held low on DAT0 until then: while it programs or erases. */
  readonly busyUntilNs: number;
  /** Undefined: there is no answer, because the card does not know the command in its state. */
  command(index: number, argument: number): CardResponse | undefined;
  /** Of the memory the block that is sent or taken next; undefined for a register, or for none. */
  readonly nextLba: number | undefined;
  /** The next block of what it was told to send; undefined when none comes. */
  send(): CardBlock | undefined;
  /**
   * A block of what it was told to take; undefined when it does not wait for one.
   *
   * @param garbled its checksum is wrong
   */
  receive(bytes: Uint8Array, options?: { readonly garbled?: boolean }): CrcStatus | undefined;
  /** Asked for each block: whether its cells are worn out, so that it cannot be read or written. */
  failing: ((lba: number, write: boolean) => boolean) | undefined;
  /** From now on the card takes so many times as long to find and to program. */
  slowness: number;
  /** Power goes and comes back: what was not durable may be lost. */
  powerCycle(cut?: PowerCut): void;
}

/** How long a card takes. */
export interface CardTimings {
  /** From a read command, or from what is not the next block, to the first bit of data. */
  readonly accessNs: number;
  /** Programs a block that was taken. */
  readonly programNs: number;
  /** Makes what was programmed durable when a command ends, and flushes. */
  readonly flushNs: number;
  /** Erases, whatever the length. */
  readonly eraseNs: number;
}
