/**
 * Loads that are guided by coverage: one that takes the guest's code where it has not been is kept,
 * and later ones are made of those that were kept (as AFL does). Each begins at the same moment.
 */
import { Novelty } from "hil/drivers/qemu/coverage/mod.ts";
import type { Random } from "../engine/mod.ts";
import type { BranchPoint, Coverage } from "./emulated.ts";
import { generateLoad, type Load, type LoadOperation, type LoadShape } from "./load.ts";
import { type DiskCache, OperationFailed } from "./port.ts";

export interface GuidedOptions {
  readonly cache: DiskCache;
  readonly coverage: Coverage;
  /** Where each load begins. */
  readonly point: BranchPoint;
  readonly random: Random;
  readonly shape: LoadShape;
  readonly runs: number;
  /** One load in so many meets a drive that fails once; default 4. */
  readonly faultEvery?: number;
  /** After each load, before the machine goes back: what ought to be true then. */
  check?(load: Load): Promise<void>;
}

export interface GuidedReport {
  readonly runs: number;
  /** Those that went new ways, in their order. */
  readonly kept: readonly Load[];
  /** Edges between basic blocks of the guest that were taken. */
  readonly edges: number;
  /** How many were known after each run. */
  readonly curve: readonly number[];
  /** Faults that were asked for. */
  readonly faults: number;
}

export async function guided(options: GuidedOptions): Promise<GuidedReport> {
  const { cache, coverage, point, random, shape, runs, faultEvery = 4 } = options;
  const novelty = new Novelty();
  const kept: Load[] = [];
  const curve: number[] = [];
  let faults = 0;
  for (let run = 0; run < runs; run++) {
    const load = kept.length > 0 && random.chance(0.7)
      ? mutateLoad(kept[random.below(kept.length)]!, random, shape)
      : generateLoad(random, shape);
    await point.rewind();
    const fault = random.below(faultEvery) === 0 ? faultOf(random, shape) : undefined;
    if (fault) {
      faults++;
      await cache.drives.fail({ ...fault, count: 1 });
    }
    coverage.reset();
    await runLoad(cache, load);
    if (fault) await cache.drives.fail({ ...fault, count: 0 }); // It may not have struck.
    const found = novelty.add(coverage.counts());
    await options.check?.(load);
    if (found > 0) kept.push(load);
    curve.push(novelty.edges);
  }
  return { runs, kept, edges: novelty.edges, curve, faults };
}

/** Another load: one client does something else, under other odds. */
export function mutateLoad(load: Load, random: Random, shape: LoadShape): Load {
  const readPercent = random.below(101);
  const syncPercent = random.below(Math.min(20, 101 - readPercent));
  const fresh = generateLoad(random, { ...shape, readPercent, syncPercent });
  const which = random.below(load.clients.length);
  const clients = load.clients.map((own, client) =>
    client === which ? fresh.clients[client]! : own
  );
  return { ...load, clients };
}

/** Does what the load says; errors of the drives are the drives' business. */
export async function runLoad(cache: DiskCache, { clients }: Load): Promise<void> {
  await Promise.all(clients.map(async (operations) => {
    for (const operation of operations) {
      try {
        await (await begin(cache, operation)).finished();
      } catch (error) {
        if (!(error instanceof OperationFailed)) throw error;
      }
    }
  }));
}

async function begin(cache: DiskCache, { kind, drive, lba, stamp }: LoadOperation) {
  if (kind === "sync") return await cache.sync();
  return kind === "read"
    ? await cache.read({ drive, lba })
    : await cache.write({ drive, lba }, stamp);
}

function faultOf(random: Random, { drives, blocks }: LoadShape) {
  const operation = (["read", "write", "flush"] as const)[random.below(3)]!;
  return { operation, drive: random.below(drives), lba: random.below(blocks) };
}
