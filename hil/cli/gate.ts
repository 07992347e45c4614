/**
 * `deno task test`: every check there is, one after another. All of them run whatever fails; the
 * last line is `N passed, N failed`, with what was skipped when something was. Exit code 1 when
 * anything failed.
 */
import { BenchError, loadBench } from "../bench/mod.ts";
import { plainText } from "../report/mod.ts";
import { clearStale } from "../runner/mod.ts";
import { formatNs, hostNow, minutes, ms, seconds, withLimit } from "../time/mod.ts";
import {
  type Counts,
  countsText,
  FAILED,
  junitCounts,
  junitFailures,
  PASSED,
  SKIPPED,
  sum,
} from "./_counts.ts";
import { InstallError, setUp } from "./install.ts";
import { print } from "./output.ts";
import { DEFAULT_BENCH, ROOT, shownPath } from "./paths.ts";
import { progressView } from "./progress.ts";
import { loadTargets, TEST_TOOLS, toolsOf } from "./tools.ts";

/** A check: what it is, and how it is done. */
interface Gate {
  readonly name: string;
  /** Prints as it goes. */
  readonly run: () => Promise<Counts>;
}

const REPORTS = `${ROOT}/reports`;
const CAPTURE = `${ROOT}/fixtures/captures/guesses.pcapng`;
const REHEARSAL_BENCH = `${ROOT}/fixtures/benches/rehearsal.yaml`;
const PERMISSIONS = [
  ...["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-net"],
  ...["--allow-ffi", "--allow-sys=hostname,osRelease,cpus,uid"],
];

const GATES: readonly Gate[] = [
  { name: "set-up", run: getTools },
  // Unit tests too want what targets build and fetch.
  { name: "preparations", run: prepareTargets },
  { name: "format", run: deno(["fmt", "--check"]) },
  { name: "lint", run: deno(["lint"]) },
  { name: "types", run: deno(["check", "--quiet", "."]) },
  {
    // Side by side: they wait more than they compute. What others say comes after the first.
    name: "unit tests",
    run: async () =>
      sum(
        await Promise.all([
          unitTests("harness", ["--ignore=sims,scenarios,hil/cli,docs"]),
          unitTests("commands", ["hil/cli", "docs"], { aside: true }),
          unitTests("sims", ["sims", "scenarios"], { aside: true }),
        ]),
      ),
  },
  {
    name: "scenarios",
    run: () => scenarios("junit", DEFAULT_BENCH, ["--use", "diskcache=model,qemu"]),
  },
  {
    name: "capture",
    run: () =>
      scenarios("capture", DEFAULT_BENCH, [
        "scenarios/sipban/captures.scenario.ts",
        "--use",
        `pbx=capture:${CAPTURE}`,
      ]),
  },
  {
    // The path of a real board, with a simulated one at the other end of its cable: it has to keep
    // up with the time of this machine, so nothing runs beside it.
    name: "rehearsal",
    run: () => scenarios("rehearsal", REHEARSAL_BENCH, ["--grep", "@rehearsal"]),
  },
  {
    // What is known of chan_sip by measurement only, on a real one; it waits most of the time. And
    // scenarios that cannot fail prove nothing: each mutation has to be noticed.
    name: "chan_sip, mutations",
    run: async () =>
      sum(
        await Promise.all([
          scenarios("chan_sip", DEFAULT_BENCH, ["--use", "pbx=chan_sip", "--grep", "@chan_sip"], {
            aside: true,
          }),
          deno(["task", "--quiet", "mutate"])(),
        ]),
      ),
  },
];

function scenarios(
  name: string,
  bench: string,
  which: readonly string[],
  options: RunOptions = {},
): Promise<Counts> {
  const args = ["task", "--quiet", "hil", "--bench", bench, ...which];
  return deno(args, "--junit", `${REPORTS}/${name}.xml`, options)();
}

function unitTests(
  name: string,
  which: readonly string[],
  options: RunOptions = {},
): Promise<Counts> {
  const report = `${REPORTS}/unit-tests-${name}.xml`;
  // Types have been checked; without that, a wrong one takes all files with it.
  const args = ["test", "--no-check", ...PERMISSIONS, ...which];
  return deno(args, "--junit-path", report, options)();
}

/**
 * A gate that runs Deno at the root. It counts as one check, unless it writes a JUnit report.
 *
 * @param option that names the report's file
 */
function deno(
  args: readonly string[],
  option = "",
  report = "",
  options: RunOptions = {},
): () => Promise<Counts> {
  return async () => {
    if (report) await Deno.remove(report).catch(() => {}); // One of an earlier run counts nothing.
    const all = [...args, ...(report ? [`${option}=${report}`] : [])];
    let status = await runDeno(all, options);
    if (!report && status.signal === "SIGSEGV") {
      // Deno 2.9.6 crashes now and then as `deno lint` ends (seen elsewhere too: labs issue 6919
      // of commontoolsinc). That says nothing of what was checked.
      print(`"deno ${args[0]}" crashed with SIGSEGV; it is run once more`);
      status = await runDeno(all, options);
    }
    if (!report) return status.success ? PASSED : FAILED;
    const xml = await Deno.readTextFile(report);
    const counts = junitCounts(xml);
    if (counts.failed > 0) failures.push(...junitFailures(xml));
    if (status.success || counts.failed > 0) return counts;
    print(`Nothing in ${shownPath(report)} failed, but the exit code was ${status.code}`);
    return sum([counts, FAILED]);
  };
}

