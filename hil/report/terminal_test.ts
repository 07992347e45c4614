import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Duration, seconds } from "../time/mod.ts";
import { attempt, EVERY_KIND, failed, result, run } from "./_samples.ts";
import { oneLine, type ScenarioResult, TerminalReporter } from "./mod.ts";
import { writtenReports } from "./_summary.ts";

/** A terminal with a screen, and a clock that stands still until it is told to go on. */
class Bench {
  written = "";
  columns = 60;
  rows = 10;
  nowNs = 0;
  gone = false;
  readonly alarms = new Map<() => void, Duration>();
  readonly reporter: TerminalReporter;

  constructor(readonly isTerminal: boolean, environment: Record<string, string> = {}) {
    this.reporter = new TerminalReporter({
      output: {
        isTerminal,
        write: (text) => {
          if (this.gone) throw new Deno.errors.BrokenPipe("Broken pipe");
          this.written += text;
        },
        size: () => ({ columns: this.columns, rows: this.rows }),
        env: (name) => environment[name],
      },
      ticker: {
        now: () => this.nowNs,
        every: (interval, callback) => {
          this.alarms.set(callback, interval);
          return () => this.alarms.delete(callback);
        },
      },
      junit: "reports/junit.xml",
      read: (path) => {
        if (path !== "runs/table.md") throw new Error("it is gone");
        return "one\n\x1b[2Jtwo\n";
      },
    });
  }

  begin(scenarios: readonly ScenarioResult[]): void {
    this.reporter.onBegin({ id: "r1", bench: "desk", seed: 7, jobs: 2, scenarios });
  }

  /** Lets time pass and rings whatever rings in it, once. */
  pass(duration: Duration): void {
    this.nowNs += duration.ns;
    for (const [callback, interval] of this.alarms) if (interval.ns <= duration.ns) callback();
  }

