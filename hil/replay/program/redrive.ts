/** Re-driving: what a trace has recorded is done on other targets, and both timelines are aligned. */
import type { Bench, Tool } from "../../bench/mod.ts";
import type { Reporter, RunResult, ScenarioResult } from "../../report/mod.ts";
import { runScenarios } from "../../runner/mod.ts";
import type { Duration } from "../../time/mod.ts";
import { type Alignment, alignTraces } from "../align/mod.ts";
import type { NoiseOptions } from "../diff/noise.ts";
import type { DescribeFrame } from "../diff/items.ts";
import type { Driven, Timing } from "./drive.ts";
import { DRIVEN_FILE } from "./here.ts";
import { readProgram } from "./read.ts";

export interface RedriveOptions extends NoiseOptions {
  /** Absolute path of the trace. */
  readonly trace: string;
  /** Repository root, absolute. */
  readonly root: string;
  readonly bench: Bench;
  /** Role to targets, in place of the recorded ones; more than one: on each. */
  readonly use: ReadonlyMap<string, readonly string[]>;
  readonly timing?: Timing;
  /** How much longer than then a call may take. Default 30 s. */
  readonly limit?: Duration;
  /** Absolute folder; the re-drive leaves a trace of its own in it. */
  readonly reports: string;
  /** Default: the recorded one. */
  readonly seed?: number;
  /** As the user typed it after `deno task hil`. */
  readonly argv: readonly string[];
  readonly reporters: readonly Reporter[];
  readonly install?: (
    tools: readonly Tool[],
    progress: (text: string) => void,
  ) => Promise<boolean>;
  /** Makes packets readable. */
  readonly describe?: DescribeFrame;
}

/** A re-drive on one choice of targets. */
export interface RedrivenOn {
  readonly result: ScenarioResult;
  /** Absolute path of its trace; empty when it did not run. */
  readonly trace: string;
  /** Left out when it ended early. */
  readonly driven?: Driven;
  /** Left out when it did not run. */
  readonly alignment?: Alignment;
}

export interface Redriven {
  readonly result: RunResult;
  readonly drives: readonly RedrivenOn[];
  /** 0: all went as in the recording; 1: something did not; 3: nothing could be run here. */
  readonly exitCode: number;
}

/**
 * Does what a trace has recorded on the targets that `use` and `bench` name.
 *
 * @throws TraceReadError when the trace cannot be read
 * @throws ProgramError when there is nothing in it that can be done again
 * @throws UsageError of the runner, when the bench has no such role or target
 */
export async function redrive(options: RedriveOptions): Promise<Redriven> {
  const { trace, root, bench, use, reports, argv, reporters, install } = options;
  const { header } = await readProgram(trace); // It throws here, not in a worker.
  const file = writeScenario(options);
  const result = await runScenarios({
    root,
    files: [file],
    bench,
    use,
    jobs: 1,
    seed: options.seed ?? header.seed,
    repeat: 1,
    retries: 0,
    reports,
    junit: `${reports}/junit.xml`,
    argv,
    reporters,
    install,
  });
  const drives: RedrivenOn[] = [];
  for (const one of result.results) drives.push(await drivenOn(one, options));
  return { result, drives, exitCode: exitCode(result, drives) };
}

async function drivenOn(result: ScenarioResult, options: RedriveOptions): Promise<RedrivenOn> {
  const { root, trace: recorded } = options;
  const relative = result.attempts.at(-1)?.trace;
  if (!relative) return { result, trace: "" };
  const trace = relative.startsWith("/") ? relative : `${root}/${relative}`;
  const driven = readDriven(trace);
  const alignment = await alignTraces(recorded, trace, options);
  return { result, trace, ...(driven && { driven }), alignment };
}

function readDriven(trace: string): Driven | undefined {
  const path = `${trace.slice(0, trace.lastIndexOf("/"))}/${DRIVEN_FILE}`;
  try {
    return JSON.parse(Deno.readTextFileSync(path)) as Driven;
  } catch {
    return undefined; // It ended before it could write that.
  }
}

function exitCode({ exitCode }: RunResult, drives: readonly RedrivenOn[]): number {
  if (exitCode !== 0) return exitCode;
  if (drives.every(({ result }) => result.outcome === "skipped")) return 3;
  const other = drives.some(({ driven, alignment }) =>
    alignment?.first !== undefined || (driven?.troubles.length ?? 0) > 0
  );
  return other ? 1 : 0;
}

/** The scenario file that a worker loads; it stays, for the command that runs it again. */
function writeScenario({ trace, reports, timing, limit }: RedriveOptions): string {
  const folder = `${reports}/redrives`;
  Deno.mkdirSync(folder, { recursive: true });
  const name = trace.split("/").at(-2)?.replace(/[^\w.-]+/g, "-") || "trace";
  const path = `${folder}/${name}.scenario.ts`;
  const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const options = JSON.stringify({ timing, limitNs: limit?.ns });
  Deno.writeTextFileSync(
    path,
    `/** Made by "hil replay": does again what a trace has recorded. */
import { scenario } from ${url("../../mod.ts")};
import { redriven } from ${url("here.ts")};

const { name, options, body } = await redriven(${JSON.stringify(trace)}, ${options});
scenario(name, options, body);
`,
  );
  return path;
}
