/** The cache's entries and the seam behind which they are kept; the author's list is an array. */
import { type BlockAddress, Flag } from "../port.ts";
import { DWORDS } from "../geometry.ts";
import { channelOf } from "./driver.ts";

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
  /** Which of all fillings of the cache made it WRITE_PENDING, and when, in nanoseconds. */
  filling: number;
  filled: number;
  readonly buffer: Uint32Array;
}

/** Where entries are kept and found. */
export interface BlockList {
  /** Most entries, and how many there are by now, free ones too. */
  readonly limit: number;
  readonly length: number;
  /** Free ones too. */
  [Symbol.iterator](): Iterator<Slot>;
  find(at: BlockAddress): Slot | undefined;
  /** An entry for the block, which is valid: a free one, or the oldest idle one, purged. */
  make(at: BlockAddress, onPurge: () => void): Slot | undefined;
  /** Frees it. */
  drop(slot: Slot): void;
  /** Something in it has changed that the answers below, find or make depend on. */
  changed(slot: Slot): void;

  /** The first of the channel that is pending in that way ({@link isPending}). */
  first(channel: number, flag: number): Slot | undefined;
  /** The next one that is pending at `lba` or above; the next one below it. */
  above(at: BlockAddress, flag: number): Slot | undefined;
  below(at: BlockAddress, flag: number): Slot | undefined;
  /** The pending write of the channel that was filled before all others. */
  oldestWrite(channel: number): Slot | undefined;
}

/** The author's list: an array of fixed size, searched from its beginning. */
export class FixedArray implements BlockList {
  readonly #slots: readonly Slot[];

  readonly length: number;

  constructor(readonly limit: number) {
    this.length = limit;
    this.#slots = Array.from({ length: limit }, (_, index) => emptySlot(index));
  }

  [Symbol.iterator](): Iterator<Slot> {
    return this.#slots.values();
  }

  find({ drive, lba }: BlockAddress): Slot | undefined {
    return this.#slots.find((slot) =>
      slot.flags & Flag.BLOCK_VALID && slot.drive === drive && slot.lba === lba
    );
  }

  make(at: BlockAddress, onPurge: () => void): Slot | undefined {
    let slot = this.#slots.find(({ flags }) => flags === 0);
    if (!slot) {
      slot = this.#least(isIdle, ({ access }) => access);
      if (slot) onPurge();
    }
    return slot && renew(slot, at);
  }

  drop(slot: Slot): void {
    slot.flags = 0;
  }

  changed(_: Slot): void {} // Whoever asks looks at all of them.

  first(channel: number, flag: number): Slot | undefined {
    return this.#slots.find((slot) => channelOf(slot.drive) === channel && isPending(slot, flag));
  }

  above({ drive, lba }: BlockAddress, flag: number): Slot | undefined {
    const wanted = (slot: Slot) => slot.drive === drive && slot.lba >= lba && isPending(slot, flag);
    return this.#least(wanted, (slot) => slot.lba);
  }

  below({ drive, lba }: BlockAddress, flag: number): Slot | undefined {
    const wanted = (slot: Slot) => slot.drive === drive && slot.lba < lba && isPending(slot, flag);
    return this.#least(wanted, (slot) => -slot.lba);
  }

  oldestWrite(channel: number): Slot | undefined {
    const wanted = (slot: Slot) =>
      channelOf(slot.drive) === channel && isPending(slot, Flag.WRITE_PENDING);
    return this.#least(wanted, ({ filling }) => filling);
  }

  #least(wanted: (slot: Slot) => boolean, key: (slot: Slot) => number): Slot | undefined {
    let least: Slot | undefined;
    for (const slot of this.#slots) {
      if (wanted(slot) && (!least || key(slot) < key(least))) least = slot;
    }
    return least;
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

/** Makes it the entry of another block: valid, and nothing else. */
export function renew<Kind extends Slot>(slot: Kind, { drive, lba }: BlockAddress): Kind {
  slot.drive = drive;
  slot.lba = lba;
  slot.flags = Flag.BLOCK_VALID;
  slot.access =
    slot.users =
    slot.filling =
    slot.filled =
      0;
  slot.reading = { over: true };
  slot.writing = { over: true };
  return slot;
}

export function emptySlot(index: number): Slot {
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
    filling: 0,
    filled: 0,
    buffer: new Uint32Array(DWORDS),
  };
}
