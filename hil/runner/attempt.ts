/** One attempt, from the runner's side: asked of a worker, and told from its trace if that dies. */
import type { Attempt } from "../report/mod.ts";
import { TimeLimitError } from "../scenario/step.ts";
import { Duration, hostNow } from "../time/mod.ts";
import { type Failure, type Outcome, readTrace, TraceWriter } from "../trace/mod.ts";
import { relativeTo } from "./paths.ts";
import { replayCommand } from "./plan.ts";
import type { Assignment, AttemptReport } from "./protocol.ts";
import type { RunState } from "./run_state.ts";
import { Digest } from "./worker/digest.ts";
import { WorkerLost, type WorkerProcess } from "./worker_process.ts";

/** Lines of a dead worker's last words that go into the message. */
const LAST_LINES = 20;

export async function runAttempt(
  run: RunState,
  worker: WorkerProcess,
  { assignment, name }: { readonly assignment: Assignment; readonly name: string },
): Promise<Attempt> {
  const began = hostNow();
  let report: AttemptReport;
  try {
    report = await worker.ask({ ask: "run", assignment }, run.limits.load);
  } catch (error) {
    if (!(error instanceof WorkerLost)) throw error;
    await run.dismiss(worker);
    report = await postMortem(run, { lost: error, assignment, name, began });
  }
  const { failedAtNs, ...attempt } = report;
  const trace = tracePath(run, assignment);
  // What a recording played is replayed by its own trace, not by this one.
  const known = failedAtNs !== undefined && !assignment.playback;
  const replay = known ? { replay: replayCommand(trace, failedAtNs) } : {};
  return { ...attempt, trace, ...replay };
}

/** Relative to the root, as reporters name files. */
export function tracePath(run: RunState, { traceDir }: Assignment): string {
  return relativeTo(run.options.root, `${traceDir}/trace.jsonl`);
}

interface Case {
  readonly lost: WorkerLost;
  readonly assignment: Assignment;
  readonly name: string;
  readonly began: number;
}

/** What the trace has to say of an attempt whose worker is dead; gives the trace its end. */
async function postMortem(run: RunState, dead: Case): Promise<AttemptReport> {
  const { assignment, lost, began } = dead;
  const path = `${assignment.traceDir}/trace.jsonl`;
  const digest = new Digest();
  const { cutOff, lastT } = await reread(path, digest);
  const said = lost.output.join("");
  const known = digest.output(false);
  const fresh = lost.output.filter((text) => !known.includes(text.trimEnd()));
  const outcome: Outcome = run.stop?.why === "interrupt" ? "interrupted" : "failed";
  const failure = explain(run, dead, digest.running, said);
  const durationNs = hostNow() - began;
  if (cutOff) {
    const environment = { durationMs: durationNs / 1e6 };
    appendEnd(path, (writer) => {
      for (const text of fresh) {
        writer.append({ type: "log", level: "info", text: text.trimEnd() }, { t: lastT });
      }
      writer.append({ type: "end", outcome, error: failure, environment }, { t: lastT });
    });
  }
  return {
    outcome,
    ...(cutOff && outcome === "failed" && { failedAtNs: lastT }),
    durationNs,
    failure,
    attachments: digest.attachments(relativeTo(run.options.root, assignment.traceDir)),
    measurements: digest.measurements,
    output: [...fresh.map((text) => text.trimEnd()), digest.output(false)].filter(Boolean)
      .join("\n"),
  };
}

async function reread(path: string, digest: Digest): Promise<{ cutOff: boolean; lastT: number }> {
  let lastT = 0;
  try {
    const trace = await readTrace(path);
    for await (const event of trace) {
      digest.write(event);
      if (event.clock === undefined) lastT = event.t;
    }
    return { cutOff: trace.cutOff, lastT };
  } catch {
    return { cutOff: false, lastT }; // It was lost before it had a trace.
  }
}

function appendEnd(path: string, write: (writer: TraceWriter) => void): void {
  try {
    const writer = TraceWriter.reopen(path);
    try {
      write(writer);
    } finally {
      writer.close();
    }
  } catch { /* The disk refuses; the reports have the failure. */ }
}

/** Why the worker was lost, as a failure of the scenario. */
function explain(run: RunState, dead: Case, running: readonly string[], said: string): Failure {
  const { lost, name } = dead;
  const { stop } = run;
  const base = { running, ...(running.length === 0 && { running: undefined }) };
  if (stop?.why === "interrupt") {
    return { name: "Interrupted", message: "the run was interrupted", blame: "harness", ...base };
  }
  if (stop?.why === "time") {
    const limit = Duration.fromNs(stop.limitNs);
    const { name, message } = new TimeLimitError("run", stop.run, limit, running);
    return { name, message, blame: "harness", ...base };
  }
  if (lost.how === "ended") {
    const words = said.trimEnd().split("\n").slice(-LAST_LINES).join("\n");
    const evidence = words ? `\n${words.replace(/^/gm, "  ")}` : "";
    const during = running.length > 0 ? `; running: ${running.join(" › ")}` : "";
    const message = `The scenario "${name}" ended early: ${lost.message}${during}; ` +
      `look for Deno.exit${evidence}`;
    return { name: "WorkerLost", message, blame: "scenario", ...base };
  }
  return { ...hung(dead, running), ...base };
}

function hung({ lost, name, assignment }: Case, running: readonly string[]): Failure {
  const loop = "\n  it did not answer any more, so its process was killed: an endless loop?";
  if (lost.doing === "scenario") {
    const limit = Duration.fromNs(assignment.timeoutNs);
    const error = new TimeLimitError("scenario", name, limit, running);
    return { name: error.name, message: error.message + loop, blame: "scenario" };
  }
  const what = lost.doing === "load" || lost.doing === "run" ? "import of its file" : lost.doing;
  const message = `The ${what} of the scenario "${name}" did not end within ${lost.limit}${loop}`;
  return { name: "TimeLimitError", message, blame: "harness" };
}
