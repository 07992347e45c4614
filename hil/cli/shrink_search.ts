/** The search of `hil shrink`: which failure is looked for, what is tried, what comes of it. */
import type { Bench, BenchTarget, Oracle } from "../bench/mod.ts";
import type { Program } from "../replay/program/mod.ts";
import {
  cameOf,
  differenceOf,
  type Finding,
  findingsOf,
  type Observation,
  type Progress,
  shrink,
  wantedOf,
  without,
} from "../replay/shrink/mod.ts";
import {
  type Ending,
  formatted,
  oneLine,
  scenarioFile,
  type Script,
  scriptOf,
  type Source,
} from "../replay/typescript/mod.ts";
import { type Duration, hostNow, minutes, ms, timer } from "../time/mod.ts";
import type { Json } from "../trace/mod.ts";
import { UsageError } from "./command_line.ts";
import { printError } from "./output.ts";
import { ROOT, shownPath } from "./paths.ts";
import { progressView } from "./progress.ts";
import { Lab, targetsOf } from "./shrink_lab.ts";
import type { Use } from "./values.ts";

const TIME = minutes(5);
/** Of those whose runs differ: what fails has to do so this often. */
const TIMES = 3;
/** Less is what a host takes anyway. */
const LEAST_DELAY = ms(10);

export interface SearchOptions {
  readonly program: Program;
  /** Of the trace. */
  readonly traceDir: string;
  readonly bench: Bench;
  readonly use: readonly Use[];
  readonly against?: Use;
  readonly times?: number;
  readonly time?: Duration;
  /** Of the run. */
  readonly folder: string;
  readonly interrupt: AbortSignal;
}

/** The smallest that was found. */
export interface Found {
  readonly script: Script;
  /** As a file. */
  readonly text: string;
  readonly finding: Finding;
  /** Role to target, as `--use` has it. */
  readonly targets: ReadonlyMap<string, string>;
  readonly seed: number;
  readonly virtual: boolean;
}

/** Undefined when it does not fail again: that is told. @throws UsageError */
export async function search(options: SearchOptions): Promise<Found | undefined> {
  const labs = await Labs.open(options);
  try {
    return await new Search(options, labs).run();
  } finally {
    labs.release();
  }
}

/** The targets under test, and those they are compared with. */
class Labs {
  private constructor(
    readonly lab: Lab,
    readonly reference: Lab | undefined,
    readonly names: ReadonlyMap<string, string>,
  ) {}

  static async open(options: SearchOptions): Promise<Labs> {
    const { program, bench, use, against, folder, traceDir } = options;
    const { header: { seed, targets } } = program;
    const recorded = new Map(
      [...program.uses.values()].map((role) => [role, targets[role]?.target ?? ""]),
    );
    const file = (name: string) => Deno.readFileSync(`${traceDir}/${name}`);
    const lab = { seed, folder, file, progress: (text: string) => printError(`hil: ${text}`) };
    const names = new Map([...recorded, ...use.map(oneTarget)]);
    const remedy =
      "give the bench that it was recorded on, or another target with --use ROLE=TARGET";
    const open = (names: ReadonlyMap<string, string>): BenchTarget[] =>
      targetsOf(names, bench, remedy);
    const own = await Lab.open(open(names), lab);
    const other = against &&
      await Lab.open(open(new Map([...names, oneTarget(against)])), lab);
    return new Labs(own, other, names);
  }

  release(): void {
    this.lab.release();
    this.reference?.release();
  }
}

function oneTarget({ role, targets }: Use): readonly [string, string] {
  if (targets.length === 1) return [role, targets[0]!];
  throw new UsageError(
    `Cannot use "${role}=${
      targets.join(",")
    }": a trace is driven into one target of a role; name one`,
  );
}

class Search {
  readonly #view = progressView();
  #shown = 0;

  constructor(private readonly options: SearchOptions, private readonly labs: Labs) {}

  async run(): Promise<Found | undefined> {
    const { program, interrupt, time = TIME } = this.options;
    const { lab } = this.labs;
    let whole = scriptOf(program);
    this.#view.show(`running all ${whole.actions.length} calls again`);
    let seen = await lab.play(whole);
    if (!lab.virtual) {
      whole = scriptOf(program, { leastDelayNs: LEAST_DELAY.ns });
      seen = await lab.play(whole);
    }
    const findings = await this.#findings(whole, seen);
    const wanted = this.labs.reference ? findings[0] : wantedOf(findings, program.failure);
    this.#view.clear();
    if (!wanted) return this.#notAgain();
    printError(`hil: it fails again: ${oneLine(wanted.message)}`);
    const stop = new AbortController();
    interrupt.addEventListener("abort", () => stop.abort());
    const cancel = timer(time, () => stop.abort());
    const began = hostNow();
    const fails = async (script: Script) =>
      (await this.#findings(script, await lab.play(script))).some(({ key }) => key === wanted.key);
    const times = this.options.times ?? (lab.deterministic ? 1 : TIMES);
    const progress = (now: Progress) => this.#progress(now, whole.actions.length);
    const accepts = (script: Script) => this.#isTyped(script, wanted);
    const small = await shrink(whole, fails, { times, signal: stop.signal, progress, accepts });
    cancel();
    this.#view.clear();
    const tookS = ((hostNow() - began) / 1e9).toFixed(1);
    const left = small.script.actions.length;
    printError(
      `hil: ${whole.actions.length} calls to ${left} in ${small.tries} tries and ${tookS} s` +
        (small.complete ? "; none can be left out" : `; stopped, so there may be a smaller one`),
    );
    return await this.#written(small.script, wanted);
  }

  async #findings(script: Script, seen: Observation): Promise<Finding[]> {
    const { lab, reference } = this.labs;
    if (!reference) return [...findingsOf(seen, lab.oracles)];
    const difference = differenceOf(script, seen, await reference.play(script));
    return difference ? [difference] : [];
  }

