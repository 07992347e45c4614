/**
 * The cache's algorithm as its author describes it (shared facts: diskcache.md): entries with
 * flags, reads that block until the disk interrupt, writes that stay in memory, `scheduleIo` at
 * the end of a disk interrupt and when an entry becomes pending, purge of the oldest idle entry.
 */
import { DWORDS } from "../geometry.ts";
import type { BlockAddress, BlockContents } from "../port.ts";
import { Flag } from "../port.ts";
import { channelOf, CHANNELS, type Driver } from "./driver.ts";
import type { IoScheduler } from "./io_scheduler.ts";
import { type BlockList, type Outcome, type Slot } from "./list.ts";
import { OperationError, Queue, type Steps } from "./threads.ts";

/** Waits where a test told a thread to: "fill", "drain". */
export type Pause = (why: string) => Steps<void>;

/** A block is copied in pieces, with a place for preemption after each. */
const PIECE = DWORDS / 4;

/** What an operation has waited for already. */
interface Patience {
  room: boolean;
  write: boolean;
}

interface Flush extends Outcome {
  readonly drive: number;
}

export interface CacheParts {
  readonly list: BlockList;
  readonly scheduler: IoScheduler;
  readonly driver: Driver;
  /** How many there are. */
  readonly drives: number;
  /** Nanoseconds since some moment. */
  readonly now: () => number;
}

export class Cache {
  readonly list: BlockList;
  readonly #scheduler: IoScheduler;
  readonly #driver: Driver;
  readonly #now: () => number;
  readonly statistics = {
    hits: 0,
    misses: 0,
    joined: 0,
    reads: 0,
    writes: 0,
    flushes: 0,
    evictions: 0,
    waits_update: 0,
    waits_room: 0,
  };
  /** Something that a thread may wait for has changed. */
  readonly #changed = new Queue();
  readonly #flushes: Flush[] = [];
  /** Writes that each drive has done, and how many of them a flush has covered. */
  readonly #written: number[];
  readonly #flushed: number[];
  #accesses = 0;
  #fillings = 0;

  constructor({ list, scheduler, driver, drives, now }: CacheParts) {
    this.list = list;
    this.#scheduler = scheduler;
    this.#driver = driver;
    this.#now = now;
    this.#written = new Array(drives).fill(0);
    this.#flushed = new Array(drives).fill(0);
  }

