/** The load whose traces are made small by bench/shrink.ts; N operations of each of four clients. */
import { scenario, seed } from "hil";
import { generateLoad, STANDARD_LOAD } from "sims/diskcache/load.ts";
import { type DiskCache, diskCache, OperationFailed } from "sims/diskcache/mod.ts";
import { expectPromisesKept } from "sims/diskcache/proof/mod.ts";
import { Random } from "sims/engine/mod.ts";

const N = Number(Deno.env.get("N") ?? 300);

scenario(
  "random load keeps the promises",
  { uses: { cache: diskCache({ entries: STANDARD_LOAD.entries }) } },
  async ({ cache }) => {
    const shape = { ...STANDARD_LOAD, operations: N, drives: 2, syncPercent: 10 };
    const { clients } = generateLoad(new Random(seed()), shape);
    await Promise.all(clients.map(async (own) => {
      for (const operation of own) await play(cache, operation);
    }));
    expectPromisesKept(cache);
  },
);

type Operation = ReturnType<typeof generateLoad>["clients"][number][number];

async function play(cache: DiskCache, { kind, drive, lba, stamp }: Operation): Promise<void> {
  const at = { drive, lba };
  const operation = kind === "sync"
    ? await cache.sync()
    : kind === "read"
    ? await cache.read(at)
    : await cache.write(at, stamp);
  try {
    await operation.finished();
  } catch (error) {
    if (!(error instanceof OperationFailed)) throw error;
  }
}
