/** The search of `hil shrink`: which failure is looked for, what is tried, what comes of it. */
import type { Bench, BenchTarget } from "../bench/mod.ts";
import type { Program } from "../replay/program/mod.ts";
import {
  cameOf,
  differenceOf,
  type Finding,
  findingsOf,
  type Observation,
  type Progress,
  shrinkOverSeeds,
  type ShrunkUnder,
  wantedOf,
  without,
} from "../replay/shrink/mod.ts";
import { oneLine, type Script, scriptOf } from "../replay/typescript/mod.ts";
import { type Duration, hostNow, minutes, ms, timer } from "../time/mod.ts";
import { UsageError } from "./command_line.ts";
import { printError } from "./output.ts";
import { progressView } from "./progress.ts";
import { Lab, targetsOf } from "./shrink_lab.ts";
import { areTyped, type Shown, textOf } from "./shrink_text.ts";
import type { Use } from "./values.ts";

const TIME = minutes(5);
/** Of those whose runs differ: what fails has to do so this often. */
const TIMES = 3;
const CHANCES = 5;
/** For each thing that could be left out, where runs are deterministic and cost next to nothing. */
const OTHER_SEEDS = 100;
const CHEAP = ms(50);
/** For each call that could be in the place of another. */
const EXCHANGE_SEEDS = 20;
const CHEAP_EXCHANGE = ms(10);
/** Targets that are proposed. */
const MOST_OTHERS = 3;
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
    const { header: { targets } } = program;
    const recorded = new Map(
      [...program.uses.values()].map((role) => [role, targets[role]?.target ?? ""]),
    );
    const file = (name: string) => Deno.readFileSync(`${traceDir}/${name}`);
    const lab = { folder, file, progress: (text: string) => printError(`hil: ${text}`) };
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
  #toldAt = 0;

  constructor(private readonly options: SearchOptions, private readonly labs: Labs) {}

  async run(): Promise<Found | undefined> {
    const { program, interrupt, time = TIME } = this.options;
    const { lab } = this.labs;
    const leastDelayNs = lab.deterministic ? 0 : LEAST_DELAY.ns;
    const whole = scriptOf(program, { leastDelayNs });
    this.#view.show(`running all ${whole.actions.length} calls again`);
    const wanted = await this.#again(whole);
    this.#view.clear();
    if (!wanted) return interrupt.aborted ? undefined : this.#notAgain();
    printError(`hil: it fails again: ${oneLine(wanted.message)}`);
    const late = new AbortController();
    const cancel = timer(time, () => late.abort());
    const stop = AbortSignal.any([interrupt, late.signal]);
    const small = await this.#smallest(whole, wanted, stop);
    cancel();
    return await this.#written(small, wanted);
  }

  /** The recorded failure; where runs differ it has several chances to come again. */
  async #again(whole: Script): Promise<Finding | undefined> {
    const { program: { header, failure }, interrupt } = this.options;
    const { lab, reference } = this.labs;
    for (let chance = lab.deterministic ? 1 : CHANCES; chance > 0 && !interrupt.aborted; chance--) {
      const findings = await this.#findings(whole, header.seed);
      const wanted = reference ? findings[0] : wantedOf(findings, failure);
      if (wanted) return wanted;
    }
  }

  async #smallest(whole: Script, wanted: Finding, signal: AbortSignal): Promise<ShrunkUnder> {
    const { times, program: { header } } = this.options;
    const { lab } = this.labs;
    const began = hostNow();
    const small = await shrinkOverSeeds(
      whole,
      (script, seed) => this.#fails(script, seed, wanted),
      {
        ...{ seed: header.seed, signal, times: times ?? (lab.deterministic ? 1 : TIMES) },
        others: () => lab.deterministic && lab.tookNs < CHEAP.ns ? OTHER_SEEDS : 0,
        exchanged: () => lab.deterministic && lab.tookNs < CHEAP_EXCHANGE.ns ? EXCHANGE_SEEDS : 0,
        size: async (script, seed) => {
          const { events } = await lab.play(script, { seed });
          return events.length + 2 * script.actions.length;
        },
        accepts: (scripts) =>
          areTyped(
            scripts.map((script) => this.#shown(script, wanted, header.seed)),
            this.options.folder,
          ),
        progress: (now) => this.#progress(now, whole.actions.length),
      },
    );
    this.#view.clear();
    const tookS = ((hostNow() - began) / 1e9).toFixed(1);
    printError(
      `hil: ${whole.actions.length} calls to ${small.script.actions.length} in ${small.tries} ` +
        `tries and ${tookS} s; ` +
        (small.complete ? "none can be left out" : "stopped, so there may be a smaller one"),
    );
    return small;
  }

  async #fails(script: Script, seed: number, wanted: Finding): Promise<boolean> {
    const findings = await this.#findings(script, seed);
    return findings.some(({ key }) => key === wanted.key);
  }

  async #findings(script: Script, seed: number): Promise<Finding[]> {
    return await this.#judged(script, seed, await this.labs.lab.play(script, { seed }));
  }

  async #judged(script: Script, seed: number, seen: Observation): Promise<Finding[]> {
    const { lab, reference } = this.labs;
    if (!reference) return [...findingsOf(seen, lab.oracles)];
    const difference = differenceOf(script, seen, await reference.play(script, { seed }));
    return difference ? [difference] : [];
  }

  #notAgain(): undefined {
    const { failure } = this.options.program;
    const { lab, reference } = this.labs;
    const recorded = `the recorded failure was ${failure!.name}: ${oneLine(failure!.message)}`;
    const judged = lab.oracles.size > 0;
    const remedy = reference
      ? "all calls give the same on both targets; give another target to --against"
      : `no call throws that${judged ? " and the target's oracle finds nothing" : ""}; what the ` +
        "scenario alone had expected was right after all of its calls, and need not be after " +
        `fewer: give ${this.#otherTargets()}${judged ? "" : ", or the target an oracle"}`;
    printError(`hil: Cannot make it fail again: ${recorded}; ${remedy}`);
  }

  /** What it can be compared with, as somebody would type it. */
  #otherTargets(): string {
    const { roles } = this.options.bench;
    const others = [...this.labs.names].flatMap(([role, own]) =>
      [...roles.get(role)?.targets.keys() ?? []].filter((name) => name !== own)
        .map((name) => `--against ${role}=${name}`)
    );
    return others.slice(0, MOST_OTHERS).join(" or ") || "--against ROLE=TARGET";
  }

  #progress({ tries, calls, doing }: Progress, all: number): void {
    // On a pipe each is a line.
    const every = Deno.stderr.isTerminal() ? ms(100) : ms(5000);
    if (hostNow() - this.#toldAt < every.ns) return;
    this.#toldAt = hostNow();
    const width = 20;
    const done = Math.round(width * (1 - Math.log(1 + calls) / Math.log(1 + all)));
    const bar = "█".repeat(done) + "░".repeat(width - done);
    this.#view.show(`${bar} ${calls} of ${all} calls left, ${tries} tries (${doing})`);
  }

  /** What is left, as a file: run once more, so that it is known what each call comes to. */
  async #written({ script, seed }: ShrunkUnder, wanted: Finding): Promise<Found | undefined> {
    const { lab, names } = this.labs;
    const seen = await lab.play(script, { seed });
    const finding = (await this.#judged(script, seed, seen)).find(({ key }) => key === wanted.key);
    if (!finding) return this.#notAgain();
    const unmade = [...seen.results].filter(([, { unmade }]) => unmade).map(([id]) => id);
    const made = without(script, new Set(unmade));
    const actions = made.actions.map(({ came: _, ...action }) => {
      const result = seen.results.get(action.id);
      return { ...action, ...(result && { came: cameOf(result) }) };
    });
    const known = { ...made, actions };
    const text = await textOf(this.#shown(known, finding, seed));
    return { script: known, text, finding, targets: names, seed, virtual: lab.virtual };
  }

  #shown(script: Script, finding: Finding, seed: number): Shown {
    const { program: { header } } = this.options;
    const { lab, names: targets } = this.labs;
    return { header, lab, targets, script, finding, seed };
  }
}
