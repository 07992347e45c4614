/** Replays that run through: again and compared, by QEMU's own recording, played, or re-driven. */
import { resolve } from "node:path";
import { alignText } from "../replay/align/mod.ts";
import { PlaybackError, playTrace } from "../replay/playback/mod.ts";
import { ProgramError, redrive } from "../replay/program/mod.ts";
import { type Compared, reexecute } from "../replay/reexecute/mod.ts";
import {
  type Attempt,
  type PlannedScenario,
  type Reporter,
  TerminalReporter,
} from "../report/mod.ts";
import {
  clearStale,
  codeOf,
  INTERRUPTED,
  onInterrupt,
  RUN_MARK,
  RunFolder,
} from "../runner/mod.ts";
import { type Failure, type Outcome, readEnd, type TraceHeader } from "../trace/mod.ts";
import { describePayload } from "./diff_packets.ts";
import { print } from "./output.ts";
import { ROOT, shownPath, typedPath } from "./paths.ts";
import { type ProgressView, progressView } from "./progress.ts";
import type { Recorded } from "./replay.ts";
import { differenceLines, plain, sameText } from "./replay_text.ts";
import { checkUse } from "./run_options.ts";
import { install } from "./run.ts";

/** This recording cannot be replayed so, here; exit code 2. */
export class CannotReplay extends Error {
  override readonly name = "CannotReplay";
}

/** @returns the exit code */
export async function again(recorded: Recorded): Promise<number> {
  const { path, header, bench, reports, argv } = recorded;
  const view = quietProgress();
  const { result, trace, compared } = await reexecute({
    ...{ trace: path, header, bench, reports, argv, root: ROOT },
    reporters: [progress(view.show)],
    install,
    onDifference: () => view.show("it is not as it was: the first difference follows"),
  });
  view.clear();
  if (result.interrupted) return INTERRUPTED;
  const [first] = result.results;
  if (first?.skip) {
    throw new CannotReplay(
      `Cannot run "${header.scenario}" again: ${first.skip.reason}; ${first.skip.remedy}`,
    );
  }
  if (!compared || trace === undefined) {
    const why = first?.attempts.at(-1)?.failure?.message ?? result.problems[0];
    throw new CannotReplay(
      why ??
        `Cannot run "${header.scenario}" again: ${header.file} has no scenario of that name any ` +
          `more; take the code that recorded it`,
    );
  }
  tellCompared(compared, first?.attempts.at(-1));
  if (!compared.difference) return 0;
  await tellCause(recorded, trace, compared.lost);
  return 1;
}

function tellCompared(compared: Compared, now: Attempt | undefined): void {
  const ended = endText(now?.outcome, now?.failure);
  if (!compared.difference) {
    const again = compared.cutOff ? "now it" : "it";
    print(`the same again: ${sameText(compared)}; ${again} ${ended}`);
    return;
  }
  print(`not the same: ${sameText(compared)}, then (- recorded, + now)`);
  differenceLines(compared.difference).forEach(print);
  print(`now it ${ended}`);
}

/** What else is different, and so whose doing it may be. */
async function tellCause({ path, header }: Recorded, trace: string, lost: number): Promise<void> {
  print(await causeOf(header, lost));
  print(`  more of it: deno task hil diff ${shownPath(path)} ${shownPath(trace)}`);
}

async function causeOf(header: TraceHeader, lost: number): Promise<string> {
  if (isRedacted(header)) {
    return "The recording is redacted: its stand-ins are not what happens; without --mode it is played";
  }
  if (lost > 0) return "The recording is damaged: this may be damage as well";
  const { commit, changes } = header.environment;
  const now = await codeOf(ROOT);
  return commit !== undefined && commit === now.commit && changes === now.changes
    ? "The code is the same, so this is an error of the harness or of a simulated target: please report it"
    : "The code is another one (or nobody knows which it was): what changed may do that";
}

