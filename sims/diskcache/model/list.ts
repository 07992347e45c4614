/** The cache's entries and the seam behind which they are kept: a fixed-size array for now. */
import { type BlockAddress, Flag } from "../port.ts";
import { DWORDS } from "../geometry.ts";

/** How a disk request for an entry ended; shared by all who wait for it. */
export interface Outcome {
  over: boolean;
  error?: string;
}

export interface Slot {
  readonly index: number;
  drive: number;
  lba: number;
  /** A bit set of {@link Flag}. */
  flags: number;
  /** Time of last access, in cache operations. */
  access: number;
  /** Threads that copy the block out or are about to: IN_USE while there are any. */
  users: number;
  /** A request for it is at the drive. */
  atDrive: boolean;
  /** Of the read that fills it. */
  reading: Outcome;
  /** Of the write that it waits for; `error`: the last try failed, nobody has asked for another. */
  writing: Outcome;
  readonly buffer: Uint32Array;
}

/** Where entries are kept and found. */
export interface BlockList {
  readonly length: number;
  /** In list order, free ones too. */
  [Symbol.iterator](): Iterator<Slot>;
  find(at: BlockAddress): Slot | undefined;
  /** One that is free, or made free by purging the oldest idle one. */
  take(onPurge: (slot: Slot) => void): Slot | undefined;
}

/** The author's list: an array of fixed size, searched from its beginning. */
export class FixedArray implements BlockList {
  readonly #slots: readonly Slot[];

  constructor(readonly length: number) {
    this.#slots = Array.from({ length }, (_, index) => emptySlot(index));
  }

  [Symbol.iterator](): Iterator<Slot> {
    return this.#slots.values();
  }

  find({ drive, lba }: BlockAddress): Slot | undefined {
    return this.#slots.find((slot) =>
      slot.flags & Flag.BLOCK_VALID && slot.drive === drive && slot.lba === lba
    );
  }

  take(onPurge: (slot: Slot) => void): Slot | undefined {
    const free = this.#slots.find((slot) => slot.flags === 0);
    if (free) return free;
    const oldest = this.#slots.filter(isIdle)
      .reduce<Slot | undefined>((a, b) => a && a.access <= b.access ? a : b, undefined);
    if (oldest) {
      onPurge(oldest);
      oldest.flags = 0;
    }
    return oldest;
  }
}

/** Nothing but valid: it may be purged. */
export function isIdle(slot: Slot): boolean {
  return slot.flags === Flag.BLOCK_VALID;
}

/** Waits for the disk in one of the two ways, and the disk may have it. */
export function isPending(slot: Slot, flag: number): boolean {
  if (!(slot.flags & flag) || slot.flags & Flag.FILL_PENDING || slot.atDrive) return false;
  return !(flag === Flag.WRITE_PENDING && slot.writing.error);
}

function emptySlot(index: number): Slot {
  return {
    index,
    drive: 0,
    lba: 0,
    flags: 0,
    access: 0,
    users: 0,
    atDrive: false,
    reading: { over: true },
    writing: { over: true },
    buffer: new Uint32Array(DWORDS),
  };
}