  /** What a person sees, including what scrolled away. Knows what a {@link LiveArea} writes. */
  get screen(): string[] {
    const lines = [""];
    let row = 0;
    // deno-lint-ignore no-control-regex
    for (const [token] of this.written.matchAll(/\x1b\[(\d*)([A-Za-z])|[^\x1b]/gu)) {
      const [, count, command] = token.match(/\[(\d*)(.)/) ?? [];
      if (token === "\n") lines[++row] ??= "";
      else if (token.length > 1 && command === "A") row -= Number(count);
      else if (token.length > 1 && command === "J") lines.splice(row, Infinity, "");
      else if (token.length > 1 && command === "m") continue;
      else if (token !== "\r") lines[row] += token;
      ok(row >= 0, "the cursor left the screen");
    }
    return lines.slice(0, -1);
  }
}

const PASSED = EVERY_KIND[0]!, FAILED = EVERY_KIND[1]!, FLAKY = EVERY_KIND[2]!;

Deno.test("what runs is at the foot with its time and step, results scroll above", () => {
  const bench = new Bench(true);
  bench.begin(EVERY_KIND);
  bench.reporter.onStart(PASSED, 1);
  bench.reporter.onStart(FAILED, 2);
  bench.reporter.onStep(FAILED, "boot");
  bench.pass(seconds(2.5));
  deepEqual(bench.screen, [
    "6 scenarios on the bench desk, seed 7",
    "    2.5 s  a write survives a power cut [diskcache=qemu]",
    "    2.5 s  reads & writes <in order> [d… (attempt 2) › boot",
    "    2.5 s  0 of 6 done",
  ]);
  bench.reporter.onResult(PASSED);
  deepEqual(bench.screen, [
    "6 scenarios on the bench desk, seed 7",
    "passed      a write survives a power cut [diskcache=qemu] (12.5 ms)",
    "    2.5 s  reads & writes <in order> [d… (attempt 2) › boot",
    "    2.5 s  1 of 6 done",
  ]);
  bench.reporter.onResult(FAILED);
  equal(bench.screen.length, 3);
});

Deno.test("of many that are skipped for one reason a few scroll by, and all are counted", () => {
  const bench = new Bench(true);
  bench.begin(Array.from({ length: 7 }, () => EVERY_KIND[3]!));
  bench.reporter.onStart(PASSED, 1);
  for (let i = 0; i < 7; i++) bench.reporter.onResult({ ...EVERY_KIND[3]!, name: `n${i}` });
  bench.pass(seconds(1));
  equal(bench.screen.filter((line) => line.startsWith("skipped")).length, 5);
  match(bench.screen.at(-1)!, / 7 of 7 done$/);
});

Deno.test("an attachment that is to be printed is, once its scenario has ended", () => {
  const bench = new Bench(true);
  bench.begin([]);
  const attachments = [
    { path: "runs/table.md", title: "the table", print: true },
    { path: "runs/plot.svg", title: "a plot" },
    { path: "runs/lost.md", title: "another", print: true },
  ] as const;
  bench.reporter.onResult(result({ name: "a", targets: {}, attempts: [attempt({ attachments })] }));
  deepEqual(bench.screen.slice(2, 6), [
    "the table:",
    "one",
    "two",
    "another: cannot be read from runs/lost.md: it is gone",
  ]);
});

Deno.test("a scenario keeps its line, and a retry takes the line of the first try", () => {
  const bench = new Bench(true);
  bench.begin([]);
  const [a, b, c] = ["a", "b", "c"].map((id) => result({ id, name: id, targets: {} }));
  bench.reporter.onStart(a!, 1);
  bench.reporter.onStart(b!, 1);
  bench.reporter.onStart(b!, 2);
  bench.reporter.onResult(a!);
  bench.reporter.onStart(c!, 1);
  bench.pass(seconds(1));
  deepEqual(bench.screen.slice(-2), ["    1.0 s  c", "    1.0 s  b (attempt 2)"]);
});

Deno.test("an interrupt in the middle leaves a clean terminal", () => {
  const bench = new Bench(true);
  bench.begin(EVERY_KIND);
  bench.reporter.onStart(PASSED, 1);
  bench.pass(seconds(1));
  bench.written += "^C";
  bench.reporter.close();
  bench.reporter.close();
  equal(bench.screen.length, 1);
  equal(bench.alarms.size, 0);
  // deno-lint-ignore no-control-regex
  ok(!/\x1b\[\?/.test(bench.written), "no mode of the terminal is changed");
});

Deno.test("lines fit the window, however narrow, wide its characters and long the names", () => {
  for (const columns of [1, 2, 12, 13, 20, 60]) {
    const bench = new Bench(true);
    bench.columns = columns;
    bench.begin([]);
    bench.written = "";
    bench.reporter.onStart(result({ id: "w", name: "漢字😀".repeat(30) }), 1);
    bench.reporter.onStart(result({ id: "x", name: "e\u0301".repeat(40), targets: {} }), 1);
    bench.reporter.onStep(result({ id: "w" }), "step ".repeat(30));
    bench.pass(seconds(1));
    for (const line of bench.screen) {
      let width = 0;
      for (const character of line) {
        width += /[漢字😀]/u.test(character) ? 2 : character === "\u0301" ? 0 : 1;
      }
      ok(width <= Math.max(1, columns - 1), `"${line}" takes ${width} of ${columns}`);
    }
  }
});

Deno.test("a window that became narrower is cleared of the rows that wrapped", () => {
  const bench = new Bench(true);
  bench.begin([]);
  bench.reporter.onStart(result({ name: "n".repeat(100), targets: {} }), 1);
  bench.pass(seconds(1));
  bench.written = "";
  bench.columns = 20; // 59 columns are now 3 rows.
  bench.pass(seconds(1));
  ok(bench.written.startsWith("\r\x1b[3A\x1b[J"), JSON.stringify(bench.written));
});

Deno.test("more scenarios than rows are counted, so that the cursor never leaves the screen", () => {
  const bench = new Bench(true);
  bench.begin([]);
  for (let i = 0; i < 50; i++) bench.reporter.onStart(result({ id: `${i}`, name: `n${i}` }), 1);
  bench.pass(seconds(1));
  equal(bench.screen.length - 1, 8);
  match(bench.screen.at(-1)!, /… and 43 more/);
});

Deno.test("nothing is written when nothing changed", () => {
  const bench = new Bench(true);
  bench.begin([]);
  bench.reporter.onProgress("building the guest kernel");
  const before = bench.written;
  bench.pass(seconds(1));
  equal(bench.written, before);
  match(bench.screen.at(-1)!, /building the guest kernel/);
});

Deno.test("colours are for terminals without NO_COLOR", () => {
  const coloured = (isTerminal: boolean, environment: Record<string, string>) => {
    const bench = new Bench(isTerminal, environment);
    bench.begin(EVERY_KIND);
    for (const one of EVERY_KIND) bench.reporter.onResult(one);
    bench.reporter.onEnd(run(EVERY_KIND));
    // deno-lint-ignore no-control-regex
    return /\x1b/.test(bench.written);
  };
  deepEqual(
    [coloured(true, {}), coloured(true, { NO_COLOR: "1" }), coloured(false, {})],
    [true, false, false],
  );
  equal(coloured(true, { TERM: "dumb" }), false);
});

Deno.test("a log has a line a result, and now and then what still runs", () => {
  const bench = new Bench(false);
  bench.begin([PASSED, FAILED]);
  bench.reporter.onProgress("building the guest kernel");
  bench.reporter.onStart(PASSED, 1);
  bench.reporter.onStep(PASSED, "flush");
  bench.pass(seconds(1));
  bench.pass(seconds(60));
  bench.reporter.onResult(PASSED);
  deepEqual(bench.written.split("\n"), [
    "2 scenarios on the bench desk, seed 7",
    "building the guest kernel",
    "running a write survives a power cut [diskcache=qemu] › flush (1 min 1 s so far)",
    "passed      a write survives a power cut [diskcache=qemu] (12.5 ms)",
    "",
  ]);
});

function has(text: string, part: string): void {
  ok(text.includes(part), text);
}

function summaryOf(results: readonly ScenarioResult[], more = {}): string {
  const bench = new Bench(false);
  bench.reporter.onEnd(run(results, more));
  return bench.written;
}

Deno.test("a failure says how to look around where it happened", () => {
  const replay = "deno task hil replay r/1/trace.jsonl --until 12.348s";
  const looked = result({
    outcome: "failed",
    attempts: [failed("no", { trace: "r/1/trace.jsonl", replay })],
  });
  has(summaryOf([looked]), `  trace: r/1/trace.jsonl\n  replay: ${replay}\n  reproduce: `);
});

Deno.test("the summary has each failure in full with its trace and how to reproduce it", () => {
  equal(
    summaryOf([FAILED]),
    `
FAILED reads & writes <in order> [diskcache=qemu]
  attempt 1 of 2:
  sector 12 holds "old"
    12.347402 s  disk 0 read 12
  at: scenarios/diskcache/cache.scenario.ts:37
  running: write › read back
  trace: reports/runs/r1/cache/trace.jsonl
  attempt 2 of 2:
  sector 12 is gone
  at: scenarios/diskcache/cache.scenario.ts:30
  trace: reports/runs/r1/cache-2/trace.jsonl
  reproduce: deno task hil scenarios/diskcache/cache.scenario.ts --seed 7

1 failed in 1.23 s (seed 7)
report: reports/junit.xml
`,
  );
});

Deno.test("the summary groups skips by reason, and shows flaky as flaky", () => {
  const skips = Array.from({ length: 7 }, (_, i) => ({ ...EVERY_KIND[3]!, name: `n${i}` }));
  const text = summaryOf([FLAKY, ...skips]);
  has(
    text,
    "\nFlaky\n  the cache warms up [diskcache=qemu]: failed 1 of 2 times\n    too slow\n",
  );
  has(text, "\nSkipped\n  7 because no board is on /dev/ttyUSB0\n    remedy: plug it in or");
  has(text, "\n    n0 [board=desk.bbb, tftp=local]\n");
  has(text, "\n    n4 [board=desk.bbb, tftp=local]\n    … and 2 more\n");
  match(text, /^7 skipped, 1 flaky in 1\.23 s/m);
});

Deno.test("a report that could not be written is not offered: there may be one of another run", () => {
  const full = "no space is left on the device";
  for (
    const [what, offered] of [
      ["JUnit report", ["html"]],
      ["HTML report", ["junit"]],
      ["result of the run", ["junit"]],
      ["history", ["junit", "html"]],
    ] as const
  ) {
    const problems = [`Cannot write the ${what} "x": ${full}`];
    const reports = writtenReports({ junit: "junit.xml", html: "index.html" }, problems);
    deepEqual(Object.keys(reports), offered);
  }
  deepEqual(writtenReports({}, []), {});
});

Deno.test("the summary names the slowest, the problems and an interruption", () => {
  const many = Array.from(
    { length: 9 },
    (_, i) => result({ name: `n${i}`, attempts: [attempt({ durationNs: (i + 1) * 61e9 })] }),
  );
  const text = summaryOf(many, { problems: ["Cannot read the history"], interrupted: true });
  has(text, "\nSlowest\n  9 min 9 s  n8 [diskcache=qemu]\n  8 min 8 s  n7 [");
  has(text, "\nProblems\n  Cannot read the history\n");
  match(text, /^9 passed in 1\.23 s, interrupted \(seed 7\)$/m);
  match(summaryOf([]), /^no scenarios in/m);
});

Deno.test("GitHub gets annotations with every special character escaped, and folded output", () => {
  const bench = new Bench(false, { GITHUB_ACTIONS: "true" });
  bench.reporter.onResult(result({
    name: "a: b, c%",
    targets: {},
    outcome: "failed",
    attempts: [failed("50% lost\n::set-env name=x::y", { output: "::error::fake\r\n##[error]x" })],
  }));
  deepEqual(bench.written.split("\n").slice(1), [
    "::group::output of a: b, c%25",
    "| ::error::fake",
    "## [error]x",
    "::endgroup::",
    "::error file=scenarios/diskcache/cache.scenario.ts,line=14,title=a%3A b%2C c%25::" +
    "50%25 lost%0A::set-env name=x::y%0A" +
    "reproduce: deno task hil scenarios/diskcache/cache.scenario.ts --seed 7",
    "",
  ]);
  bench.reporter.onResult(FLAKY);
  match(bench.written, /^::warning file=.*::flaky: too slow/m);
  bench.reporter.onEnd(run([], { problems: ["Cannot x"] }));
  match(bench.written, /^::warning::Cannot x$/m);
});

Deno.test("no line of a failure can be a command to GitHub", () => {
  const bench = new Bench(false, { GITHUB_ACTIONS: "true" });
  const attempts = [failed("x\n  ::stop-commands::pause")];
  bench.reporter.onEnd(run([result({ outcome: "failed", attempts })]));
  match(bench.written, /^ +\| ::stop-commands::pause$/m);
});

Deno.test("control characters in names and messages do not reach the terminal", () => {
  const bench = new Bench(true, { NO_COLOR: "1" });
  const evil = "\x1b[2Jgone\x07\x9b31m\u202e\r";
  const one = result({ name: evil, outcome: "failed", attempts: [failed(evil + "\nmore" + evil)] });
  bench.begin([one]);
  bench.reporter.onStart(one, 1);
  bench.reporter.onStep(one, evil);
  bench.reporter.onProgress(evil);
  bench.pass(seconds(1));
  bench.reporter.onResult(one);
  bench.reporter.onEnd(run([one], { problems: [evil] }));
  // deno-lint-ignore no-control-regex
  const rest = bench.written.replace(/\r\x1b\[\d+A\x1b\[J/g, "");
  // deno-lint-ignore no-control-regex
  ok(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(rest), JSON.stringify(rest));
  ok(oneLine(evil).includes("gone"));
});

Deno.test("a pipe that nobody reads any more does not fail the run", () => {
  const bench = new Bench(false);
  bench.begin([PASSED]);
  bench.gone = true;
  bench.reporter.onResult(PASSED);
  bench.reporter.onEnd(run([PASSED]));
  equal(bench.alarms.size, 0);
});