/** @returns the exit code */
export async function rerun({ path, targets, attachments, header }: Recorded): Promise<number> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  clearStale();
  const own = RunFolder.create();
  const deaf = onInterrupt({
    onFirst: () => {
      own.remove();
      Deno.exit(INTERRUPTED);
    },
    onSecond: () => {},
  });
  const view = quietProgress();
  let done = 0, code = 0;
  try {
    for (const { role, name, module } of targets) {
      view.show(`${role}=${name} does it again`);
      const found = await module?.rerun?.({
        ...{ folder, attachments, tempDir: own.path, processEnv: { [RUN_MARK]: own.path } },
      });
      view.clear();
      if (!found) continue;
      done++;
      if (found.difference !== undefined) code = 1;
      const same = found.difference === undefined ? "the same again" : "not the same";
      print(`${role}=${name}: ${same}: ${found.what}`);
      if (found.difference !== undefined) print(`  ${plain(found.difference)}`);
    }
  } catch (error) {
    throw new CannotReplay((error as Error).message, { cause: error });
  } finally {
    deaf();
    own.remove();
  }
  if (done > 0) return code;
  throw new CannotReplay(
    `Cannot replay "${header.scenario}" by its targets' own recordings: there are none beside the ` +
      `trace; give --mode playback`,
  );
}

/** @returns the exit code */
export async function play(recorded: Recorded): Promise<number> {
  const { path, reports, argv, line } = recorded;
  const { scenario } = line.values;
  try {
    const { exitCode, results: [result] } = await playTrace({
      ...{ trace: path, root: ROOT, reports, argv, reporters: [terminal(reports)] },
      ...(scenario !== undefined && { file: typedPath(scenario) }),
    });
    const now = result?.attempts.at(-1);
    // Another scenario than the recorded one is judged for itself.
    return exitCode > 1 || scenario !== undefined || !now ? exitCode : tellPlayed(recorded, now);
  } catch (error) {
    if (error instanceof PlaybackError) throw new CannotReplay(error.message, { cause: error });
    throw error;
  }
}

/** @returns the exit code: whether it ended as it was recorded to */
function tellPlayed({ path, header }: Recorded, now: Attempt): number {
  const { event: end } = readEnd(path);
  if (end?.type !== "end") {
    print("the recording is cut off: nobody knows how it ended");
    return now.outcome === "passed" ? 0 : 1;
  }
  const same = end.outcome === now.outcome && end.error?.name === now.failure?.name &&
    (isRedacted(header) || firstLine(end.error) === firstLine(now.failure));
  const was = endText(end.outcome, end.error);
  print(same ? `the same again: it ${was}` : `not the same: when it was recorded it ${was}`);
  return same ? 0 : 1;
}

function endText(outcome: Outcome | undefined, failure: Failure | undefined): string {
  return `${outcome ?? "ended"}${failure ? `: ${plain(firstLine(failure))}` : ""}`;
}

function firstLine(failure: Failure | undefined): string {
  return failure?.message.split("\n", 1)[0]! ?? "";
}

/** Of something that was secret: what has nothing of that is as it was. */
export function isRedacted({ environment }: TraceHeader): boolean {
  return Number(environment.redacted ?? 0) > 0;
}

/** @returns the exit code */
export async function driveAgain(recorded: Recorded): Promise<number> {
  const { path, bench, reports, argv, line } = recorded;
  try {
    const { drives, exitCode } = await redrive({
      ...{ trace: path, root: ROOT, bench, reports, argv, describe: describePayload },
      use: checkUse(line.values.use!, bench),
      reporters: [terminal(reports)],
      install,
    });
    for (const { trace, driven, alignment } of drives) {
      for (const { message } of driven?.troubles ?? []) print(`otherwise: ${plain(message)}`);
      if (!alignment) continue;
      const names = { a: shownPath(path), b: shownPath(trace) };
      print(alignText(alignment, { plain, names }));
    }
    return exitCode;
  } catch (error) {
    if (error instanceof ProgramError) throw new CannotReplay(error.message, { cause: error });
    throw error;
  }
}

function terminal(reports: string): TerminalReporter {
  return new TerminalReporter({
    junit: shownPath(`${reports}/junit.xml`),
    html: shownPath(`${reports}/index.html`),
    read: (path) => Deno.readTextFileSync(resolve(ROOT, path)),
  });
}

/** Only for who looks on. */
export function quietProgress(): ProgressView {
  return Deno.stderr.isTerminal() ? progressView() : { show: () => {}, clear: () => {} };
}

/** A line that says what it is at. */
function progress(show: (text: string) => void): Reporter {
  const nothing = () => {};
  return {
    ...{ onBegin: nothing, onStart: nothing, onResult: nothing, onEnd: nothing },
    onStep: (_: PlannedScenario, step: string) => show(step),
    onProgress: show,
  };
}
