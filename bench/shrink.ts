/**
 * Traces of some 10,000 events of the disk cache model with a planted defect, made small: by `hil
 * shrink` as a user runs it, and its search beside plain delta debugging of calls, which knows
 * nothing of what comes of what, nor of waits and arguments.
 */
import { ddmin } from "hil/explore/mod.ts";
import { Lab } from "hil/cli/shrink_lab.ts";
import { readProgram } from "hil/replay/program/mod.ts";
import { type Fails, findingsOf, shrinkOverSeeds, wantedOf } from "hil/replay/shrink/mod.ts";
import { type Script, scriptOf } from "hil/replay/typescript/mod.ts";
import { hostNow, seconds } from "hil/time/mod.ts";
import { readTrace } from "hil/trace/mod.ts";
import { atMost, type Benchmark, type BenchmarkContext, type Figure, median } from "./benchmark.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const MODEL = new URL("../sims/diskcache/targets/model.ts", import.meta.url).href;
const SCENARIO = `${ROOT}bench/shrink_load.scenario.ts`;
const LIMIT = { seconds: 60, events: 20 };
const SEED = 7;
/** As many as `hil shrink` tries for each thing that could be left out. */
const OTHER_SEEDS = 100;
/** … and for each call that could be in the place of another. */
const EXCHANGE_SEEDS = 20;
/** Of each client: 10,000 events or more. */
const OPERATIONS = 300;
/** Those that keep the load running to its end. */
const DEFECTS = [
  "copies-unprotected",
  "evicts-in-use",
  "find-ignores-drive",
  "flush-not-sent",
  "reads-fill-pending",
  "wrong-lba-byte",
];

interface Row {
  readonly defect: string;
  readonly events: number;
  readonly calls: number;
  /** `hil shrink`, with its start, its last run and its file. */
  readonly wholeS: number;
  readonly ours: Contestant;
  readonly plain: Contestant;
}

interface Contestant {
  readonly tookS: number;
  readonly tries: number;
  readonly calls: number;
  /** Calls, returns and signals of what is left. */
  readonly events: number;
  readonly complete: boolean;
}

export const shrink: Benchmark = {
  name: "shrink",
  title: "traces of 10,000 events of the disk cache model with a planted defect, made small",
  conditions: `${OPERATIONS} operations of each of four clients on two drives, seed ${SEED}, ` +
    `judged by the oracle; the peer: plain ddmin of calls, in the same process, after ` +
    `${LIMIT.seconds} s stopped; events of what is left: calls, returns and signals`,
  async run(context) {
    const rows: Row[] = [];
    for (const defect of context.quick ? DEFECTS.slice(0, 2) : DEFECTS) {
      rows.push(await measured(defect, context));
    }
    context.note(rows.map(text).join("\n"));
    return figures(rows);
  },
};

function figures(rows: readonly Row[]): Figure[] {
  const slowest = Math.max(...rows.map(({ wholeS }) => wholeS));
  const largest = Math.max(...rows.map(({ ours }) => ours.events));
  const of = (what: (row: Row) => number) => median(rows.map(what));
  const events = of(({ ours }) => ours.events);
  const peer = (what: (plain: Contestant) => number) => ({
    name: "plain ddmin",
    value: of(({ plain }) => what(plain)),
  });
  return [
    { what: "events of the traces, least", unit: "", ours: Math.min(...rows.map((r) => r.events)) },
    {
      ...{ what: "hil shrink, the slowest defect", unit: "s", ours: slowest },
      wanted: atMost(slowest, LIMIT.seconds, "s"),
    },
    {
      ...{ what: "events left, most", unit: "", ours: largest },
      wanted: atMost(largest, LIMIT.events, "events"),
    },
    {
      ...{ what: "the search, median", unit: "s", ours: of(({ ours }) => ours.tookS) },
      peer: peer(({ tookS }) => tookS),
    },
    {
      ...{ what: "its tries, median", unit: "", ours: of(({ ours }) => ours.tries) },
      peer: peer(({ tries }) => tries),
    },
    {
      ...{ what: "calls left, median", unit: "", ours: of(({ ours }) => ours.calls) },
      peer: peer(({ calls }) => calls),
    },
    {
      ...{ what: "events left, median", unit: "", ours: events },
      peer: peer(({ events }) => events),
      wanted: atMost(events, LIMIT.events, "events"),
    },
  ];
}

function text({ defect, events, calls, wholeS, ours, plain }: Row): string {
  const of = ({ calls, events, tries, tookS, complete }: Contestant) =>
    `${calls} calls, ${events} events in ${tries} tries, ${tookS.toFixed(1)} s` +
    (complete ? "" : " (stopped)");
  return `${defect}: ${events} events, ${calls} calls; hil shrink ${wholeS.toFixed(1)} s; ` +
    `search: ${of(ours)}; plain ddmin: ${of(plain)}`;
}

