/** Traces for the tests of this folder. */
import { TraceWriter } from "../trace/mod.ts";
import type { TraceBody, TraceHeader } from "../trace/mod.ts";

export const HEADER: TraceHeader = {
  trace: 1,
  scenario: "a press toggles the LED",
  file: "scenarios/bbb/led.scenario.ts",
  line: 12,
  seed: 7,
  bench: "desk",
  targets: { board: { target: "sim", version: "1.0" } },
  environment: { host: "here", pid: 1 },
};

/** A body with its time in milliseconds; default: a millisecond after the one before. */
export type Timed = TraceBody & { readonly ms?: number; readonly clock?: string };

/** Writes a trace into a folder; gives its path. */
export function writeTrace(
  path: string,
  bodies: readonly Timed[],
  header: Partial<TraceHeader> = {},
): string {
  const writer = TraceWriter.create(path, { ...HEADER, ...header });
  let now = 0;
  for (const { ms, clock, ...body } of bodies) {
    now = ms ?? now + 1;
    writer.append(body as TraceBody, { t: Math.round(now * 1e6), ...(clock && { clock }) });
  }
  writer.close();
  return path;
}

export const rx = (text: string, channel = "com1"): TraceBody => ({
  type: "bytes",
  channel,
  dir: "rx",
  text,
});

export const tx = (text: string, channel = "com1"): TraceBody => ({
  type: "bytes",
  channel,
  dir: "tx",
  text,
});

/** Runs `body` with a folder of its own, and removes that afterwards. */
export async function inFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "hil-test-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
