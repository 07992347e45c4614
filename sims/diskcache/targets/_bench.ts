/** What the tests of the target "qemu" run it in: a context as the runner gives it. */
import assert from "node:assert/strict";
import type { TargetContext } from "hil";
import { HostClock } from "hil/drivers/host_clock.ts";
import { markedProcesses } from "hil/drivers/marked_processes.ts";
import { type Ending, tinyGuest } from "hil/drivers/qemu/mod.ts";
import { seconds, withLimit } from "hil/time/mod.ts";
import { Timeline, type TraceEvent } from "hil/trace/mod.ts";
import type { Emulated } from "../emulated.ts";
import type { DiskCache, Machine } from "../port.ts";
import target from "./qemu.ts";

export interface Bench {
  readonly timeline: Timeline;
  readonly events: readonly TraceEvent[];
  readonly abort: AbortController;
  readonly tempDir: string;
  /** What the runner would end the scenario with. */
  readonly failure: Promise<Error>;
  /** @param folder a temporary folder, and a timeline, of its own: for one of several */
  start(
    options?: Readonly<Record<string, unknown>>,
    folder?: string,
  ): Promise<DiskCache & Machine & Emulated>;
  /** A kernel of a few bytes; gives its path. */
  kernel(text: string | Uint8Array, ending: Ending): Promise<string>;
}

/** Runs `body`, undoes in reverse what was deferred, and looks whether anything is left. */
export async function onBench(body: (bench: Bench) => Promise<void>): Promise<void> {
  const tempDir = await Deno.makeTempDir();
  const events: TraceEvent[] = [];
  const undo: (() => void | Promise<void>)[] = [];
  const failure = Promise.withResolvers<Error>();
  const newTimeline = () => {
    const timeline = new Timeline({ write: (event) => void events.push(event) });
    timeline.clock = new HostClock(timeline);
    timeline.onFailure(failure.resolve);
    return timeline;
  };
  const timeline = newTimeline();
  const abort = new AbortController();
  const context: Omit<TargetContext, "options"> = {
    ...{ role: "diskcache", target: "qemu", seed: 1, timeline, tempDir, attachmentsDir: tempDir },
    processEnv: { DISKCACHE_TEST: tempDir },
    signal: abort.signal,
    defer: (_what, undone) => void undo.push(undone),
  };
  const bench: Bench = {
    ...{ timeline, events, abort, tempDir, failure: failure.promise },
    start: async (options = {}, folder) => {
      if (folder === undefined) {
        return await soon(target.start({ ...context, options }), "the start");
      }
      const own = { timeline: newTimeline(), tempDir: `${tempDir}/${folder}` };
      await Deno.mkdir(own.tempDir);
      undo.push(() => Deno.remove(own.tempDir, { recursive: true }));
      return await soon(target.start({ ...context, ...own, options }), "the start");
    },
    kernel: async (text, ending) => {
      await Deno.writeFile(`${tempDir}/kernel`, tinyGuest(text, ending));
      return `${tempDir}/kernel`;
    },
  };
  try {
    await body(bench);
  } finally {
    for (const undone of undo.reverse()) await soon(Promise.resolve(undone()), "the clean-up");
    assert.deepEqual(markedProcesses(tempDir), [], "processes that are left");
    const left = [...Deno.readDirSync(tempDir)].filter(({ isFile }) => !isFile);
    assert.deepEqual(left, [], "sockets that are left");
    await Deno.remove(tempDir, { recursive: true });
  }
}

/** What is due now, within 20 s. */
export function soon<T>(work: Promise<T>, what: string): Promise<T> {
  return withLimit(work, seconds(20), () => assert.fail(`waited 20 s for: ${what}`));
}

/** What `work` is rejected with. */
export async function errorOf(work: Promise<unknown>): Promise<Error> {
  try {
    await soon(work, "an error");
  } catch (error) {
    return error as Error;
  }
  assert.fail("it went well");
}

/** Seeded chance (mulberry32): the same numbers on every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
