/** Traces for the tests of this folder. */
import { TRACE_VERSION, type TraceBody, type TraceEvent, type TraceHeader } from "./event.ts";

export const HEADER: TraceHeader = {
  trace: TRACE_VERSION,
  scenario: "a press toggles the LED",
  file: "scenarios/bbb/led.scenario.ts",
  line: 12,
  seed: 7,
  bench: "desk",
  targets: { board: { target: "sim", version: "1.0" } },
  environment: { host: "here", pid: 1 },
};

export const BODIES: readonly TraceBody[] = [
  { type: "step.begin", id: 1, name: "boot" },
  { type: "bytes", channel: "com1", dir: "rx", text: "System is up\r\nзвук ✓\u0000" },
  { type: "bytes", channel: "com1", dir: "tx", base64: "/w==" },
  { type: "step.end", id: 1, ok: true },
  { type: "step.begin", id: 2, name: "press" },
  { type: "step.begin", id: 3, parent: 2, name: "wait for the edge" },
  { type: "signal", channel: "gpio/55", kind: "rise", data: { level: 1, "a key": [1, null] } },
  {
    type: "measure",
    name: "latency",
    value: 7.284,
    unit: "ms",
    within: [null, 5],
    verdict: "fail",
  },
  { type: "log", level: "info", text: "said by the scenario" },
  { type: "attachment", path: "screen.png", title: "the screen" },
  { type: "expect", what: "LED toggles", ok: false, detail: "too late" },
  { type: "step.end", id: 3, ok: false, error: "too late" },
  { type: "step.end", id: 2, ok: false },
  {
    type: "end",
    outcome: "failed",
    error: { name: "AssertionError", message: "too late\n  evidence", blame: "product" },
    environment: { durationMs: 3.5 },
  },
];

/** Numbers and times the bodies as a timeline would. */
export function events(bodies: readonly TraceBody[] = BODIES): TraceEvent[] {
  return bodies.map((body, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...body }));
}

export function traceText(header: object = HEADER, list: readonly object[] = events()): string {
  return [header, ...list].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Runs `body` with a folder of its own, and removes that afterwards. */
export async function inFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "hil-test-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Small seeded random numbers (mulberry32): integers from 0 up to, not including, `below`. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) % below;
  };
}
