/** Runs with traces on disk, for tests and benchmarks of the report. */
import { type TraceBody, TraceWriter } from "../../trace/mod.ts";
import { attempt, failed, result, run } from "../_samples.ts";
import type { Attempt, RunResult, ScenarioResult } from "../result.ts";

export type Happened = readonly [t: number, body: TraceBody];

const HEADER = {
  trace: 1,
  scenario: "a scenario",
  file: "scenarios/a.scenario.ts",
  line: 3,
  seed: 7,
  bench: "desk",
  targets: { board: { target: "sim", uboot: "2024.01" } },
  environment: { run: "r1" },
} as const;

/** A trace of what happened, at `folder/trace.jsonl`. */
export function writeTrace(folder: string, happened: Iterable<Happened>, name?: string): string {
  const path = `${folder}/trace.jsonl`;
  const writer = TraceWriter.create(path, { ...HEADER, scenario: name ?? HEADER.scenario });
  for (const [t, body] of happened) writer.append(body, { t });
  writer.close();
  return path;
}

const US = 1_000, MS = 1_000_000;

/** Something of everything that a report draws, in about 100 ms. */
export function everything(words = "hello"): Happened[] {
  const wire = (
    t: number,
    kind: string,
  ): Happened => [t, { type: "signal", channel: "GPIO 66", kind }];
  const sip = (t: number, kind: string, direction: string, firstLine: string): Happened => {
    const data = {
      direction,
      peer: "198.51.100.2:5060",
      protocol: "UDP",
      firstLine,
      callId: words,
    };
    return [t, { type: "signal", channel: "sip", kind, data }];
  };
  const disk = (t: number, kind: string): Happened => {
    const data = { drive: 0, id: 1, operation: "read", lba: 7, blocks: 1 };
    return [t, { type: "signal", channel: "requests", kind, data }];
  };
  return [
    [0, { type: "step.begin", id: 1, name: `boot ${words}` }],
    ...[..."U-Boot 2024.01\r\n"].map((text, i): Happened => {
      return [MS + i * 87 * US, { type: "bytes", channel: "uart0", dir: "rx", text }];
    }),
    [4 * MS, { type: "bytes", channel: "uart0", dir: "tx", text: `echo ${words}\n` }],
    [5 * MS, { type: "bytes", channel: "uart0", dir: "rx", text: `${words}\r\n` }],
    disk(6 * MS, "read"),
    disk(9 * MS, "done"),
    [10 * MS, { type: "step.end", id: 1, ok: true }],
    sip(20 * MS, "REGISTER", "in", `REGISTER sip:${words}`),
    sip(22 * MS, "200", "out", "200 OK"),
    wire(30 * MS, "rise"),
    wire(31 * MS, "fall"),
    [40 * MS, { type: "signal", channel: "lan", kind: "sent", data: { frame: FRAME } }],
    [50 * MS, { type: "expect", what: `the answer be ${words}`, ok: false, detail: "it was none" }],
    [60 * MS, {
      ...{ type: "measure", name: `latency ${words}`, value: 7, unit: "ms" },
      ...{ within: [null, 5], verdict: "fail" },
    }],
    [70 * MS, { type: "log", level: "warn", text: `careful ${words}` }],
    [80 * MS, { type: "attachment", path: "note.md", title: `note ${words}` }],
    [100 * MS, { type: "end", outcome: "failed" }],
  ];
}

/** Ethernet, IPv4, UDP from 198.51.100.1:5060 to 198.51.100.2:5060, "OPTIONS sip:a SIP/2.0". */
export const FRAME = Uint8Array.fromHex(
  "0200000000020200000000010800450000310000000040110000c6336401c6336402" +
    "13c413c4001d00004f5054494f4e53207369703a61205349502f322e30",
).toBase64();

/** A run whose scenarios have traces in `root/reports/runs/r1`; `words` are in every field. */
export function sampleRun(root: string, count: number, words = "hello"): RunResult {
  const results = Array.from({ length: count }, (_, i): ScenarioResult => {
    const bad = i % 10 === 3;
    const trace = `reports/runs/r1/s${i}/trace.jsonl`;
    const folder = `${root}/reports/runs/r1/s${i}`;
    writeTrace(folder, everything(words), `scenario ${i} ${words}`);
    Deno.writeTextFileSync(`${folder}/note.md`, `# note ${words}`);
    const more: Partial<Attempt> = {
      trace,
      attachments: [{ path: `reports/runs/r1/s${i}/note.md`, title: `note ${words}` }],
      measurements: everything(words).flatMap(([, body]) => body.type === "measure" ? [body] : []),
      output: words,
      durationNs: 100e6 + i * 1e6,
    };
    return result({
      id: `a#${i}`,
      name: `scenario ${i} ${words}`,
      file: `scenarios/${String(Math.floor(i / 10)).padStart(3, "0")}/${words}.scenario.ts`,
      targets: { board: i % 2 ? "sim" : `bench ${words}` },
      outcome: bad ? "failed" : "passed",
      attempts: [bad ? failed(`${words} is not there\nevidence ${words}`, more) : attempt(more)],
      versions: { board: { target: "sim", uboot: words } },
      reproduce: `deno task hil ${words} --seed 7`,
    });
  });
  return run(results, { problems: words === "hello" ? [] : [words] });
}
