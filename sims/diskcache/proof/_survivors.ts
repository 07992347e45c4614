/** One block under a power cut: what may survive, and what must, while events go by. */
import { RepeatedStamp } from "./zones.ts";

/** Of a block, with its zone. */
export interface Value {
  readonly stamp: number;
  firstEnd: number;
  /** As far as it is known at the moment of the sweep. */
  lastBegin: number;
  /** The one that was added after it. */
  next: Value | undefined;
}

export class Block {
  /** By `firstEnd`, once all are known. */
  readonly #values: Value[];
  readonly #byStamp = new Map<number, Value>();
  /** The one that was added last. */
  #added: Value;
  /** The one that was looked for last. */
  #found: Value;
  /** So many of the values are covered by a sync that returned. */
  #covered = 0;
  #newest: Value | undefined;
  #second = -Infinity;
  /** What the platter certainly has, when nothing of the drive's cache comes to it. */
  #durable: Value;
  /** In the drive's cache, in its order. */
  #volatile: Value[] = [];
  /** When it took each of them. */
  #taken: number[] = [];
  #oldest: Value;
  #other: Value | undefined;
  isLost = false;

  constructor(readonly drive: number, readonly lba: number, initial: number) {
    const value = valueWith(initial, -Infinity, -Infinity);
    this.#values = [value];
    this.#byStamp.set(initial, value);
    this.#durable =
      this.#oldest =
      this.#added =
      this.#found =
        value;
  }

  /** @throws RepeatedStamp */
  add(stamp: number, begin: number, over: number): void {
    const value = valueWith(stamp, over, begin);
    this.#byStamp.set(stamp, value);
    if (this.#byStamp.size === this.#values.length) {
      throw new RepeatedStamp(stamp, this.drive, this.lba);
    }
    this.#values.push(value);
    this.#added = this.#added.next = value;
  }

  /** Once all values are known, and when each was seen first. */
  begin(): void {
    this.#values.sort((a, b) => a.firstEnd - b.firstEnd);
  }

  valueOf(stamp: number): Value | undefined {
    // Drives take and readers get what was written mostly in its order: that one, or the next.
    let value: Value | undefined = this.#found;
    if (value.stamp !== stamp) value = value.next;
    if (value?.stamp !== stamp) value = this.#byStamp.get(stamp);
    if (value) this.#found = value;
    return value;
  }

  /** A sync that began at `begin` has returned. Gives whether more is covered than before. */
  cover(begin: number): boolean {
    const before = this.#covered;
    while (this.#covered < this.#values.length) {
      const value = this.#values[this.#covered]!;
      if (value.firstEnd >= begin) break;
      this.#covered++;
      this.#consider(value);
    }
    return this.#covered > before;
  }

  /** A read of the value that began then has ended. Gives whether that matters. */
  wasRead(value: Value, begin: number, covered: number): boolean {
    if (begin <= value.lastBegin) return false;
    value.lastBegin = begin;
    if (value.firstEnd >= covered) return false;
    this.#consider(value);
    return true;
  }

  #consider(value: Value): void {
    const newest = this.#newest;
    if (value === newest) return;
    if (!newest || value.lastBegin > newest.lastBegin) {
      if (newest) this.#second = newest.lastBegin;
      this.#newest = value;
    } else if (value.lastBegin > this.#second) this.#second = value.lastBegin;
  }

  take(value: Value, at: number, fua: boolean): void {
    if (fua) {
      this.#durable = value;
      this.#volatile = [];
      this.#taken = [];
      this.#recount();
    } else {
      this.#volatile.push(value);
      this.#taken.push(at);
      this.#count(value);
    }
  }

  /** What the drive took before `begin` is on the platter. */
  flush(begin: number): void {
    let flushed = this.#volatile.length;
    while (flushed > 0 && this.#taken[flushed - 1]! >= begin) flushed--;
    if (flushed === 0) return;
    this.#durable = this.#volatile[flushed - 1]!;
    this.#volatile = this.#volatile.slice(flushed);
    this.#taken = this.#taken.slice(flushed);
    this.#recount();
  }

  #recount(): void {
    this.#oldest = this.#durable;
    this.#other = undefined;
    for (const value of this.#volatile) this.#count(value);
  }

  #count(value: Value): void {
    const oldest = this.#oldest;
    if (value === oldest || value === this.#other) return;
    if (value.firstEnd < oldest.firstEnd) {
      this.#other = oldest;
      this.#oldest = value;
    } else if (!this.#other || value.firstEnd < this.#other.firstEnd) this.#other = value;
  }

  get isDirty(): boolean {
    return this.#volatile.length > 0;
  }

  /** The survivor that is a loss, and what it stands in the place of. */
  loss(): { readonly survivor: Value; readonly lost: Value } | undefined {
    const newest = this.#newest;
    if (!newest) return undefined;
    const oldest = this.#oldest;
    if (oldest !== newest) {
      return oldest.firstEnd < newest.lastBegin ? { survivor: oldest, lost: newest } : undefined;
    }
    if (this.#other && this.#other.firstEnd < newest.lastBegin) {
      return { survivor: this.#other, lost: newest };
    }
    if (oldest.firstEnd >= this.#second) return undefined;
    const lost = this.#values.find((value) => value !== oldest && value.lastBegin === this.#second);
    return { survivor: oldest, lost: lost! };
  }
}

function valueWith(stamp: number, firstEnd: number, lastBegin: number): Value {
  return { stamp, firstEnd, lastBegin, next: undefined };
}
