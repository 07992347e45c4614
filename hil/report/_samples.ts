/** Results for the tests of this folder. */
import type { Attempt, RunResult, ScenarioResult } from "./mod.ts";

export function attempt(more: Partial<Attempt> = {}): Attempt {
  return {
    outcome: "passed",
    durationNs: 12_500_000,
    trace: "reports/runs/r1/cache/trace.jsonl",
    attachments: [],
    measurements: [],
    output: "",
    ...more,
  };
}

export function failed(message: string, more: Partial<Attempt> = {}): Attempt {
  return attempt({
    outcome: "failed",
    failure: { name: "AssertionError", message, blame: "product" },
    ...more,
  });
}

export function result(more: Partial<ScenarioResult> = {}): ScenarioResult {
  return {
    id: "cache#1",
    name: "a write survives a power cut",
    file: "scenarios/diskcache/cache.scenario.ts",
    line: 14,
    targets: { diskcache: "qemu" },
    outcome: "passed",
    attempts: [attempt()],
    seed: 7,
    reproduce: "deno task hil scenarios/diskcache/cache.scenario.ts --seed 7",
    ...more,
  };
}

export function run(results: readonly ScenarioResult[], more: Partial<RunResult> = {}): RunResult {
  return {
    id: "r1",
    startedAt: "2026-11-24T16:24:39.120Z",
    bench: "desk",
    host: "laptop",
    seed: 7,
    argv: ["deno", "task", "hil"],
    results,
    durationNs: 1_234_567_890,
    problems: [],
    interrupted: false,
    exitCode: 0,
    ...more,
  };
}

/** One result of each kind, as a run on a desk leaves them. */
export const EVERY_KIND: readonly ScenarioResult[] = [
  result({
    versions: { diskcache: { qemu: "10.0.2" } },
    attempts: [attempt({
      output: "said by the scenario\n",
      measurements: [{
        type: "measure",
        name: "flush time",
        value: 3.25,
        unit: "ms",
        within: [null, 5],
        verdict: "pass",
      }],
    })],
  }),
  result({
    id: "cache#2",
    name: "reads & writes <in order>",
    line: 30,
    outcome: "failed",
    attempts: [
      failed('sector 12 holds "old"\n  12.347402 s  disk 0 read 12', {
        attachments: [
          { path: "reports/runs/r1/cache/disk.img", title: "the disk" },
          { path: "reports/runs/r1/cache/screen.png", title: "the screen" },
        ],
        failure: {
          name: "AssertionError",
          message: 'sector 12 holds "old"\n  12.347402 s  disk 0 read 12',
          blame: "product",
          file: "scenarios/diskcache/cache.scenario.ts",
          line: 37,
          stack:
            "AssertionError: sector 12\n    at check (scenarios/diskcache/cache.scenario.ts:37:9)",
          running: ["write", "read back"],
        },
        output: "\x1b[31mpanic\x1b[0m: \0 ]]> \ud800",
      }),
      failed("sector 12 is gone", { trace: "reports/runs/r1/cache-2/trace.jsonl" }),
    ],
  }),
  result({
    id: "cache#3",
    name: "the cache warms up",
    line: 50,
    outcome: "flaky",
    attempts: [
      failed("too slow"),
      attempt({ trace: "reports/runs/r1/warm-2/warm.trace.jsonl" }),
    ],
  }),
  result({
    id: "led#1",
    name: "a press toggles the LED",
    file: "scenarios/bbb/led.scenario.ts",
    line: 12,
    targets: { tftp: "local", board: "desk.bbb" },
    outcome: "skipped",
    attempts: [],
    skip: { reason: "no board is on /dev/ttyUSB0", remedy: "plug it in or use --use board=sim" },
  }),
  result({
    id: "led#2",
    name: "a press toggles the LED",
    file: "scenarios/bbb/led.scenario.ts",
    line: 12,
    targets: { tftp: "local", board: "sim" },
    outcome: "interrupted",
    attempts: [attempt({ outcome: "interrupted" })],
  }),
  result({
    id: "broken",
    name: "(file)",
    file: "scenarios/sip/broken.scenario.ts",
    line: 1,
    targets: {},
    outcome: "failed",
    attempts: [failed("Unexpected token at 3:7", { trace: "" })],
    reproduce: "deno task hil scenarios/sip/broken.scenario.ts",
  }),
];
