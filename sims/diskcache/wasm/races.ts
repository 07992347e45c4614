/**
 * Finds data races: two accesses of different tasks to the same bytes, one of them a write, that
 * nothing orders. Vector clocks, of which the last write and, mostly, the last read of each place
 * need one entry (Flanagan and Freund, "FastTrack: efficient and precise dynamic race detection",
 * 2009).
 *
 * What orders here is the one lock: everything before it is given back comes before everything
 * after it is taken. Flags are set and looked at with the lock held, so that they carry that order
 * to copying, which is done without it: who copies a block out has set IN_USE before and takes the
 * lock to clear it; who copies in has taken the lock and found it clear. A drive is a task too: it
 * begins at the request and has ended when its interrupt begins.
 */

import type { Access } from "./machine.ts";

export interface Race {
  readonly first: Access;
  readonly second: Access;
}

/**
 * Places are words; which of a word's bytes were touched tells neighbours apart. Of neighbours that
 * are written in turn the last one is remembered: that hides a race now and then, and invents none.
 */
const WORD = 4;
/** An epoch is a clock and a task in one number. */
const TASK_BITS = 5;
const MAX_CLOCK = 2 ** (31 - TASK_BITS) - 2 ** 20;
/** In the place of an epoch: several tasks have read since the last write. */
const SHARED = -1;
/** Of one run that are kept: one is enough to act on. */
const MOST = 8;

export class RaceDetector {
  readonly races: Race[] = [];
  readonly #tasks: number;
  /** Each task's vector clock, then the lock's. */
  readonly #clocks: Int32Array;
  readonly #lock: number;
  readonly #writes: Int32Array;
  readonly #reads: Int32Array;
  /** Of each task and word, where the word is SHARED. */
  readonly #sharedReads: Int32Array;
  readonly #writtenAt: Int32Array;
  readonly #readAt: Int32Array;
  readonly #writtenBytes: Uint8Array;
  readonly #readBytes: Uint8Array;

  /** @param bytes of memory */
  constructor(bytes: number, tasks: number) {
    if (tasks > 2 ** TASK_BITS) {
      throw new RangeError(
        `Cannot watch "${tasks}" tasks for races: at most ${2 ** TASK_BITS}; make it fewer`,
      );
    }
    const words = bytes / WORD;
    this.#tasks = tasks;
    this.#lock = tasks * tasks;
    this.#clocks = new Int32Array((tasks + 1) * tasks);
    this.#writes = new Int32Array(words);
    this.#reads = new Int32Array(words);
    this.#sharedReads = new Int32Array(words * tasks);
    this.#writtenAt = new Int32Array(words);
    this.#readAt = new Int32Array(words * tasks);
    this.#writtenBytes = new Uint8Array(words);
    this.#readBytes = new Uint8Array(words * tasks);
  }

  /** A new run: all that was is before all that comes, so that no place need be cleared. */
  begin(): void {
    this.races.length = 0;
    let latest = this.#clocks.reduce((a, b) => Math.max(a, b), 0);
    if (latest > MAX_CLOCK) {
      latest = 0;
      this.#writes.fill(0);
      this.#reads.fill(0);
    }
    this.#clocks.fill(latest);
    for (let task = 0; task < this.#tasks; task++) this.#tick(task);
  }

  /** The task has taken the lock. */
  acquire(task: number): void {
    this.#join(task * this.#tasks, this.#lock);
  }

  /** The task gives the lock back. */
  release(task: number): void {
    this.#join(this.#lock, task * this.#tasks);
    this.#tick(task);
  }

  /** What `from` has done comes before what `to` does from now on. */
  order(from: number, to: number): void {
    this.#join(to * this.#tasks, from * this.#tasks);
    this.#tick(from);
  }

  access(task: number, address: number, size: number, write: boolean, at: number): void {
    const end = address + size;
    for (let begin = address; begin < end;) {
      const word = begin >> 2;
      const next = Math.min(end, (word + 1) * WORD);
      const bytes = ((1 << (next - begin)) - 1) << (begin & 3);
      if (write) this.#write(task, word, bytes, at);
      else this.#read(task, word, bytes, at);
      begin = next;
    }
  }

  #read(task: number, word: number, bytes: number, at: number): void {
    this.#checkWrite(task, word, bytes, at, false);
    const tasks = this.#tasks;
    const clock = this.#clocks[task * tasks + task]!;
    const own = word * tasks + task;
    const epoch = clock << TASK_BITS | task;
    this.#readAt[own] = at;
    const last = this.#reads[word]!;
    if (last === epoch) {
      this.#readBytes[own]! |= bytes;
      return;
    }
    this.#readBytes[own] = bytes;
    if (last === SHARED) {
      this.#sharedReads[own] = clock;
    } else if (this.#isBefore(last, task)) {
      this.#reads[word] = epoch;
    } else {
      this.#sharedReads.fill(0, word * tasks, (word + 1) * tasks);
      this.#sharedReads[word * tasks + taskOf(last)] = clockOf(last);
      this.#sharedReads[own] = clock;
      this.#reads[word] = SHARED;
    }
  }

