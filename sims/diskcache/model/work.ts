/**
 * What may be read: for each block the writes that began, and when each was over. A read that
 * gives anything else is a wrong block. Blocks are independent, so each is checked by itself.
 */
import type { BlockAddress, BlockContents } from "../port.ts";
import type { Random } from "../../engine/mod.ts";
import type { Cache } from "./cache.ts";
import { placeOf } from "../describe.ts";
import { OperationError, type Steps } from "./threads.ts";

interface Write {
  readonly stamp: number;
  readonly begun: number;
  over: number;
}

/** Writes and reads of one cache as they begin and end. */
export class History {
  readonly #writes = new Map<string, Write[]>();
  #moment = 0;

  /** @param initial what is on the platter of a block that nobody has written yet */
  constructor(private readonly initial: (at: BlockAddress) => number) {}

  /** Begins a write; call the result when it is over. One that failed may or may not be seen. */
  write(at: BlockAddress, stamp: number): () => void {
    const write = { stamp, begun: ++this.#moment, over: Infinity };
    this.#of(at).push(write);
    return () => void (write.over = ++this.#moment);
  }

  /** Begins a read; call the result with what it gave: why that is wrong, or nothing. */
  read(at: BlockAddress): (read: BlockContents) => string | undefined {
    const begun = ++this.#moment;
    const writes = this.#of(at);
    return ({ stamp, whole }) => {
      if (!whole) return `${placeOf(at)} is torn: it begins with ${hex(stamp)}`;
      // Gone before the read began: a write that was over before another one began and was over.
      const last = Math.max(
        ...writes.filter(({ over }) => over < begun).map((write) => write.begun),
      );
      const possible = writes.filter(({ over }) => over > last);
      if (possible.some((write) => write.stamp === stamp)) return undefined;
      const wanted = possible.map((write) => hex(write.stamp)).join(" or ");
      return `${placeOf(at)} is ${hex(stamp)}; it ought to be ${wanted}`;
    };
  }

  #of(at: BlockAddress): Write[] {
    const place = placeOf(at);
    let writes = this.#writes.get(place);
    if (!writes) {
      writes = [{ stamp: this.initial(at), begun: -1, over: 0 }];
      this.#writes.set(place, writes);
    }
    return writes;
  }
}

function hex(stamp: number): string {
  return stamp.toString(16).padStart(8, "0");
}

export interface WorkOptions {
  readonly count: number;
  readonly blocks: number;
  readonly readPercent: number;
  readonly drives: readonly number[];
}

/** Random reads and writes that check what they read. Fails at the first wrong block. */
export function* work(
  cache: Cache,
  history: History,
  random: Random,
  { thread, count, blocks, readPercent, drives }: WorkOptions & { thread: number },
): Steps<void> {
  for (let turn = 0; turn < count; turn++) {
    const at = { drive: drives[random.below(drives.length)]!, lba: random.below(blocks) };
    if (random.below(100) < readPercent) {
      const check = history.read(at);
      const wrong = check(yield* cache.read(at));
      if (wrong) throw new OperationError(`bad ${wrong}`);
    } else {
      const stamp = ((thread << 20) | (turn + 1)) >>> 0;
      const over = history.write(at, stamp);
      yield* cache.write(at, stamp);
      over();
    }
  }
}
