/** Histories for tests: by hand, with the verdict that a person gave; and at random. */
import { Random } from "../../engine/mod.ts";
import type { Access, History } from "./history.ts";

const BASE = { drive: 0, lba: 0, whole: true } as const;

/** By client 1; of block 0:0 unless told. Without an end it was never answered. */
export function write(stamp: number, begin: number, end = Infinity, lba = 0): Access {
  const outcome = end === Infinity ? "open" : "ok";
  return { ...BASE, lba, client: 1, kind: "write", stamp, begin, end, outcome };
}

export function failedWrite(stamp: number, begin: number, end: number): Access {
  return { ...write(stamp, begin, end), outcome: "error" };
}

export function read(stamp: number, begin: number, end: number, lba = 0): Access {
  return { ...BASE, lba, client: 2, kind: "read", stamp, begin, end, outcome: "ok" };
}

export function openRead(begin: number): Access {
  return { ...read(0, begin, Infinity), outcome: "open" };
}

export function failedRead(begin: number, end: number): Access {
  return { ...read(0, begin, end), outcome: "error" };
}

export function historyWith(parts: Partial<History>): History {
  return { initial: () => 0, accesses: [], syncs: [], disk: [], ...parts };
}

/** One block that holds 0 at first. */
// deno-fmt-ignore
export const KNOWN: readonly (readonly [name: string, good: boolean, accesses: readonly Access[]])[] = [
  ["nothing", true, []],
  ["a read of the initial value", true, [read(0, 0, 1)]],
  ["a read of what nobody wrote", false, [read(7, 0, 1)]],
  ["a read after a write", true, [write(1, 0, 1), read(1, 2, 3)]],
  ["the initial value after a write", false, [write(1, 0, 1), read(0, 2, 3)]],
  ["the initial value during a write", true, [write(1, 0, 3), read(0, 1, 2)]],
  ["a new value during its write", true, [write(1, 0, 3), read(1, 1, 2)]],
  ["a value before its write begins", false, [read(1, 0, 1), write(1, 2, 3)]],
  ["a value whose write begins during the read", true, [read(1, 0, 3), write(1, 1, 2)]],
  ["new, then old, during one write", false, [write(1, 0, 9), read(1, 1, 2), read(0, 3, 4)]],
  ["old, then new, during one write", true, [write(1, 0, 9), read(0, 1, 2), read(1, 3, 4)]],
  ["new and old by readers who overlap", true, [write(1, 0, 9), read(1, 1, 4), read(0, 2, 5)]],
  ["a value that was overwritten", false, [write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)]],
  ["either of two writes that overlap: the first", true, [write(1, 0, 2), write(2, 1, 3), read(1, 4, 5)]],
  ["either of two writes that overlap: the second", true, [write(1, 0, 2), write(2, 1, 3), read(2, 4, 5)]],
  ["both of two writes that overlap, one after the other", false, [write(1, 0, 2), write(2, 1, 3), read(2, 4, 5), read(1, 6, 7)]],
  ["28 written inside the life of 27", false, [write(27, 0, 1), write(28, 2, 3), read(27, 4, 5), read(28, 6, 7)]],
  ["two readers who see two writes in two orders", false, [write(1, 0, 20), write(2, 0.5, 20.5), read(1, 1, 2), read(2, 3, 4), read(1, 5, 6)]],
  ["an open write that nobody saw", true, [write(1, 0), read(0, 5, 6), read(0, 7, 8)]],
  ["an open write that takes effect late", true, [write(1, 0), read(0, 5, 6), read(1, 7, 8)]],
  ["an open write that takes effect and is undone", false, [write(1, 0), read(1, 5, 6), read(0, 7, 8)]],
  ["a failed write that was not done", true, [failedWrite(1, 0, 1), read(0, 2, 3)]],
  ["a failed write that was done", true, [failedWrite(1, 0, 1), read(1, 2, 3)]],
  ["a failed write that is done later", true, [failedWrite(1, 0, 1), read(0, 2, 3), read(1, 4, 5)]],
  ["a failed write that comes back after it was overwritten", true, [failedWrite(1, 0, 1), write(2, 2, 3), read(2, 4, 5), read(1, 6, 7)]],
  ["a failed write that is seen before and after another", false, [failedWrite(1, 0, 1), read(1, 1.5, 1.7), write(2, 2, 3), read(1, 6, 7)]],
  ["a failed read says nothing", true, [write(1, 0, 1), failedRead(2, 3)]],
  ["an open read says nothing", true, [write(1, 0, 1), openRead(2)]],
  ["an end and a beginning at one time overlap", true, [write(1, 0, 2), read(0, 2, 3)]],
  ["a stale read of a value that was read before", false, [write(1, 0, 5), write(2, 1, 6), read(1, 7, 8), write(3, 9, 10), read(2, 11, 12)]],
  ["a chain of readers that walks through three values", true, [write(1, 0, 9), write(2, 1, 9.5), write(3, 2, 9.7), read(3, 3, 4), read(1, 5, 6), read(2, 10, 11)]],
];

