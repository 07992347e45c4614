/** The target "model": the disk cache in TypeScript on virtual time. */
import { defineTarget } from "hil";
import { DiskCacheModel } from "../model.ts";
import type { CacheOptions, DiskCache } from "../port.ts";

export default defineTarget<DiskCache>({
  title: "disk cache model on virtual time",
  offers: [],
  availability: () => ({ ok: true }),
  start({ timeline, seed, options }): Promise<DiskCache> {
    return Promise.resolve(new DiskCacheModel({ timeline, seed, ...options as CacheOptions }));
  },
});
