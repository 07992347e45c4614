/** The HTML report: how long it takes to write, until a browser shows it, and until a scenario. */
import { Browser, browserAvailable } from "hil/drivers/browser/mod.ts";
import { HostClock } from "hil/drivers/host_clock.ts";
import { writeHtml } from "hil/report/html/mod.ts";
import { sampleRun, writeTrace } from "hil/report/html/_samples.ts";
import { normal } from "hil/history/_series.ts";
import { History, type RunResult } from "hil/report/mod.ts";
import { hostNow, Random } from "hil/time/mod.ts";
import { Timeline, type TraceBody } from "hil/trace/mod.ts";
import { atMost, type Benchmark, type BenchmarkContext, type Figure, median } from "./benchmark.ts";

const LIMIT = { writtenS: 3, shownMs: 1000 };
const EVENTS = 200;
/** Runs before it, of the same scenarios. */
const PAST = 100;
/** Of the long trace. */
const LONG_MB = 100;
/** About the bytes of an event. */
const AN_EVENT = 135;

export const report: Benchmark = {
  name: "report",
  title: "the HTML report of 1,000 scenarios, and of a trace of 100 MB, written and shown",
  conditions:
    `each scenario has a trace of ${EVENTS} events and a history of ${PAST} results; shown: from Chromium's start of the navigation ` +
    "to its first contentful paint, from disk; a scenario: from the click to its time axis",
  run: measure,
};

async function measure({ quick, folder, progress }: BenchmarkContext): Promise<readonly Figure[]> {
  const count = quick ? 100 : 1000, rounds = quick ? 2 : 5;
  progress("traces");
  const run = manyEvents(sampleRun(folder, count), folder);
  const path = `${folder}/reports/index.html`, history = `${folder}/reports/history.sqlite`;
  progress("history");
  await pastRuns(run, history, quick ? PAST / 10 : PAST);
  progress("written");
  const written: number[] = [];
  for (let round = 0; round < rounds; round++) {
    written.push(await timed(() => writeHtml(run, { root: folder, path, history })));
  }
  const long = await longTrace(folder, (quick ? LONG_MB / 20 : LONG_MB) * 1e6);
  const size = (await Deno.stat(path)).size;
  const seconds = median(written);
  return [
    {
      what: `${count} scenarios: written`,
      unit: "s",
      ours: seconds,
      ...(!quick && { wanted: atMost(seconds, LIMIT.writtenS, "s") }),
    },
    { what: "its size", unit: "MB", ours: size / 1e6 },
    {
      what: `a trace of ${Math.round(long.bytes / 1e6)} MB: written`,
      unit: "s",
      ours: long.seconds,
    },
    { what: "its size", unit: "MB", ours: (await Deno.stat(long.path)).size / 1e6 },
    ...await inBrowser({ folder, path, longPath: long.path, rounds, progress }),
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = hostNow();
  await work();
  return (hostNow() - begun) / 1e9;
}

/** The samples have some twenty events each: a console, and requests, are added to them. */
function manyEvents(run: RunResult, root: string): RunResult {
  for (const [i, { attempts: [attempt] }] of run.results.entries()) {
    const folder = `${root}/${attempt!.trace.replace(/\/trace\.jsonl$/, "")}`;
    Deno.removeSync(`${folder}/trace.jsonl`);
    writeTrace(folder, events(EVENTS, i));
  }
  return run;
}

/** The same scenarios, with other durations and values. */
async function pastRuns(run: RunResult, path: string, count: number): Promise<void> {
  const warn = (text: string) => {
    throw new Error(text);
  };
  using history = new History(path, { warn });
  const random = new Random(1);
  const other = (value: number) => value * (1 + normal(random) / 20);
  const runs = Array.from({ length: count }, (_, number): RunResult => {
    const results = run.results.map((result) => ({
      ...result,
      attempts: result.attempts.map((attempt) => ({
        ...attempt,
        durationNs: other(attempt.durationNs),
        measurements: attempt.measurements.map((one) => ({ ...one, value: other(one.value ?? 0) })),
      })),
    }));
    return { ...run, id: `past${number}`, results };
  });
  await history.record(...runs);
}

function* events(count: number, seed: number): Generator<readonly [number, TraceBody]> {
  for (let i = 0; i < count; i++) {
    const t = i * 500_000 + seed * 7;
    const id = Math.floor(i / 4);
    const data = { drive: 0, id, operation: "read", lba: (seed * 31 + i * 7) % 4096, blocks: 1 };
    const text = `[${(t / 1e9).toFixed(6)}] block ${data.lba} of ${seed} was read by thread ${
      i % 9
    }\n`;
    const bodies: TraceBody[] = [
      { type: "signal", channel: "requests", kind: "read", data },
      { type: "signal", channel: "requests", kind: "done", data: { ...data, status: "ok" } },
      { type: "bytes", channel: "com1", dir: "rx", text },
      { type: "expect", what: `block ${data.lba} be whole`, ok: true },
    ];
    yield [t, bodies[i % 4]!];
  }
  yield [count * 500_000, { type: "end", outcome: "passed" }];
}

interface Long {
  readonly path: string;
  /** Of the trace. */
  readonly bytes: number;
  readonly seconds: number;
}

async function longTrace(root: string, bytes: number): Promise<Long> {
  const sample = sampleRun(`${root}/long`, 1);
  const [result] = sample.results;
  const folder = `${root}/long/reports/runs/r1/s0`;
  Deno.removeSync(`${folder}/trace.jsonl`);
  const trace = writeTrace(folder, events(Math.round(bytes / AN_EVENT), 1));
  const path = `${root}/long/reports/index.html`;
  const run = { ...sample, results: [result!] };
  const { size } = await Deno.stat(trace);
  return {
    path,
    bytes: size,
    seconds: await timed(() => writeHtml(run, { root: `${root}/long`, path })),
  };
}

interface Look {
  readonly folder: string;
  readonly path: string;
  readonly longPath: string;
  readonly rounds: number;
  readonly progress: (text: string) => void;
}

async function inBrowser(look: Look): Promise<Figure[]> {
  const available = await browserAvailable();
  if (!available.ok) throw new Error(`Cannot show it: ${available.reason}; ${available.remedy}`);
  const { folder, path, longPath, rounds, progress } = look;
  progress("shown");
  const timeline = new Timeline({ write: () => {} });
  const clock = timeline.clock = new HostClock(timeline);
  const places = { tempDir: folder, attachmentsDir: folder };
  await using browser = await Browser.open({ timeline, clock, ...places });
  const { page } = await browser.tab("report");
  const shown: number[] = [], opened: number[] = [], longOpened: number[] = [];
  const open = async () => {
    const begun = hostNow();
    await page.locator(".virtual [role=option]").first().click();
    await page.locator(".timeline .range").filter({ hasText: "all" }).waitFor();
    return (hostNow() - begun) / 1e6;
  };
  for (let round = 0; round < rounds; round++) {
    await page.goto("about:blank");
    await page.goto(`file://${path}`);
    const paint = await page.waitForFunction(
      "performance.getEntriesByName('first-contentful-paint')[0]?.startTime",
    );
    shown.push(await paint.jsonValue() as number);
    opened.push(await open());
    await page.goto("about:blank");
    await page.goto(`file://${longPath}`);
    longOpened.push(await open());
  }
  const ms = median(shown);
  return [
    { what: "first shown", unit: "ms", ours: ms, wanted: atMost(ms, LIMIT.shownMs, "ms") },
    { what: "a scenario: shown", unit: "ms", ours: median(opened) },
    { what: "that of the long trace: shown", unit: "ms", ours: median(longOpened) },
  ];
}
