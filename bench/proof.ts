/**
 * What the oracle judges in a second: accesses by zones beside a search for an order, and moments
 * of a power cut by one sweep beside every subset in Gray code.
 */
import { hostNow } from "hil/time/mod.ts";
import {
  type Access,
  contradictionIn,
  type DiskEvent,
  enumerateCrashes,
  type History,
  judgeCrashes,
  searchOrder,
  type Sync,
} from "sims/diskcache/proof/mod.ts";
import { Random } from "sims/engine/mod.ts";
import { alternate, atLeast, type Benchmark } from "./benchmark.ts";

const BLOCKS = 64;
const CLIENTS = 8;
/** Writes between two flushes: 2^10 subsets before each. */
const FLUSH_EVERY = 10;

export const proof: Benchmark = {
  name: "proof",
  title: "the oracle: accesses and power cuts judged a second, beside exhaustive search",
  conditions:
    `${CLIENTS} clients on ${BLOCKS} blocks, histories in memory that keep all promises; accesses: ` +
    `half of them reads; power cuts: writes only, flush and sync after each ${FLUSH_EVERY}, ` +
    `preparation included; Gray code only visits its states`,
  async run({ quick, progress }) {
    const size = quick ? 20_000 : 200_000;
    const rounds = quick ? 3 : 7;
    const { accesses } = historyOf(size, { readPercent: 50 });
    const blocks = [...Map.groupBy(accesses, ({ lba }) => lba).values()];
    progress("accesses");
    const judged = await alternate(rounds, {
      zones: () => rate(size, () => blocks.every((own) => contradictionIn(own, 0) === undefined)),
      search: () => rate(size, () => blocks.every((own) => searchOrder(own, 0) === "linearizable")),
    });
    progress("power cuts");
    const long = historyOf(size, { readPercent: 0 });
    const short = historyOf(size / 50, { readPercent: 0 });
    const cuts = await alternate(rounds, {
      sweep: () => rateOf(() => crashPoints(long)),
      gray: () => rateOf(() => visited(short)),
    });
    return [
      {
        what: "accesses judged",
        unit: "1/s",
        ours: judged.zones,
        peer: { name: "search for an order", value: judged.search },
        wanted: atLeast(judged.zones, 2_000_000, "1/s"),
      },
      {
        what: "power cuts judged",
        unit: "1/s",
        ours: cuts.sweep,
        peer: { name: "every subset in Gray code", value: cuts.gray },
        wanted: atLeast(cuts.sweep, 1_000_000, "1/s"),
      },
    ];
  },
};

function rate(count: number, check: () => boolean): Promise<number> {
  return rateOf(() => {
    if (!check()) throw new Error("a history that keeps its promises was found to break one");
    return count;
  });
}

/** What `count` gives, by the second. */
function rateOf(count: () => number): Promise<number> {
  const began = hostNow();
  const done = count();
  return Promise.resolve(done / (hostNow() - began) * 1e9);
}

/** Each after a disk event, with all that may have survived it. */
function crashPoints(history: History): number {
  if (judgeCrashes(history).losses.length > 0) throw new Error("there was a loss");
  return history.disk.length;
}

function visited(history: History): number {
  let states = 0;
  enumerateCrashes(history, "any-subset", () => void states++);
  if (states < history.disk.length) throw new Error("moments were left out");
  return history.disk.length;
}

/** A register that acts at some instant of each access, over a drive that is always synced. */
function historyOf(count: number, { readPercent }: { readPercent: number }): History {
  const random = new Random("bench");
  const free = new Array<number>(CLIENTS).fill(0);
  const drafts = Array.from({ length: count }, (_, i): Access & { readonly acts: number } => {
    const client = i % CLIENTS;
    const begin = free[client]! + 1 + random.below(50);
    const end = begin + 1 + random.below(100);
    free[client] = end;
    const kind = random.below(100) < readPercent ? "read" : "write";
    const at = {
      drive: 0,
      lba: random.below(BLOCKS),
      begin,
      end,
      acts: begin + random.next() / 2 ** 32,
    };
    return { client, kind, ...at, stamp: i + 1, whole: true, outcome: "ok" };
  });
  const held = new Array<number>(BLOCKS).fill(0);
  const disk: DiskEvent[] = [];
  const syncs: Sync[] = [];
  const accesses: Access[] = [];
  let written = 0;
  for (const { acts, ...access } of drafts.sort((a, b) => a.acts - b.acts)) {
    const { kind, lba, stamp, drive } = access;
    accesses.push(kind === "read" ? { ...access, stamp: held[lba]! } : access);
    if (kind === "read") continue;
    held[lba] = stamp;
    disk.push({ type: "write", at: acts, drive, lba, stamp });
    if (++written % FLUSH_EVERY) continue;
    disk.push({ type: "flush", at: acts + 2e-7, drive });
    syncs.push({ client: 0, begin: acts + 1e-7, end: acts + 3e-7, outcome: "ok", drives: [0] });
  }
  return { initial: () => 0, accesses, syncs, disk };
}