  #notAgain(): undefined {
    const { failure } = this.options.program;
    const { lab, reference } = this.labs;
    const recorded = `the recorded failure was ${failure!.name}: ${oneLine(failure!.message)}`;
    const remedy = reference
      ? "all calls give the same on both targets; give another target to --against"
      : lab.oracles.size > 0
      ? "no call throws that and the target's oracle finds nothing; what the scenario alone had " +
        "expected is not in its calls: give --against ROLE=TARGET"
      : "no call throws that; what the scenario alone had expected is not in its calls: give " +
        "--against ROLE=TARGET, or the target an oracle";
    printError(`hil: Cannot make it fail again: ${recorded}; ${remedy}`);
  }

  #progress({ tries, calls, doing }: Progress, all: number): void {
    // On a pipe each is a line.
    const every = Deno.stderr.isTerminal() ? ms(100) : ms(5000);
    if (hostNow() - this.#shown < every.ns) return;
    this.#shown = hostNow();
    const width = 20;
    const done = Math.round(width * (1 - Math.log(1 + calls) / Math.log(1 + all)));
    const bar = "█".repeat(done) + "░".repeat(width - done);
    this.#view.show(`${bar} ${calls} of ${all} calls left, ${tries} tries (${doing})`);
  }

  /** What is left, as a file: run once more, so that it is known what each call comes to. */
  async #written(script: Script, wanted: Finding): Promise<Found | undefined> {
    const { lab, names } = this.labs;
    const seen = await lab.play(script);
    const finding = (await this.#findings(script, seen)).find(({ key }) => key === wanted.key);
    if (!finding) return this.#notAgain();
    const unmade = [...seen.results].filter(([, { unmade }]) => unmade).map(([id]) => id);
    const made = without(script, new Set(unmade));
    const actions = made.actions.map(({ came: _, ...action }) => {
      const result = seen.results.get(action.id);
      return { ...action, ...(result && { came: cameOf(result) }) };
    });
    const known = { ...made, actions };
    const { seed } = this.options.program.header;
    const text = await formatted(this.#text(known, finding));
    return { script: known, text, finding, targets: names, seed, virtual: lab.virtual };
  }

  #text(script: Script, finding: Finding): string {
    const { lab } = this.labs;
    const { header } = this.options.program;
    return scenarioFile(script, {
      name: `${header.scenario}, made small`,
      about: this.#about(finding),
      ending: this.#ending(script, finding),
      ...(lab.clock !== undefined && { clock: `${lab.clock}.clock` }),
      source: sourceOf(header),
      moduleOf: (role) => specifierOf(lab.target(role).target.module),
    });
  }

  async #isTyped(script: Script, finding: Finding): Promise<boolean> {
    const file = `${this.options.folder}/typed.scenario.ts`;
    await Deno.writeTextFile(file, this.#text(script, finding));
    const args = ["check", "--quiet", "--config", `${ROOT}/deno.json`, file];
    const quiet = { stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(Deno.execPath(), { args, ...quiet }).output()).success;
  }

  #about({ message }: Finding): string[] {
    const { header } = this.options.program;
    const use = [...this.labs.names].map(([role, target]) => ` --use ${role}=${target}`).join("");
    return [
      `Made small by \`hil shrink\` from a trace of "${header.scenario}" (${header.file}).`,
      `Run it with${use} --seed ${header.seed}. It failed with:`,
      "",
      ...message.split("\n").slice(0, 20).map((line) => `    ${line}`),
    ];
  }

  #ending({ needs }: Script, { by, call, role, value }: Finding): Ending {
    if (by === "reference" && call !== undefined && value !== undefined) {
      return { by: "values", values: new Map<number, Json>([[call, value]]) };
    }
    const oracle: Oracle | undefined = role === undefined
      ? undefined
      : this.labs.lab.target(role).module.oracle;
    const use = [...needs].find(([, need]) => need.role === role)?.[0];
    if (by === "oracle" && oracle && use) return { by, use, ...oracle.expectation };
    return { by: "itself", ...(call !== undefined && { call }) };
  }
}

/** The recorded scenario's own file, when it is still there. */
function sourceOf({ file, line }: Program["header"]): Source | undefined {
  try {
    return { text: Deno.readTextFileSync(file.startsWith("/") ? file : `${ROOT}/${file}`), line };
  } catch {
    return undefined; // Of another checkout, or moved since.
  }
}

/** As a scenario imports it. */
export function specifierOf(module: string): string {
  const path = shownPath(new URL(module).pathname);
  return path.startsWith("/") ? module : path;
}
