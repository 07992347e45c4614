/** The disk cache's guest in QEMU, for as long as a benchmark wants it. */
import type { TargetContext } from "hil";
import { hostNow } from "hil/time/mod.ts";
import target from "sims/diskcache/targets/qemu.ts";
import { openTimeline } from "./timeline.ts";

export type Cache = Awaited<ReturnType<typeof target.start>>;

/** Starts the target, gives it to `body` with the milliseconds that took, and ends it. */
export async function onGuest<T>(
  { folder, options = {} }: { folder: string; options?: Record<string, unknown> },
  body: (cache: Cache, tookMs: number) => Promise<T>,
): Promise<T> {
  const own = await Deno.makeTempDir({ dir: folder });
  const { timeline, writer } = openTimeline(own);
  const undos: (() => void | Promise<void>)[] = [
    () => Deno.remove(own, { recursive: true }),
    () => writer.close(),
  ];
  const context: TargetContext = {
    role: "diskcache",
    target: "qemu",
    options,
    seed: 1,
    timeline,
    tempDir: own,
    attachmentsDir: own,
    processEnv: {},
    signal: new AbortController().signal,
    defer: (_, undo) => void undos.push(undo),
  };
  try {
    const began = hostNow();
    const cache = await target.start(context);
    return await body(cache, (hostNow() - began) / 1e6);
  } finally {
    for (const undo of undos.reverse()) await undo();
  }
}
