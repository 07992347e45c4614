/** Replays of the simulated board with its operating system: speed, and time travel. */
import { loadBench } from "hil/bench/mod.ts";
import { DEFAULT_BENCH, ROOT } from "hil/cli/paths.ts";
import { reexecute } from "hil/replay/reexecute/mod.ts";
import { type Goal, Moments, runHeld, type Stop, travel } from "hil/replay/seek/mod.ts";
import { runScenarios } from "hil/runner/mod.ts";
import { hostNow, minutes, ms, Random, seconds } from "hil/time/mod.ts";
import { readTrace } from "hil/trace/mod.ts";
import { atLeast, atMost, type BenchmarkContext, type Figure, median } from "./benchmark.ts";
import { played } from "./replay_playback.ts";

const SEEKS = 20;
const SEEK_LIMIT_S = 1;
const INTERVAL = ms(500);
const ROUNDS = 3;

/**
 * Up, then so many seconds: in every minute, two of both applications at work; else the processor
 * waits for the tick, a button is pressed and a question asked.
 */
const scenario = (totalS: number) => `
import { ms, scenario, seconds } from "hil";
import { beagleBone, osFiles, tftpServer } from "sims/bbb/mod.ts";

const uses = {
  board: beagleBone({ emmc: { uboot: "bookworm" } }),
  tftp: tftpServer({ files: await osFiles() }),
};
scenario("${totalS} s of the operating system", { uses, timeout: seconds(36_000) }, async ({ board, tftp }) => {
  const os = await board.toOs({ tftp, within: seconds(60) });
  const button = board.gpio.input(66);
  const pass = (s: number) => board.clock.until(() => undefined, seconds(s));
  for (let second = 0; second < ${totalS}; second += 20) {
    const work = second % 60 === 0;
    if (work && second > 0) for (const app of [1, 2]) await os.run(\`start \${app}\`);
    await pass(2);
    if (work) for (const app of [1, 2]) await os.run(\`stray \${app} null\`);
    for (let n = 0; n < 3; n++) {
      await pass(5.5);
      await button.press({ hold: ms(40) });
      await os.run("ticks");
    }
  }
});
`;

export async function replaySpeed(context: BenchmarkContext): Promise<Figure[]> {
  const { progress, quick, folder } = context;
  const totalS = quick ? 20 : 60;
  const times = { recorded: [] as number[], again: [] as number[], played: [] as number[] };
  let trace = "";
  for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
    progress(`records ${totalS} s of the board`);
    const recorded = await record(folder, totalS, `r${round}`);
    trace = recorded.trace;
    times.recorded.push(recorded.seconds);
    progress("runs it again");
    times.again.push(await again(folder, trace));
    progress("plays it without the board");
    times.played.push(await played(folder, trace));
  }
  // The best rounds: it is the same work again, and what else the machine does is no part of it.
  const then = Math.min(...times.recorded);
  const figure = (what: string, now: number): Figure => ({
    ...{ what: `${totalS} s of the board ${what}`, unit: "s", ours: now },
    peer: { name: "recorded", value: then },
    wanted: atLeast(Math.round(10 * then / now) / 10, 1, "x its recording"),
  });
  return [figure("again", Math.min(...times.again)), figure("played", Math.min(...times.played))];
}

async function record(folder: string, totalS: number, name: string) {
  const file = `${folder}/board.scenario.ts`;
  await Deno.writeTextFile(file, scenario(totalS));
  const bench = await loadBench(DEFAULT_BENCH);
  const reports = `${folder}/${name}`;
  const result = await runScenarios({
    ...{
      root: ROOT,
      files: [file],
      bench,
      use: new Map(),
      jobs: 1,
      seed: 1,
      repeat: 1,
      retries: 0,
    },
    ...{ reports, junit: `${reports}/junit.xml`, argv: [], reporters: [] },
  });
  const attempt = result.results[0]?.attempts[0];
  if (attempt?.outcome !== "passed") {
    throw new Error(`the board did not come up: ${attempt?.failure?.message ?? result.problems}`);
  }
  return { trace: attempt.trace, seconds: attempt.durationNs / 1e9 };
}

async function again(folder: string, trace: string): Promise<number> {
  const { header } = await readTrace(trace);
  const bench = await loadBench(DEFAULT_BENCH);
  const { compared, result } = await reexecute({
    ...{ trace, header, bench, root: ROOT, reports: `${folder}/again`, argv: [], reporters: [] },
  });
  if (!compared || compared.difference) throw new Error("it was not the same again");
  return result.results[0]!.attempts[0]!.durationNs / 1e9;
}

export async function timeTravel(context: BenchmarkContext): Promise<Figure[]> {
  const { progress, quick, folder, note } = context;
  const total = quick ? seconds(40) : minutes(10);
  progress(`records ${total} of the board`);
  const { trace, seconds: recorded } = await record(folder, total.ns / 1e9, "long");
  const { header } = await readTrace(trace);
  const bench = await loadBench(DEFAULT_BENCH);
  const common = { trace, header, bench, root: ROOT };
  progress("keeps moments of it");
  const began = hostNow();
  const { compared } = await runHeld({
    ...{ ...common, goal: { to: "end" } },
    moments: { folder: `${folder}/moments`, intervalNs: INTERVAL.ns },
  });
  if (compared.difference) {
    throw new Error(
      `with moments kept, it is not the same: ${
        JSON.stringify(compared.difference).slice(0, 3000)
      }`,
    );
  }
  const kept = (hostNow() - began) / 1e9;
  using moments = Moments.open(`${folder}/moments`)!;
  note(
    `${moments.count} moments of ${moments.until / 1e9} s: ${
      (moments.size / 1e6).toFixed(0)
    } MB on disk`,
  );
  const random = new Random(1);
  const times: number[] = [];
  for (let seek = 0; seek < SEEKS; seek++) {
    progress(`goes to a time: ${seek + 1} of ${SEEKS}`);
    const goal: Goal = { to: "time", t: random.below(Math.floor(moments.until / 1000)) * 1000 };
    const begun = hostNow();
    const ask = ({ t }: Stop) => {
      if (t !== goal.t) throw new Error(`it stands at ${t}, not at ${goal.t}`);
      times.push((hostNow() - begun) / 1e9);
      return Promise.resolve({ to: "quit" } as const);
    };
    await travel({ ...common, moments, goal, ask });
  }
  const worst = Math.max(...times);
  return [
    { what: `to a random time of ${total}, median`, unit: "s", ours: median(times) },
    {
      ...{ what: `to a random time of ${total}, worst of ${SEEKS}`, unit: "s", ours: worst },
      wanted: atMost(worst, SEEK_LIMIT_S, "s"),
    },
    {
      ...{ what: `${total} with moments each ${INTERVAL}`, unit: "s", ours: kept },
      peer: { name: "recorded", value: recorded },
    },
  ];
}