async function measured(defect: string, { folder, progress }: BenchmarkContext): Promise<Row> {
  progress(`${defect}: the trace`);
  const own = `${folder}/${defect}`;
  await Deno.mkdir(own);
  const bench = `bench: planted
roles:
  diskcache:
    default: planted
    targets:
      planted: { module: ${new URL(MODEL).pathname}, options: { bug: ${defect} } }
`;
  await Deno.writeTextFile(`${own}/bench.yaml`, bench);
  const trace = await recorded(own);
  let events = 0;
  for await (const _ of await readTrace(trace)) events++;
  progress(`${defect}: hil shrink`);
  const began = hostNow();
  await hil(["shrink", trace, "--bench", `${own}/bench.yaml`, "-o", `${own}/small.scenario.ts`], 0);
  const wholeS = (hostNow() - began) / 1e9;
  const program = await readProgram(trace);
  const target = { role: "diskcache", name: "planted", module: MODEL, options: { bug: defect } };
  const lab = await Lab.open([target], { folder: own, progress });
  const script = scriptOf(program);
  const found = [...findingsOf(await lab.play(script, { seed: SEED }), lab.oracles)];
  const wanted = wantedOf(found, program.failure);
  if (!wanted) throw new Error(`the load with the defect ${defect} does not fail again`);
  const fails = async (script: Script, seed: number) =>
    [...findingsOf(await lab.play(script, { seed }), lab.oracles)]
      .some(({ key }) => key === wanted.key);
  const size = async (script: Script, seed: number) =>
    (await lab.play(script, { seed })).events.length + 2 * script.actions.length;
  const underSeeds = {
    seed: SEED,
    others: () => OTHER_SEEDS,
    exchanged: () => EXCHANGE_SEEDS,
    size,
  };
  progress(`${defect}: plain ddmin`);
  const plain = await contest(
    lab,
    (tried) => plainly(script, (script) => tried(fails(script, SEED))),
  );
  progress(`${defect}: the search`);
  const ours = await contest(
    lab,
    (tried) => shrinkOverSeeds(script, (script, seed) => tried(fails(script, seed)), underSeeds),
  );
  return { defect, events, calls: script.actions.length, wholeS, ours, plain };
}

async function contest(
  lab: Lab,
  make: (
    tried: (fails: Promise<boolean>) => Promise<boolean>,
  ) => Promise<{ readonly script: Script; readonly complete: boolean; readonly seed: number }>,
): Promise<Contestant> {
  const began = hostNow();
  let tries = 0;
  const { script, complete, seed } = await make((fails) => {
    tries++;
    return fails;
  });
  const tookS = (hostNow() - began) / 1e9;
  const { events, results } = await lab.play(script, { seed });
  const made = [...results.values()].filter(({ unmade }) => !unmade).length;
  return { tookS, tries, calls: made, events: events.length + 2 * made, complete };
}

/** Each call by itself: one whose object is gone is made in vain. */
async function plainly(script: Script, fails: Fails) {
  const until = hostNow() + seconds(LIMIT.seconds).ns;
  let best = script;
  let complete = true;
  const only = (ids: readonly number[]): Script => {
    const kept = new Set(ids);
    const actions = script.actions.filter(({ id }) => kept.has(id));
    return {
      ...script,
      actions: actions.map((action) => ({
        ...action,
        awaits: action.awaits.filter((id) => kept.has(id)),
      })),
    };
  };
  await ddmin(script.actions.map(({ id }) => id), async (some) => {
    if (hostNow() > until) complete = false;
    if (!complete) return false;
    return await fails(only(some));
  }, (some) => best = only(some));
  return { script: best, complete, seed: SEED };
}

async function recorded(folder: string): Promise<string> {
  const args = [SCENARIO, "--bench", `${folder}/bench.yaml`, "--seed", `${SEED}`];
  await hil([...args, "--reports", `${folder}/reports`], 1, { N: `${OPERATIONS}` });
  const runs = `${folder}/reports/runs`;
  for (const run of Deno.readDirSync(runs)) {
    for (const { name, isDirectory } of Deno.readDirSync(`${runs}/${run.name}`)) {
      if (isDirectory) return `${runs}/${run.name}/${name}/trace.jsonl`;
    }
  }
  throw new Error(`there is no trace below ${runs}`);
}

/** @throws Error when it does not end with `wanted` */
async function hil(args: readonly string[], wanted: number, env = {}): Promise<void> {
  const task: string = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)).tasks.hil;
  const command = new Deno.Command(Deno.execPath(), {
    args: [...task.split(" ").slice(1), ...args],
    ...{ cwd: ROOT, env, stdin: "null", stdout: "null", stderr: "piped" },
  });
  const { code, stderr } = await command.output();
  if (code !== wanted) {
    throw new Error(`hil ${args[0]} ended with ${code}: ${new TextDecoder().decode(stderr)}`);
  }
}
