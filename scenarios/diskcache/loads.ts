/** A load that shows what a scheduler does, and the figures that come of it. */
import { expect } from "hil";
import type { DiskCache, Operation, OperationEvent } from "sims/diskcache/mod.ts";
import { Random } from "sims/engine/mod.ts";
import { at, LIMIT, nextRequest, sync, write } from "./steps.ts";

export interface QueueOptions {
  readonly seed: number;
  readonly reads: number;
  /** Reads that are pending while there are reads. */
  readonly depth: number;
  /** In the first half there is a write after so many requests. */
  readonly writeEvery: number;
}

/** What became of the load; times in nanoseconds since it began. */
export interface Outcome {
  /** Blocks in the order in which the drive was asked for them. */
  readonly order: readonly number[];
  readonly reads: readonly {
    readonly latency: number;
    /** Requests that went before it since it was asked for. */
    readonly waited: number;
  }[];
  readonly writes: readonly Fate[];
  readonly duration: number;
}

/** A write into the cache: when its block was dirty, and when the drive was asked to take it. */
export interface Fate {
  readonly dirty: number;
  readonly written: number;
  /** Reads that the drive was asked for in between. */
  readonly overtaken: number;
  /** Written only when no read was left. */
  readonly starved: boolean;
}

interface Asked {
  readonly lba: number;
  /** Requests before it. */
  readonly after: number;
  readonly operation: Operation<unknown>;
}

/**
 * Reads and writes random blocks of drive 0. The drive is held and gives one request at a time, for
 * which the next read comes: there are always `depth` reads to choose from, on fast machines and
 * slow ones, so the order is the scheduler's alone (and the clock's, where writes have a deadline).
 */
export async function readInQueue(cache: DiskCache, options: QueueOptions): Promise<Outcome> {
  const { drives, clock } = cache;
  const { seed, reads, depth, writeEvery } = options;
  const blocks = places(seed, 2 * reads, drives.sizes[0]!);
  const waiting = blocks.slice(0, reads);
  const toWrite = blocks.slice(reads);
  const begin = clock.now();
  const asked: Asked[] = [];
  const dirtied: { lba: number; t: number; after: number }[] = [];
  const order: { kind: string; lba: number; t: number }[] = [];
  const ask = async () => {
    const lba = waiting.shift();
    if (lba === undefined) return;
    const operation = await cache.read(at(lba));
    asked.push({ lba, after: order.length, operation });
    await operation.blocked("read", { within: LIMIT });
  };
  const seen = drives.requests.occurrences.length;
  await drives.hold(0);
  for (let i = 0; i < depth; i++) await ask();
  let request = drives.requests.occurrences[seen]!;
  for (let served = 0;;) {
    const { kind, data: { lba }, t } = request;
    order.push({ kind, lba, t });
    if (kind === "read") served++;
    if (served === reads) break;
    await drives.releaseOne(0);
    if (kind === "read") await asked.find((one) => one.lba === lba)!.operation.finished();
    request = await nextRequest(cache, request);
    if (kind === "read") await ask();
    if (order.length % writeEvery === 0 && order.length < reads / 2) {
      const lba = toWrite.shift()!;
      await write(cache, at(lba), 0x1000 + lba);
      dirtied.push({ lba, t: clock.now(), after: order.length });
    }
  }
  await drives.release(0);
  const lastRead = request;
  await sync(cache);
  const duration = clock.now() - begin;
  for (const { kind, data, seq, t } of drives.requests.occurrences) {
    if (kind === "write" && seq > lastRead.seq) order.push({ kind, lba: data.lba, t });
  }
  return {
    duration,
    order: order.map(({ lba }) => lba),
    reads: asked.map(({ lba, after, operation }) => ({
      latency: last(operation).t - operation.events.occurrences[0]!.t,
      waited: order.findIndex((request) => request.lba === lba) - after,
    })),
    writes: dirtied.map(({ lba, t, after }) => {
      const place = order.findIndex((request) => request.lba === lba);
      const overtaken = order.slice(after, place).filter(({ kind }) => kind === "read").length;
      const written = order[place]!.t;
      return {
        dirty: t - begin,
        written: written - begin,
        overtaken,
        starved: written > lastRead.t,
      };
    }),
  };
}

/** Blocks that the arm passes from each to the next. */
export function seekDistance(order: readonly number[]): number {
  return order.slice(1).reduce((sum, lba, i) => sum + Math.abs(lba - order[i]!), 0);
}

/** Age of the oldest dirty block over time, both in milliseconds. */
export function oldestDirty(writes: readonly Fate[]): readonly (readonly [number, number])[] {
  const moments = writes.flatMap(({ dirty, written }) => [dirty, written]).sort((a, b) => a - b);
  return moments.flatMap((t) => {
    const age = (open: (fate: Fate) => boolean) =>
      Math.max(0, ...writes.filter(open).map(({ dirty }) => t - dirty)) / 1e6;
    // Just before and just after, so that a write makes a step.
    const before = age(({ dirty, written }) => dirty < t && written >= t);
    const after = age(({ dirty, written }) => dirty <= t && written > t);
    return [[t / 1e6, before], [t / 1e6, after]] as const;
  });
}

/** The value that `percent` of all do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  expect(sorted.length, "values of a percentile").toBeGreaterThan(0);
  return sorted[Math.max(0, Math.ceil(percent / 100 * sorted.length) - 1)]!;
}

/** `count` different random blocks. */
function places(seed: number, count: number, blocks: number): number[] {
  const random = new Random(seed);
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(random.below(blocks));
  return [...chosen];
}

function last(operation: Operation<unknown>): OperationEvent {
  return operation.events.occurrences.at(-1)!;
}
