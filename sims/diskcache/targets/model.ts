/** The target "model": the disk cache in TypeScript on virtual time. */
import { defineTarget, type Duration } from "hil";
import { DiskCacheModel } from "../model.ts";
import type { DiskCache } from "../port.ts";

interface Options {
  readonly entries?: number;
  readonly sizes?: readonly number[];
  readonly timeout?: Duration;
}

export default defineTarget<DiskCache>({
  title: "disk cache model on virtual time",
  offers: [],
  availability: () => ({ ok: true }),
  start({ timeline, seed, options }): Promise<DiskCache> {
    const { entries, sizes, timeout } = options as Options;
    return Promise.resolve(new DiskCacheModel({ timeline, seed, entries, sizes, timeout }));
  },
});
