/** The JUnit report of a long night: how long it takes to write, beside a builder from npm. */
import { EVERY_KIND, run } from "hil/report/_samples.ts";
import { type RunResult, writeJunit } from "hil/report/mod.ts";
import { hostNow } from "hil/time/mod.ts";
import commonJs, { type Builder } from "junit-report-builder";
import {
  alternate,
  atMost,
  type Benchmark,
  type BenchmarkContext,
  type Figure,
} from "./benchmark.ts";

const LIMIT_MS = 500;
/** Its types describe an ES module, which it is not. */
const builder = commonJs as unknown as Builder;

export const junit: Benchmark = {
  name: "junit",
  title: "the JUnit report of 10,000 scenarios of every outcome, beside npm junit-report-builder",
  conditions:
    "ours: from the result in memory to the file, with attempts, attachments, measurements and all " +
    "escaped; the peer's: name, class, file, time, message, text and output of the same cases",
  run: measure,
};

async function measure({ quick, folder }: BenchmarkContext): Promise<readonly Figure[]> {
  const count = quick ? 1_000 : 10_000, rounds = quick ? 3 : 7;
  const result = manyCases(count);
  const { ours, peer } = await alternate(rounds, {
    ours: () => timed(() => writeJunit(result, `${folder}/ours.xml`)),
    peer: () => timed(() => build(result, `${folder}/peer.xml`)),
  });
  const { size } = await Deno.stat(`${folder}/ours.xml`);
  return [
    {
      what: `${count} cases: written`,
      unit: "ms",
      ours,
      peer: { name: "junit-report-builder", value: peer },
      ...(!quick && { wanted: atMost(ours, LIMIT_MS, "ms") }),
    },
    {
      what: "its size",
      unit: "MB",
      ours: size / 1e6,
      peer: { name: "its", value: (await Deno.stat(`${folder}/peer.xml`)).size / 1e6 },
    },
  ];
}

function manyCases(count: number): RunResult {
  return run(Array.from({ length: count }, (_, n) => {
    const kind = EVERY_KIND[n % EVERY_KIND.length]!;
    const file = kind.file.replace(/\./, `${n % 40}.`);
    return { ...kind, file, name: `${kind.name} ${n}`, id: `${kind.id} ${n}` };
  }));
}

async function timed(work: () => unknown): Promise<number> {
  const begun = hostNow();
  await work();
  return (hostNow() - begun) / 1e6;
}

function build({ results }: RunResult, path: string): void {
  const report = builder.newBuilder();
  const suites = Map.groupBy(results, ({ file }) => file);
  for (const [file, results] of suites) {
    const suite = report.testSuite().name(file);
    for (const { name, attempts, skip } of results) {
      const test = suite.testCase().className(file).name(name).file(file);
      const attempt = attempts.at(-1);
      test.time((attempt?.durationNs ?? 0) / 1e9);
      if (skip) test.skipped();
      if (attempt?.failure) {
        const { name, message, stack } = attempt.failure;
        test.failure(message, name).stacktrace(stack ?? message);
      }
      if (attempt?.output) test.standardOutput(attempt.output);
    }
  }
  report.writeTo(path);
}
