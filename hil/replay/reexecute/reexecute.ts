/**
 * Runs the scenario of a trace again, by the ordinary runner in a worker, and compares what happens
 * with what was recorded, while it happens.
 */
import type { Bench } from "../../bench/mod.ts";
import type { Reporter, RunPlan, RunResult } from "../../report/mod.ts";
import { type RunOptions, runScenarios } from "../../runner/mod.ts";
import { every, ms } from "../../time/mod.ts";
import type { TraceHeader } from "../../trace/mod.ts";
import { type Compared, Comparison, type Difference } from "./compare.ts";
import { RecordedLines } from "./recorded_lines.ts";

export interface ReexecuteOptions extends Pick<RunOptions, "root" | "argv" | "limits" | "install"> {
  /** Path of the recorded trace, and its header. */
  readonly trace: string;
  readonly header: TraceHeader;
  readonly bench: Bench;
  /** Folder of its own, beside the reports of ordinary runs. */
  readonly reports: string;
  readonly reporters: readonly Reporter[];
  /** Told at once, while the scenario runs on. */
  readonly onDifference?: (difference: Difference) => void;
}

export interface Reexecuted {
  readonly result: RunResult;
  /** Path of the new trace; left out when none was begun. */
  readonly trace?: string;
  readonly compared?: Compared;
}

const LOOK = ms(50);

/**
 * @throws UsageError when the scenario or a target is not to be had
 * @throws TraceReadError when the recording cannot be read
 */
export async function reexecute(options: ReexecuteOptions): Promise<Reexecuted> {
  const { trace, header, bench, reports, root, argv, limits, install } = options;
  using follower = new Follower(trace, options.onDifference ?? (() => {}));
  const folder = new RunFolderReporter(`${reports}/runs`, header, (path) => follower.follow(path));
  const stop = every(LOOK, () => follower.look());
  try {
    const result = await runScenarios({
      ...{ root, bench, argv, reports, limits, install },
      files: [header.file],
      grep: new RegExp(`^${escape(header.scenario)}$`, "u"),
      use: new Map(
        Object.entries(header.targets).map(([role, { target = "" }]) => [role, [target]]),
      ),
      ...{ jobs: 1, seed: header.seed, repeat: 1, retries: 0 },
      junit: `${reports}/junit.xml`,
      reporters: [folder, ...options.reporters],
    });
    return { result, trace: follower.path, compared: follower.finish() };
  } finally {
    stop();
  }
}

/** Finds the trace that a run writes as soon as it is there. */
class RunFolderReporter implements Reporter {
  #folder = "";

  constructor(
    private readonly runs: string,
    private readonly header: TraceHeader,
    private readonly found: (find: () => string | undefined) => void,
  ) {}

  onBegin({ id }: RunPlan): void {
    this.#folder = `${this.runs}/${id}`;
    this.found(() => this.#find());
  }
  onStart(): void {}
  onStep(): void {}
  onResult(): void {}
  onProgress(): void {}
  onEnd(): void {}

  /** Of scenarios that have one name, that of the right line. */
  #find(): string | undefined {
    const paths = [...Deno.readDirSync(this.#folder)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => `${this.#folder}/${name}/trace.jsonl`).filter(hasHeader).sort();
    return paths.find((path) => lineOf(path) === this.header.line) ?? paths[0];
  }
}

/** Reads a trace as it grows. */
class Follower implements Disposable {
  path: string | undefined;
  readonly #comparison: Comparison;
  #find: (() => string | undefined) | undefined;
  #lines: RecordedLines | undefined;
  #told = false;

  constructor(recorded: string, private readonly onDifference: (found: Difference) => void) {
    this.#comparison = new Comparison(recorded);
  }

  follow(find: () => string | undefined): void {
    this.#find = find;
  }

  /** What is new. */
  look(): void {
    if (!this.#lines && !this.#open()) return;
    for (let line; this.#comparison.open && (line = this.#lines!.next());) {
      if (line.text !== undefined) this.#comparison.accept(line.text);
    }
    const { difference } = this.#comparison;
    if (!difference || this.#told) return;
    this.#told = true;
    this.onDifference(difference);
  }

  finish(): Compared | undefined {
    this.look();
    return this.#lines && this.#comparison.finish();
  }

  [Symbol.dispose](): void {
    this.#comparison[Symbol.dispose]();
    this.#lines?.[Symbol.dispose]();
  }

  #open(): boolean {
    this.path = this.#find?.();
    if (this.path === undefined) return false;
    this.#lines = new RecordedLines(this.path);
    this.#lines.next(); // The header.
    return true;
  }
}

function hasHeader(path: string): boolean {
  return lineOf(path) !== undefined;
}

function lineOf(path: string): number | undefined {
  try {
    using lines = new RecordedLines(path);
    return JSON.parse(lines.next()?.text ?? "").line;
  } catch {
    return undefined; // It is being begun.
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replace(/\n/g, "\\n");
}