  #write(task: number, word: number, bytes: number, at: number): void {
    const tasks = this.#tasks;
    const epoch = this.#clocks[task * tasks + task]! << TASK_BITS | task;
    this.#checkWrite(task, word, bytes, at, true);
    const last = this.#reads[word]!;
    if (last === SHARED) {
      for (let other = 0; other < tasks; other++) {
        const clock = this.#sharedReads[word * tasks + other]!;
        if (clock > this.#clocks[task * tasks + other]!) {
          this.#checkRead(other, task, word, bytes, at);
        }
      }
    } else if (!this.#isBefore(last, task)) {
      this.#checkRead(taskOf(last), task, word, bytes, at);
    }
    this.#reads[word] = 0;
    this.#writtenBytes[word] = this.#writes[word] === epoch
      ? this.#writtenBytes[word]! | bytes
      : bytes;
    this.#writes[word] = epoch;
    this.#writtenAt[word] = at;
  }

  #checkWrite(task: number, word: number, bytes: number, at: number, write: boolean): void {
    const last = this.#writes[word]!;
    if (this.#isBefore(last, task) || !(this.#writtenBytes[word]! & bytes)) return;
    const first = { task: taskOf(last), write: true, at: this.#writtenAt[word]! };
    this.#report({ ...first, ...placeOf(word, this.#writtenBytes[word]!) }, {
      ...{ task, write, at },
      ...placeOf(word, bytes),
    });
  }

  #checkRead(other: number, task: number, word: number, bytes: number, at: number): void {
    const own = word * this.#tasks + other;
    if (!(this.#readBytes[own]! & bytes)) return;
    const first = { task: other, write: false, at: this.#readAt[own]! };
    this.#report({ ...first, ...placeOf(word, this.#readBytes[own]!) }, {
      ...{ task, write: true, at },
      ...placeOf(word, bytes),
    });
  }

  #report(first: Access, second: Access): void {
    if (this.races.length < MOST) this.races.push({ first, second });
  }

  #isBefore(epoch: number, task: number): boolean {
    return clockOf(epoch) <= this.#clocks[task * this.#tasks + taskOf(epoch)]!;
  }

  #join(into: number, from: number): void {
    for (let i = 0; i < this.#tasks; i++) {
      const clock = this.#clocks[from + i]!;
      if (clock > this.#clocks[into + i]!) this.#clocks[into + i] = clock;
    }
  }

  #tick(task: number): void {
    this.#clocks[task * this.#tasks + task]!++;
  }
}

function taskOf(epoch: number): number {
  return epoch & (1 << TASK_BITS) - 1;
}

function clockOf(epoch: number): number {
  return epoch >> TASK_BITS;
}

function placeOf(word: number, bytes: number): { address: number; size: number } {
  const first = 31 - Math.clz32(bytes & -bytes);
  return { address: word * WORD + first, size: 32 - Math.clz32(bytes) - first };
}