/** One block, few values, much overlap. About half of the histories are bad. */
export function randomAccesses(random: Random, most = 14): Access[] {
  const count = 1 + random.below(most);
  const clients = 1 + random.below(4);
  const [free, accesses]: [number[], Access[]] = [new Array(clients).fill(0), []];
  const truth = { value: 0 };
  const lies = random.chance(0.75);
  for (let i = 0; i < count; i++) {
    const client = random.below(clients);
    const begin = free[client]! + random.below(6) + random.next() / 2 ** 33;
    const end = begin + 0.5 + random.below(8) + random.next() / 2 ** 33;
    free[client] = end + 1e-6;
    accesses.push({ ...write(i + 1, begin, end), client });
  }
  // What a register that acts at some instant of each access gives; some reads lie.
  const acts = accesses.map((access, i) => ({
    i,
    at: access.begin + (access.end - access.begin) * random.next() / 2 ** 32,
  }))
    .sort((a, b) => a.at - b.at);
  for (const { i } of acts) {
    const access = accesses[i]!;
    if (random.chance(0.55)) {
      const stamp = lies && random.chance(0.45) ? random.below(count + 1) : truth.value;
      accesses[i] = { ...access, kind: "read", stamp };
      continue;
    }
    const fate = random.below(10);
    if (fate > 1) truth.value = access.stamp;
    else if (fate === 0) accesses[i] = { ...access, outcome: "error" };
    else accesses[i] = { ...access, outcome: "open", end: Infinity };
    if (fate <= 1 && random.chance(0.5)) truth.value = access.stamp;
  }
  return accesses.sort((a, b) => a.begin - b.begin);
}

/**
 * Whether some order of some of the accesses explains them: tries all. For a few accesses only.
 */
export function hasOrder(accesses: readonly Access[], initial: number): boolean {
  const relevant = accesses.filter(({ kind, outcome }) => kind === "write" || outcome === "ok");
  const mustHappen = ({ outcome }: Access) => outcome === "ok";
  const over = (access: Access) => mustHappen(access) ? access.end : Infinity;
  const place = (left: readonly Access[], held: number): boolean =>
    !left.some(mustHappen) || left.some((next) => {
      const rest = left.filter((one) => one !== next);
      // Nobody who is left was over before it began.
      if (rest.some((other) => over(other) < next.begin)) return false;
      if (next.kind === "write") return place(rest, next.stamp);
      return next.stamp === held && place(rest, held);
    });
  return place(relevant, initial);
}

/** A cache at random over a drive at random; `honest`: it keeps P3. */
export function randomHistory(random: Random, honest: boolean): History {
  const blocks = 1 + random.below(3);
  const [accesses, syncs, disk] = [[], [], []] as [
    Access[],
    History["syncs"][number][],
    History["disk"][number][],
  ];
  const cache = new Map<number, number>();
  const onDisk = new Map<number, number>();
  const memory: number[] = new Array(blocks).fill(0);
  let now = 1;
  const tick = () => now += 1 + random.below(3);
  const flush = () => disk.push({ type: "flush", at: tick(), drive: 0 });
  const give = (lba: number) => {
    disk.push({
      type: "write",
      at: tick(),
      drive: 0,
      lba,
      stamp: cache.get(lba)!,
      fua: random.chance(0.1),
    });
    onDisk.set(lba, cache.get(lba)!);
    cache.delete(lba);
  };
  const turns = 6 + random.below(20);
  /** Writes that began and have not acted yet. */
  let late: { readonly lba: number; readonly stamp: number; readonly begin: number }[] = [];
  const act = ({ lba, stamp, begin }: typeof late[number]) => {
    cache.set(lba, stamp);
    memory[lba] = stamp;
    // It is answered while others go on.
    const end = tick() + random.below(12) + random.next() / 2 ** 33;
    accesses.push(write(stamp, begin, random.chance(0.85) ? end : Infinity, lba));
  };
  for (let turn = 0, stamp = 1; turn < turns; turn++) {
    late.filter(() => random.chance(0.4)).forEach((one) => {
      late = late.filter((other) => other !== one);
      act(one);
    });
    const lba = random.below(blocks);
    const begin = tick();
    const what = random.below(10);
    if (what < 4) {
      late.push({ lba, stamp: stamp++, begin });
    } else if (what < 5) accesses.push(read(memory[lba]!, begin, tick(), lba));
    else if (what < 7 && cache.has(lba)) give(lba);
    else if (what < 8) flush();
    else {
      if (honest || random.chance(0.6)) { for (const one of [...cache.keys()]) give(one); }
      if (honest || random.chance(0.6)) flush();
      syncs.push({
        client: 3,
        begin,
        end: tick(),
        outcome: random.chance(0.9) ? "ok" : "error",
        drives: [0],
      });
    }
  }
  return historyWith({ accesses: accesses.sort((a, b) => a.begin - b.begin), syncs, disk });
}
