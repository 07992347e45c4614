/**
 * `deno task prove`: looks for a schedule under which the cache breaks one of its promises, on the
 * model or on the guest's own C; what it finds is made small, on the fastest level that shows it,
 * and kept in a file that brings it back.
 */
import { parseArgs } from "node:util";
import { STRATEGIES } from "hil/explore/mod.ts";
import { hostNow, ms } from "hil/time/mod.ts";
import { BUGS } from "../explore/mod.ts";
import { LoadError, parseLoad } from "../load.ts";
import { buildWasm, wasmMutations } from "../wasm/mod.ts";
import { judgeAgain, searchCode, searchModel, shrinkOnCode, shrinkOnModel } from "./levels.ts";
import type { Outcome, Search } from "./levels.ts";
import {
  formatRecording,
  type Level,
  parseRecording,
  type ProofRecording,
  ProofRecordingError,
} from "./recording.ts";

const HELP = `Usage: deno task prove [options]

Looks for a schedule under which the disk cache breaks one of its promises (P1 to P9, see
sims/diskcache/proof/), makes what it finds small and keeps it in a file.

  --level model|code  the model in TypeScript (default), or the guest's C as WebAssembly
  --seeds N           how many to try; default 20000 on the model, 500 on the code
  --first N           the first of them; default 1
  --strategy NAME     of the model: random (default), pct, pos, starve; the code's seeds draw one
  --list NAME         of the model: array (default) or tree; the code's seeds take turns
  --scheduler NAME    of the model: first-pending (default), look or deadline
  --faults            drives of the model fail too; so they do in half of the code's seeds
  --bug NAME          plants a defect first, to see it found; --bugs lists them
  --load FILE         what the clients do, as proof.scenario.ts attaches it; default: one a seed
  --replay FILE       runs a kept failure again
  --out FILE          where a failure is kept; default reports/proof.json
  --help              this text

Exit codes: 0 nothing is wrong, 1 a promise is broken, 2 wrong usage, 130 interrupted.

Examples
  deno task prove --seeds 100000 --strategy pct --faults
  deno task prove --level code --bug copies-unprotected
  deno task prove --replay reports/proof.json
`;

class UsageError extends Error {}

interface Options extends Omit<Search, "stop" | "progress"> {
  readonly level: Level;
  readonly out: string;
  readonly replay?: string;
  readonly bugs: boolean;
}

const OPTIONS = {
  level: { type: "string", default: "model" },
  seeds: { type: "string" },
  first: { type: "string", default: "1" },
  strategy: { type: "string", default: "random" },
  list: { type: "string", default: "array" },
  scheduler: { type: "string", default: "first-pending" },
  faults: { type: "boolean", default: false },
  bug: { type: "string" },
  bugs: { type: "boolean", default: false },
  load: { type: "string" },
  replay: { type: "string" },
  out: { type: "string", default: "reports/proof.json" },
  help: { type: "boolean", short: "h" },
} as const;

async function parse(args: readonly string[]): Promise<Options | undefined> {
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options: OPTIONS }));
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
  if (values.help) return undefined;
  const level = oneOf("level", values.level, ["model", "code"] as const);
  return {
    ...values,
    level,
    load: values.load === undefined ? undefined : parseLoad(await readFile(values.load)),
    seeds: whole("seeds", values.seeds ?? (level === "model" ? "20000" : "500")),
    first: whole("first", values.first),
    strategy: oneOf("strategy", values.strategy, Object.keys(STRATEGIES)),
    list: oneOf("list", values.list, ["array", "tree"] as const),
    scheduler: oneOf("scheduler", values.scheduler, ["first-pending", "look", "deadline"] as const),
  };
}

function oneOf<T extends string>(name: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw new UsageError(`Cannot use --${name} "${value}": it is one of ${known.join(", ")}`);
}

function whole(name: string, text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`Cannot use --${name} "${text}": give a whole number from 1`);
}

async function bugsOf(level: Level): Promise<readonly string[]> {
  return level === "model" ? BUGS.map(({ name }) => name) : await wasmMutations();
}

