/** The history: how long questions take when there is much of it, and how well changes are found. */
import { changePoints } from "hil/history/mod.ts";
import { correlated, madeSeries, normal, withOutliers } from "hil/history/_series.ts";
import { attempt, failed, result, run } from "hil/report/_samples.ts";
import {
  History,
  type HistoryRange,
  junitXml,
  type RunResult,
  viewHistory,
} from "hil/report/mod.ts";
import { hostNow, Random } from "hil/time/mod.ts";
import { atMost, type Benchmark, type BenchmarkContext, type Figure, median } from "./benchmark.ts";
import { needPython, python } from "./python.ts";

const LIMIT_MS = 200;
const SIZE = { runs: 1000, scenarios: 400, measurements: 3 };
/** Of JUnit files: to read all takes the peer minutes. */
const JUNIT_FILES = 100;
const DEBIAN = "python3";

export const history: Benchmark = {
  name: "history",
  title:
    "questions of 1,000 runs of 400 scenarios, beside JUnit files; changes, beside a threshold",
  conditions:
    `each result has ${SIZE.measurements} measurements; a question is from opening the file to all ` +
    "figures, the file in the page cache; the script reads a tenth of the files, and its time is " +
    "taken tenfold; series: normal noise, with 5 % of outliers ten times as far off, or " +
    "as of load that comes and goes (each value has half of the one before it)",
  run: measure,
};

async function measure(context: BenchmarkContext): Promise<readonly Figure[]> {
  return [...await questions(context), ...changes(context)];
}

async function questions({ quick, folder, progress }: BenchmarkContext): Promise<Figure[]> {
  const runs = quick ? 100 : SIZE.runs, rounds = quick ? 3 : 9;
  const path = `${folder}/history.sqlite`;
  progress(`${runs} runs`);
  const recordMs = await fill(path, runs);
  progress("questions");
  const ask = async (range: HistoryRange, most = Infinity) => {
    const taken: number[] = [];
    for (let round = 0; round < rounds; round++) {
      taken.push(
        await timed(() =>
          viewHistory(path, path, (view) => {
            for (const one of view.scenarios().slice(0, most)) view.history(one, range);
          })
        ),
      );
    }
    return median(taken);
  };
  const none = () => false;
  const table = await ask({ measurements: none });
  const whole = await ask({ measurements: none, limit: runs });
  const one = await ask({ limit: runs, changes: true }, 1);
  const all = await ask({ changes: true });
  progress("JUnit files");
  const files = quick ? 10 : JUNIT_FILES;
  const peerMs = await junitFiles(`${folder}/junit`, files) * runs / files;
  const peer = { name: "Python, JUnit files", value: peerMs };
  const wanted = (ms: number) => quick ? {} : { wanted: atMost(ms, LIMIT_MS, "ms") };
  const of = `${runs} runs`;
  return [
    { what: `${of}: table of all scenarios`, unit: "ms", ours: table, peer, ...wanted(table) },
    { what: `${of}: the same over all results`, unit: "ms", ours: whole, peer },
    { what: `${of}: one scenario, all there is`, unit: "ms", ours: one, ...wanted(one) },
    { what: `${of}: changes in all scenarios`, unit: "ms", ours: all },
    { what: "a run of 400 scenarios: recorded", unit: "ms", ours: recordMs },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = hostNow();
  await work();
  return (hostNow() - begun) / 1e6;
}

/** @returns the median time to record one run, in milliseconds */
async function fill(path: string, runs: number): Promise<number> {
  const warn = (text: string) => {
    throw new Error(text);
  };
  using history = new History(path, { warn });
  const random = new Random(1);
  const taken: number[] = [];
  for (let number = 1; number <= runs; number++) {
    const made = runOf(number, random);
    taken.push(await timed(() => history.record(made)));
  }
  return median(taken);
}

function runOf(number: number, random: Random): RunResult {
  const results = Array.from({ length: SIZE.scenarios }, (_, i) => {
    const measurements = Array.from({ length: SIZE.measurements }, (_, n) => ({
      ...{
        type: "measure",
        name: `measurement ${n}`,
        value: 5 + normal(random),
        unit: "ms",
      } as const,
      ...{ within: [null, 20], verdict: "pass" } as const,
    }));
    const some = { durationNs: Math.round(1e8 + 1e7 * normal(random)), measurements };
    const bad = random.chance(0.02);
    const file = `scenarios/${i % 20}/some.scenario.ts`;
    return result({
      ...{ id: `${file}#scenario ${i} [diskcache=qemu]`, name: `scenario ${i}`, file },
      outcome: bad ? "failed" : "passed",
      attempts: [bad ? failed("no", some) : attempt(some)],
    });
  });
  const startedAt = new Date(Date.UTC(2026, 0, 1) + number * 3600e3).toISOString();
  return run(results, { id: `r${number}`, startedAt });
}

async function junitFiles(folder: string, count: number): Promise<number> {
  await needPython("xml.etree", DEBIAN);
  const xml = junitXml(runOf(1, new Random(1)));
  await Deno.mkdir(folder);
  for (let i = 0; i < count; i++) await Deno.writeTextFile(`${folder}/${i}.xml`, xml);
  return Number(await python("history_junit.py", [folder]));
}

const RUNS = 60;
/** After this many runs a change is looked for. */
const AFTER = 5;

function changes({ quick, progress }: BenchmarkContext): Figure[] {
  const seeds = quick ? 40 : 400;
  const kinds = [
    ...[["normal noise", () => normal], ["outliers", () => withOutliers]] as const,
    ["load", correlated] as const,
  ];
  return kinds.flatMap(([name, noise]): Figure[] => {
    progress(name);
    const share = (steps: readonly (readonly [number, number])[], hit: Finder) => {
      let found = 0;
      for (let seed = 0; seed < seeds; seed++) {
        if (hit(madeSeries({ length: RUNS, steps, noise: noise(), seed }))) found++;
      }
      return 100 * found / seeds;
    };
    const step = [[RUNS - AFTER, 3]] as const;
    const near = (at: number | undefined) => at !== undefined && Math.abs(at - (RUNS - AFTER)) <= 2;
    const ours = (values: readonly number[]) => {
      return changePoints(values, { leastEffect: 0 }).map(({ index }) => index);
    };
    const peer = (value: number) => ({ name: "threshold of 3 σ", value });
    return [
      {
        ...{ what: `${name}: a step of 3 σ is found within ${AFTER} runs`, unit: "%" },
        ours: share(step, (values) => ours(values).some(near)),
        peer: peer(share(step, (values) => near(threshold(values)))),
      },
      {
        ...{ what: `${name}: false alarms in ${RUNS} runs without one`, unit: "%" },
        ours: share([], (values) => ours(values).length > 0),
        peer: peer(share([], (values) => threshold(values) !== undefined)),
      },
    ];
  });
}

type Finder = (values: readonly number[]) => boolean;

/** Runs that it takes for what is usual. */
const USUAL = 20;

/** As dashboards do: the first value that is three deviations from the mean of those before it. */
function threshold(values: readonly number[]): number | undefined {
  for (let i = USUAL; i < values.length; i++) {
    const before = values.slice(i - USUAL, i);
    const mean = before.reduce((sum, value) => sum + value, 0) / USUAL;
    const square = before.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (USUAL - 1);
    if (Math.abs(values[i]! - mean) > 3 * Math.sqrt(square)) return i;
  }
  return undefined;
}