interface RunOptions {
  /** What it says is kept until it has ended. */
  readonly aside?: boolean;
}

async function runDeno(
  args: readonly string[],
  { aside = false }: RunOptions = {},
): Promise<Deno.CommandStatus> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { INIT_CWD: ROOT },
    stdin: "null",
    stdout: aside ? "piped" : "inherit",
    stderr: aside ? "piped" : "inherit",
  }).spawn();
  children.add(child);
  const said = aside && Promise.all([text(child.stdout), text(child.stderr)]);
  const status = await ended(child, args[0]!);
  children.delete(child);
  if (said) kept.push(...await said);
  return status;
}

async function text(stream: ReadableStream<Uint8Array>): Promise<string> {
  return await new Response(stream).text();
}

/** Far more than any gate takes: a test that waits for ever must not keep CI waiting. */
const LIMIT = minutes(20);
const GRACE = seconds(10);

async function ended(child: Deno.ChildProcess, name: string): Promise<Deno.CommandStatus> {
  return await withLimit(child.status, LIMIT, async () => {
    print(`"deno ${name}" has not ended within ${LIMIT}; it is killed`);
    child.kill("SIGTERM");
    return await withLimit(child.status, GRACE, () => {
      child.kill("SIGKILL");
      return child.status;
    });
  });
}

/**
 * Clears up after runs that were killed, and gets the programs that the targets of the default bench
 * and the unit tests need.
 */
async function getTools(): Promise<Counts> {
  const cleared = clearStale();
  if (cleared > 0) print(`cleared up after ${cleared} killed run(s)`);
  const view = progressView();
  try {
    const targets = await loadTargets(await loadBench(DEFAULT_BENCH, shownPath(DEFAULT_BENCH)));
    await setUp([...toolsOf(targets), ...TEST_TOOLS], view.show);
    return PASSED;
  } catch (error) {
    if (!(error instanceof InstallError || error instanceof BenchError)) throw error;
    view.clear();
    print(error.message);
    return FAILED;
  } finally {
    view.clear();
  }
}

/** Lets the targets of the default bench build and fetch what they need; each counts as one check. */
async function prepareTargets(): Promise<Counts> {
  const view = progressView();
  const all: Counts[] = [];
  for (const loaded of await loadTargets(await loadBench(DEFAULT_BENCH))) {
    const { role, name, options } = loaded.target;
    try {
      if ("error" in loaded) throw loaded.error;
      const got = await loaded.module.prepare?.(options, view.show);
      view.clear();
      if (got?.ok === false) {
        print(`${role}=${name} is not to be had: ${got.reason}; ${got.remedy}`);
      }
      all.push(got?.ok === false ? SKIPPED : PASSED);
    } catch (error) {
      view.clear();
      failures.push(`Cannot prepare ${role}=${name}: ${(error as Error).message}`);
      print(failures.at(-1)!);
      all.push(FAILED);
    }
  }
  return sum(all);
}

/** What failed, for the end: above it are thousands of lines. */
const failures: string[] = [];
const failed: string[] = [];

const children = new Set<Deno.ChildProcess>();
/** What was said {@link RunOptions.aside}. */
const kept: string[] = [];
let interrupted = false;

/** A terminal interrupts the child too; whoever sends SIGTERM means us alone. */
function listenForSignals(): void {
  Deno.addSignalListener("SIGINT", () => void (interrupted = true));
  Deno.addSignalListener("SIGTERM", () => {
    interrupted = true;
    for (const child of children) child.kill("SIGTERM");
  });
}

async function runGate({ name, run }: Gate): Promise<Counts> {
  const begun = hostNow();
  print(`── ${name}`);
  let counts: Counts;
  try {
    counts = await run();
  } catch (error) {
    print(`${name} ended without a result: ${(error as Error).message}`);
    counts = FAILED;
  }
  for (const text of kept.splice(0)) if (text) print(text.trimEnd());
  if (counts.failed > 0) failed.push(name);
  const took = ms(Math.round((hostNow() - begun) / 1e6));
  const verdict = counts.failed > 0 ? "FAILED" : "ok";
  print(`── ${name}: ${verdict}, ${countsText(counts)} in ${formatNs(took.ns)}\n`);
  return counts;
}

listenForSignals();
const results: Counts[] = [];
for (const gate of GATES) {
  if (!interrupted) results.push(await runGate(gate));
}
const total = sum(results);
if (failed.length > 0) {
  print(`── failed: ${failed.join(", ")}`);
  for (const failure of failures) print(plainText(failure));
  print("");
}
print(countsText(total));
Deno.exit(interrupted ? 130 : total.failed > 0 ? 1 : 0);
