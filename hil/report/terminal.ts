/**
 * The console view. On a terminal: results scroll by, and at the foot each running scenario has
 * a line with its time and step. Elsewhere: a line a result, and now and then what still runs.
 * Under GitHub Actions: annotations and groups as well.
 */
import { quarantineText } from "../history/mod.ts";
import { type Duration, every, hostNow, ms, seconds } from "../time/mod.ts";
import { annotation, group, harmless } from "./_github.ts";
import { LiveArea, type LiveLine, type Size } from "./_live.ts";
import { makeStyle, shownLine, shownLines, type Style } from "./_style.ts";
import { type Reports, roughly, summaryBlocks, titleOf } from "./_summary.ts";
import {
  failureOf,
  isExcused,
  type PlannedScenario,
  type Reporter,
  type RunPlan,
  type RunResult,
  type ScenarioResult,
  totalNs,
  type Verdict,
} from "./result.ts";

/** The terminal, or the file or pipe, that a reporter writes to. */
export interface TerminalOutput {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** The size now. */
  size(): Size;
  env(name: string): string | undefined;
}

/** Standard output of this process. */
export function standardOutput(): TerminalOutput {
  const encoder = new TextEncoder();
  return {
    write(text) {
      const bytes = encoder.encode(text);
      for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
    },
    isTerminal: Deno.stdout.isTerminal(),
    size() {
      try {
        const { columns, rows } = Deno.consoleSize();
        return { columns: columns || 80, rows: rows || 24 }; // A serial terminal says 0.
      } catch {
        return { columns: 80, rows: 24 }; // The terminal was closed under us.
      }
    },
    env: (name) => Deno.env.get(name),
  };
}

/** The time that a view is redrawn by. */
export interface Ticker {
  /** Whole nanoseconds. */
  now(): number;
  every(interval: Duration, callback: () => void): () => void;
}

export interface TerminalOptions {
  /** Default: {@link standardOutput}. */
  readonly output?: TerminalOutput;
  /** Default: the host's. */
  readonly ticker?: Ticker;
  /** Path of the JUnit report, for the last line. */
  readonly junit?: string;
  /** Of the HTML report, likewise. */
  readonly html?: string;
  /** The text of an attachment that is to be printed, by its path; without it the path is. */
  readonly read?: (path: string) => string;
}

interface Running {
  readonly scenario: PlannedScenario;
  readonly attempt: number;
  readonly since: number;
  step: string;
}

/** How often the lines of a terminal are redrawn, and how often a log says what still runs. */
const REDRAW = ms(100);
const STILL_RUNNING = seconds(60);
/** Lines for scenarios that are skipped for the same reason. */
const MOST_SKIPS = 5;
/** The width of the longest verdict. */
const VERDICT_COLUMNS = "interrupted".length;

/**
 * @example
 * ```ts ignore
 * const view = new TerminalReporter({ junit: "reports/junit.xml" });
 * view.onBegin(plan);
 * ```
 */
export class TerminalReporter implements Reporter {
  readonly #output: TerminalOutput;
  readonly #ticker: Ticker;
  readonly #live: LiveArea | undefined;
  readonly #style: Style;
  readonly #github: boolean;
  readonly #reports: Reports;
  readonly #read: TerminalOptions["read"];
  /** By position, so that a scenario keeps its line; holes are taken by the next. */
  readonly #slots: (Running | undefined)[] = [];
  readonly #counts = new Map<Verdict, number>();
  /** How many were skipped for each reason. */
  readonly #skips = new Map<string, number>();
  #planned = 0;
  #begun = 0;
  #progress = "";
  #stop = () => {};
  #gone = false;