  *read(at: BlockAddress, pause?: Pause): Steps<BlockContents> {
    const slot = yield* this.#claimForReading(at);
    yield;
    const { buffer } = slot;
    // Of the copy only this is kept: exploring makes too many to have memory for each.
    const stamp = buffer[0]!;
    let whole = true;
    yield* this.#inPieces((from, to) => {
      for (let i = from; i < to; i++) if (buffer[i] !== stamp) whole = false;
    }, () => pause?.("drain"));
    slot.users--;
    if (slot.users === 0) slot.flags &= ~Flag.IN_USE;
    this.list.changed(slot);
    this.#changed.wakeAll();
    return { stamp, whole };
  }

  *write(at: BlockAddress, stamp: number, pause?: Pause): Steps<void> {
    const slot = yield* this.#claimForWriting(at);
    slot.access = ++this.#accesses;
    if (pause) yield* pause("fill");
    yield* this.#inPieces((from, to) => void slot.buffer.fill(stamp, from, to));
    slot.flags = Flag.BLOCK_VALID | Flag.WRITE_PENDING;
    slot.writing = { over: false };
    slot.filling = ++this.#fillings;
    slot.filled = this.#now();
    this.list.changed(slot);
    this.#changed.wakeAll();
    this.scheduleIo(channelOf(at.drive));
  }

  /** Writes what is dirty now, then flushes the drives that were written since their last flush. */
  *sync(drives: readonly number[]): Steps<void> {
    const dirty = [...this.list].filter((slot) =>
      slot.flags & Flag.WRITE_PENDING && drives.includes(slot.drive)
    );
    const writes = dirty.map((slot) => slot.writing);
    this.#retry(dirty);
    let error = yield* this.#outcomes(writes);
    const flushes = drives.filter((drive) => this.#written[drive]! > this.#flushed[drive]!)
      .map((drive): Flush => ({ drive, over: false }));
    this.#flushes.push(...flushes);
    for (let channel = 0; channel < CHANNELS; channel++) this.scheduleIo(channel);
    error = (yield* this.#outcomes(flushes)) ?? error;
    if (error) throw new OperationError(error);
  }

  /** Gives an idle channel its next request: reads first, then flushes, then writes. */
  scheduleIo(channel: number): void {
    if (!this.#driver.isIdle(channel)) return;
    const overdue = this.#scheduler.overdue(this.list, channel);
    if (overdue) return this.#startWrite(overdue);
    const toRead = this.#scheduler.next(this.list, channel, Flag.READ_PENDING);
    if (toRead) return this.#startRead(toRead);
    const flush = this.#flushes.findIndex(({ drive }) => channelOf(drive) === channel);
    if (flush >= 0) return this.#startFlush(this.#flushes.splice(flush, 1)[0]!);
    const toWrite = this.#scheduler.next(this.list, channel, Flag.WRITE_PENDING);
    if (toWrite) this.#startWrite(toWrite);
  }

  /** Gives the entry with the block in it, in use by the caller. */
  *#claimForReading(at: BlockAddress): Steps<Slot> {
    const patience = { room: false, write: false };
    for (;;) {
      const slot = this.list.find(at);
      // Neither readable nor flushable until its writer has filled it.
      if (slot && slot.flags & Flag.FILL_PENDING) {
        yield this.#sleep("read");
        continue;
      }
      const entry = slot ?? this.#make(at, Flag.READ_PENDING);
      if (!entry) {
        yield* this.#waitForRoom(patience);
        continue;
      }
      this.#count(slot);
      entry.users++;
      entry.flags |= Flag.IN_USE;
      entry.access = ++this.#accesses;
      this.list.changed(entry);
      if (!slot) this.scheduleIo(channelOf(at.drive));
      const { reading } = entry;
      while (!reading.over) yield this.#sleep("read");
      if (reading.error) throw new OperationError(reading.error);
      return entry;
    }
  }

  #count(slot: Slot | undefined): void {
    if (!slot) this.statistics.misses++;
    else if (slot.flags & Flag.READ_PENDING) this.statistics.joined++;
    else this.statistics.hits++;
  }

  /** Gives an entry for the block that nobody reads, writes or flushes: the caller fills it. */
  *#claimForWriting(at: BlockAddress): Steps<Slot> {
    const patience = { room: false, write: false };
    for (;;) {
      const slot = this.list.find(at);
      if (!slot) {
        const made = this.#make(at, Flag.FILL_PENDING);
        if (made) return made;
        yield* this.#waitForRoom(patience);
      } else if (mayUpdate(slot)) {
        slot.flags = Flag.BLOCK_VALID | Flag.FILL_PENDING;
        this.list.changed(slot);
        return slot;
      } else yield* this.#waitForUpdate(slot, patience);
    }
  }

  /** A new entry, made without a place for preemption: two equal reads make one. */
  #make(at: BlockAddress, flag: number): Slot | undefined {
    const slot = this.list.make(at, () => this.statistics.evictions++);
    if (!slot) return undefined;
    slot.flags |= flag;
    slot.reading.over = flag !== Flag.READ_PENDING;
    this.list.changed(slot);
    return slot;
  }

  /**
   * Until something changed. What could not be written is tried again, once for each who waits:
   * then the operation fails rather than waits for ever.
   */
  *#waitForRoom(patience: Patience): Steps<void> {
    const stuck = [...this.list].filter((slot) => slot.writing.error);
    if (!patience.room) {
      this.statistics.waits_room++;
      this.#retry(stuck);
    } else if (stuck.length === this.list.length) {
      throw new OperationError(stuck[0]!.writing.error!);
    }
    patience.room = true;
    yield this.#sleep("room");
  }

  *#waitForUpdate(slot: Slot, patience: Patience): Steps<void> {
    if (!patience.write) this.statistics.waits_update++;
    if (slot.writing.error) {
      if (patience.write) throw new OperationError(slot.writing.error);
      this.#retry([slot]);
    }
    patience.write = true;
    yield this.#sleep("update");
  }

  #sleep(why: string) {
    return { queue: this.#changed, why, kind: "blocked" } as const;
  }

  #retry(slots: readonly Slot[]): void {
    for (const slot of slots.filter(({ writing }) => writing.error)) {
      delete slot.writing.error;
      this.list.changed(slot);
    }
    for (let channel = 0; channel < CHANNELS; channel++) this.scheduleIo(channel);
  }

  /** Waits for all; the first error. */
  *#outcomes(outcomes: readonly Outcome[]): Steps<string | undefined> {
    while (outcomes.some(({ over, error }) => !over && !error)) yield this.#sleep("sync");
    return outcomes.find(({ error }) => error)?.error;
  }

  *#inPieces(
    copy: (from: number, to: number) => void,
    partWay?: () => Steps<void> | undefined,
  ): Steps<void> {
    for (let at = 0; at < DWORDS; at += PIECE) {
      copy(at, at + PIECE);
      const pause = at === PIECE ? partWay?.() : undefined;
      if (pause) yield* pause;
      yield;
    }
  }

  #startRead(slot: Slot): void {
    this.statistics.reads++;
    slot.atDrive = true;
    this.list.changed(slot);
    const request = { operation: "read", lba: slot.lba, buffer: slot.buffer } as const;
    this.#driver.submit(slot.drive, request, (error) => {
      slot.atDrive = false;
      slot.reading.over = true;
      slot.flags &= ~Flag.READ_PENDING;
      this.list.changed(slot);
      if (error) {
        slot.reading.error = error;
        this.list.drop(slot);
      }
      this.#changed.wakeAll();
    });
  }

  #startWrite(slot: Slot): void {
    this.statistics.writes++;
    slot.atDrive = true;
    this.list.changed(slot);
    const request = { operation: "write", lba: slot.lba, buffer: slot.buffer } as const;
    this.#driver.submit(slot.drive, request, (error) => {
      slot.atDrive = false;
      if (error) slot.writing.error = error;
      else {
        slot.writing.over = true;
        slot.flags &= ~Flag.WRITE_PENDING;
        this.#written[slot.drive]!++;
      }
      this.list.changed(slot);
      this.#changed.wakeAll();
    });
  }

  #startFlush(flush: Flush): void {
    this.statistics.flushes++;
    const covers = this.#written[flush.drive]!;
    this.#driver.submit(flush.drive, { operation: "flush", lba: 0 }, (error) => {
      flush.over = true;
      if (error) flush.error = error;
      else this.#flushed[flush.drive] = Math.max(covers, this.#flushed[flush.drive]!);
      this.#changed.wakeAll();
    });
  }
}

/** Nobody copies it out, fills it, or waits for the disk to have or give it. */
function mayUpdate(slot: Slot): boolean {
  return slot.flags === Flag.BLOCK_VALID;
}
