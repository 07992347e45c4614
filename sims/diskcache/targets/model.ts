/** The target "model": the disk cache in TypeScript on virtual time. */
import { defineTarget } from "hil";
import { DiskCacheModel } from "../model.ts";
import type { CacheOptions, DiskCache } from "../port.ts";
import { ORACLE } from "../proof/mod.ts";

interface Options extends CacheOptions {
  /** A defect that is planted in it: see `deno task prove --bugs`. */
  readonly bug?: string;
}

export default defineTarget<DiskCache>({
  title: "disk cache model on virtual time",
  offers: [],
  deterministic: true,
  availability: () => ({ ok: true }),
  oracle: ORACLE,
  async start({ timeline, seed, ...context }): Promise<DiskCache> {
    const { bug, ...options } = context.options as Options;
    if (bug === undefined) return new DiskCacheModel({ timeline, seed, ...options });
    const { plant } = await import("../explore/plant.ts");
    return new DiskCacheModel({ timeline, seed, ...options, classes: await plant(bug) });
  },
});