  constructor(options: TerminalOptions = {}) {
    const { output = standardOutput(), ticker = { now: hostNow, every }, junit, html } = options;
    const smart = output.isTerminal && output.env("TERM") !== "dumb";
    this.#output = output;
    this.#ticker = ticker;
    this.#reports = { junit, html };
    this.#read = options.read;
    this.#live = smart ? new LiveArea((text) => this.#write(text), () => output.size()) : undefined;
    this.#style = makeStyle(smart && !output.env("NO_COLOR"));
    this.#github = output.env("GITHUB_ACTIONS") === "true";
  }

  onBegin({ scenarios, bench, seed }: RunPlan): void {
    this.#planned = scenarios.length;
    this.#begun = this.#ticker.now();
    const some = `${scenarios.length} scenario${scenarios.length === 1 ? "" : "s"}`;
    this.#print([this.#style.dim(`${some} on the bench ${shownLine(bench)}, seed ${seed}`)]);
    this.#stop();
    this.#stop = this.#live
      ? this.#ticker.every(REDRAW, () => this.#redraw())
      : this.#ticker.every(STILL_RUNNING, () => this.#stillRunning());
  }

  onStart(scenario: PlannedScenario, attempt: number): void {
    this.#progress = "";
    const running = { scenario, attempt, since: this.#ticker.now(), step: "" };
    const free = this.#slots.findIndex((slot) => !slot || same(slot.scenario, scenario));
    if (free < 0) this.#slots.push(running);
    else this.#slots[free] = running;
  }

  onStep(scenario: PlannedScenario, name: string): void {
    const slot = this.#slots.find((slot) => slot && same(slot.scenario, scenario));
    if (slot) slot.step = shownLine(name);
  }

  onProgress(text: string): void {
    this.#progress = shownLine(text);
    if (this.#live) this.#redraw();
    else if (this.#progress) this.#print([this.#progress]);
  }

  onResult(result: ScenarioResult): void {
    const index = this.#slots.findIndex((slot) => slot && same(slot.scenario, result));
    if (index >= 0) this.#slots[index] = undefined;
    while (this.#slots.length > 0 && !this.#slots.at(-1)) this.#slots.pop();
    this.#counts.set(result.outcome, (this.#counts.get(result.outcome) ?? 0) + 1);
    const told = this.#wasToldEnough(result);
    const lines = told ? [] : [this.#resultLine(result), ...this.#printed(result)];
    if (this.#github) lines.push(...githubLines(result));
    this.#print(lines);
  }

  /** Of hundreds that are skipped for one reason some are enough: the end tells how many there were. */
  #wasToldEnough({ outcome, skip }: ScenarioResult): boolean {
    if (outcome !== "skipped") return false;
    const reason = skip?.reason ?? "";
    const count = (this.#skips.get(reason) ?? 0) + 1;
    this.#skips.set(reason, count);
    return count > MOST_SKIPS;
  }

  #printed({ attempts }: ScenarioResult): string[] {
    const texts = (attempts.at(-1)?.attachments ?? []).filter(({ print }) => print);
    return texts.flatMap(({ path, title }) => {
      try {
        return this.#safe([`${title}:`, ...shownLines(this.#read?.(path) ?? `see ${path}`)]);
      } catch (error) {
        return [`${title}: cannot be read from ${path}: ${(error as Error).message}`];
      }
    });
  }

  onEnd(run: RunResult): void {
    this.close();
    const blocks = summaryBlocks(run, this.#style, this.#reports);
    const lines = blocks.flatMap((block) => ["", ...this.#safe(block)]);
    if (this.#github) lines.push(...run.problems.map((text) => annotation("warning", text)));
    this.#write(lines.map((line) => `${line}\n`).join(""));
  }

  /** Leaves a clean terminal; for whoever ends the process before the run does. */
  close(): void {
    this.#stop();
    this.#stop = () => {};
    this.#slots.length = 0;
    this.#progress = "";
    this.#live?.clear();
  }

  #resultLine(result: ScenarioResult): string {
    const { outcome, attempts, skip } = result;
    const verdict = this.#style.verdict[outcome](outcome.padEnd(VERDICT_COLUMNS));
    const tries = attempts.length > 1 ? `, ${attempts.length} attempts` : "";
    const note = outcome === "skipped"
      ? shownLine(skip?.reason ?? "")
      : `${roughly(totalNs(result))}${tries}${isExcused(result) ? ", in quarantine" : ""}`;
    const [line] = this.#safe([titleOf(result)]);
    return `${verdict} ${line}${note ? ` ${this.#style.dim(`(${note})`)}` : ""}`;
  }

  /** Lines that scroll by; the area at the foot stays at the foot. */
  #print(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join("");
    if (this.#live) this.#live.draw(this.#area(), text);
    else this.#write(text);
  }

  #redraw(): void {
    this.#live?.draw(this.#area());
  }

  #area(): LiveLine[] {
    const now = this.#ticker.now();
    const running = this.#slots.filter((slot) => slot !== undefined);
    const lines = running.map(({ scenario, attempt, since, step }) => ({
      head: `${elapsed(now - since).padStart(9)}  `,
      name: titleOf(scenario),
      tail: (attempt > 1 ? ` (attempt ${attempt})` : "") + (step ? ` › ${step}` : ""),
    }));
    if (this.#progress) lines.push({ head: " ".repeat(11), name: this.#progress, tail: "" });
    if (lines.length === 0) return [];
    const done = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    const bad = (["failed", "flaky", "interrupted"] as const)
      .filter((verdict) => this.#counts.get(verdict))
      .map((verdict) => `, ${this.#counts.get(verdict)} ${verdict}`).join("");
    const total = this.#planned ? `${done} of ${this.#planned} done${bad}` : "";
    const head = this.#planned ? `${elapsed(now - this.#begun).padStart(9)}  ` : "";
    return total ? [...lines, { head, name: total, tail: "" }] : lines;
  }

  #stillRunning(): void {
    const now = this.#ticker.now();
    const lines = this.#slots.filter((slot) => slot !== undefined)
      .map(({ scenario, since, step }) => {
        const at = step ? ` › ${step}` : "";
        return `running ${titleOf(scenario)}${at} (${elapsed(now - since)} so far)`;
      });
    if (lines.length > 0) this.#print(this.#safe(lines));
  }

  #safe(lines: readonly string[]): string[] {
    return this.#github ? lines.map(harmless) : [...lines];
  }

  /** `hil | head` closes the pipe; that is no reason for a run to fail. */
  #write(text: string): void {
    if (this.#gone || !text) return;
    try {
      this.#output.write(text);
    } catch {
      this.#gone = true;
      this.#stop();
    }
  }
}

function githubLines(result: ScenarioResult): string[] {
  if (result.outcome !== "failed" && result.outcome !== "flaky") return [];
  const { quarantine } = result;
  const bad = result.attempts.filter(({ outcome }) => outcome !== "passed");
  const failure = failureOf(bad[0]);
  const output = bad.flatMap(({ output }) => output ? shownLines(output) : []).map(harmless);
  const { file = result.file, line = result.line } = failure;
  const place = { file, line, title: titleOf(result) };
  const flaky = result.outcome === "flaky";
  const said = quarantine ? `${quarantineText(quarantine)}\n` : "";
  return [
    ...(output.length > 0 ? group(`output of ${titleOf(result)}`, output) : []),
    annotation(
      flaky || isExcused(result) ? "warning" : "error",
      `${said}${flaky ? "flaky: " : ""}${failure.message}\nreproduce: ${result.reproduce}`,
      place,
    ),
  ];
}

function same(a: PlannedScenario, b: PlannedScenario): boolean {
  return a.id === b.id && a.repeat === b.repeat;
}

/** "7.3 s", "2 min 5 s": as long as it changes, one decimal will do. */
function elapsed(amountNs: number): string {
  if (amountNs >= 60e9) return roughly(amountNs);
  return `${(Math.floor(amountNs / 1e8) / 10).toFixed(1)} s`;
}