/** A line at the foot of a terminal; nothing where nobody looks. */
function footLine(): (text: string) => void {
  if (!Deno.stderr.isTerminal()) return () => {};
  const encoder = new TextEncoder();
  let next = 0;
  return (text) => {
    if (text && hostNow() < next) return;
    next = hostNow() + ms(100).ns;
    Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${text}`));
  };
}

async function main(args: readonly string[]): Promise<number> {
  const options = await parse(args);
  if (!options) {
    console.log(HELP.trimEnd());
    return 0;
  }
  const { level, bug } = options;
  const known = await bugsOf(level);
  if (options.bugs) {
    console.log(known.join("\n"));
    return 0;
  }
  if (bug !== undefined) oneOf("bug", bug, known);
  if (options.replay !== undefined) return await replayFile(options.replay);
  let interrupted = false;
  const foot = footLine();
  Deno.addSignalListener("SIGINT", () => interrupted = true);
  if (level === "code") await buildWasm({ mutation: bug, progress: foot });
  const began = hostNow();
  const control = { ...options, stop: () => interrupted, progress: foot };
  const outcome = await (level === "model" ? searchModel : searchCode)(control);
  foot("");
  console.log(summary(options, outcome, (hostNow() - began) / 1e9));
  if (outcome.found) await keep(outcome.found, control);
  if (interrupted) return 130;
  return outcome.found ? 1 : 0;
}

function summary({ level, bug }: Options, { runs, counts, found }: Outcome, tookS: number): string {
  const planted = bug === undefined ? "" : ` with the defect ${bug}`;
  const verdict = found
    ? `${found.promise} is broken under seed ${found.log.seed}`
    : "no promise is broken";
  const rows = [...counts].map(([kind, { asked, fired }]) =>
    `  ${kind.padEnd(24)} ${String(fired).padStart(10)} of ${asked}`
  );
  return [
    `${level}${planted}: ${verdict}; ${runs} seeds in ${tookS.toFixed(1)} s`,
    "how often each kind of choice went another way than the quiet one:",
    ...rows,
  ].join("\n");
}

/** Makes it small, on the model if the model shows it too, and keeps it. */
async function keep(
  found: ProofRecording,
  control: Search & Pick<Options, "out">,
): Promise<void> {
  const small = await shrinkAnywhere(found, control);
  control.progress("");
  await Deno.writeTextFile(control.out, formatRecording(small));
  const again = await judgeAgain(small);
  console.log(again?.text ?? "It does not fail when it is run again: that is a defect of ours");
  console.log(`kept in ${control.out}; again: deno task prove --replay ${control.out}`);
}

async function shrinkAnywhere(found: ProofRecording, control: Search): Promise<ProofRecording> {
  if (found.level === "model") return await shrinkOnModel(found, control);
  const bug = BUGS.some(({ name }) => name === found.bug) ? found.bug : undefined;
  const { list, scheduler } = found as Pick<Search, "list" | "scheduler">;
  const faults = found.faults > 0;
  for (const strategy of Object.keys(STRATEGIES)) {
    const here = { ...control, list, scheduler, faults, bug, strategy };
    const same = await searchModel({ ...here, load: found.load, first: 1, seeds: 500 });
    if (same.found?.promise !== found.promise) continue;
    console.log("the model shows it too, under the same load: made small there");
    return await shrinkOnModel(same.found, control);
  }
  console.log("the model does not show it under the same load in 500 seeds of each strategy");
  return await shrinkOnCode(found, control);
}

/** @throws UsageError when there is no such file */
async function readFile(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new UsageError(`Cannot read "${file}": ${(cause as Error).message}`, { cause });
  }
}

async function replayFile(file: string): Promise<number> {
  const recording = parseRecording(await readFile(file));
  const again = await judgeAgain(recording);
  if (!again) {
    console.log(`${recording.promise} holds now: the failure is gone`);
    return 0;
  }
  console.log(again.text);
  return 1;
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main(Deno.args);
  } catch (error) {
    const isOurs = [UsageError, ProofRecordingError, LoadError].some((each) =>
      error instanceof each
    );
    if (!isOurs) throw error;
    console.error(`${(error as Error).message}\nSee "deno task prove --help"`);
    Deno.exitCode = 2;
  }
}
