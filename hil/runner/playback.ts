/**
 * Runs one scenario with a recording in place of its targets: without a bench, and so without leases,
 * preparations and tools; outside of the history, which is of real runs.
 */
import type { Bench, BenchTarget } from "../bench/mod.ts";
import type { RunResult } from "../report/mod.ts";
import { hostNow } from "../time/mod.ts";
import type { TraceHeader } from "../trace/mod.ts";
import { Archive } from "./archive.ts";
import { Dispatcher, type Job } from "./dispatch.ts";
import { type RunOptions, UsageError } from "./options.ts";
import { relativeTo } from "./paths.ts";
import type { Assignment, Declared } from "./protocol.ts";
import { exitCode, inFolder, report } from "./run.ts";
import type { RunState } from "./run_state.ts";
import { Survey } from "./survey.ts";

export interface PlaybackOptions
  extends Pick<RunOptions, "root" | "reports" | "argv" | "reporters" | "limits"> {
  /** Absolute path of the scenario's file. */
  readonly file: string;
  /** Its name; default: the recorded one, or the only one that the file has. */
  readonly scenario?: string;
  readonly header: TraceHeader;
  readonly playback: NonNullable<Assignment["playback"]>;
}

/**
 * Plays a recording into a scenario; leaves a trace of its own in `reports`.
 *
 * @throws UsageError when the file has no such scenario
 */
export async function runPlayback(options: PlaybackOptions): Promise<RunResult> {
  return await inFolder(runOptionsOf(options), async (run) => {
    const began = hostNow();
    const survey = new Survey(run, run.hire());
    const { files, failures } = await survey.load([options.file]);
    const [failed] = failures;
    if (failed) throw new UsageError(failed.failure.message);
    const index = chosen(files[0]?.declared ?? [], options);
    const archive = Archive.open(options.reports);
    const job = jobOf(files[0]!.declared[index]!, { index, options, run, archive });
    const { seed, bench } = options.header;
    run.reporter.onBegin({ id: archive.id, bench, seed, jobs: 1, scenarios: [job.planned] });
    const results = await new Dispatcher(run, [job], [job]).dispatch(survey.worker);
    run.killWorkers();
    const result = (): RunResult => ({
      ...{ id: archive.id, startedAt: archive.startedAt, bench, host: Deno.hostname(), seed },
      ...{ argv: options.argv, results, durationNs: hostNow() - began },
      problems: [...run.problems],
      interrupted: run.stop?.why === "interrupt",
      exitCode: exitCode(run, results),
    });
    return await report(run, archive, result);
  });
}

function runOptionsOf({ header, ...options }: PlaybackOptions): RunOptions {
  const bench: Bench = { name: header.bench, file: "", roles: new Map() };
  const { root, reports, argv, reporters, limits } = options;
  return {
    ...{ root, reports, argv, reporters, limits, bench, files: [], use: new Map() },
    ...{ jobs: 1, seed: header.seed, repeat: 1, retries: 0, junit: `${reports}/junit.xml` },
  };
}

/** Which of a file's scenarios it is. */
function chosen(
  declared: readonly Declared[],
  { file, root, scenario, header }: PlaybackOptions,
): number {
  const wanted = scenario ?? header.scenario;
  // The name may have a secret in it, for which a redacted recording has something else.
  const redacted = scenario === undefined && header.environment.redacted !== undefined;
  const named = declared.findIndex(({ name }) => name === wanted);
  const index = named < 0 && redacted
    ? declared.findIndex(({ line }) => line === header.line)
    : named;
  if (index >= 0) return index;
  if (scenario === undefined && declared.length === 1) return 0;
  const names = declared.map(({ name }) => `"${name}"`).join(", ");
  throw new UsageError(
    `Cannot play the recording into "${wanted}": ${relativeTo(root, file)} has no such scenario; ` +
      `choose among ${names || "those of another file: this one has none"}`,
  );
}

interface Parts {
  readonly index: number;
  readonly options: PlaybackOptions;
  readonly run: RunState;
  readonly archive: Archive;
}

function jobOf({ name, line, timeoutNs, needs }: Declared, parts: Parts): Job {
  const { index, options, run, archive } = parts;
  const { file, root, header, playback, argv } = options;
  const recorded = ({ role }: { readonly role: string }): BenchTarget => ({
    ...{ role, module: "", options: {} },
    name: header.targets[role]?.target ?? "recording",
  });
  const targets = Object.fromEntries(needs.map((need) => [need.role, recorded(need)]));
  const names = Object.values(targets).map(({ role, name }) => [role, name]);
  const shown = relativeTo(root, file);
  return {
    planned: {
      ...{ id: `${shown}#${name} [playback]`, name, line, file: shown },
      targets: Object.fromEntries(names),
    },
    seed: header.seed,
    reproduce: `deno task hil ${argv.join(" ")}`,
    versions: header.targets,
    exclusive: [],
    assignment: () => ({
      ...{ file, index, seed: header.seed, bench: header.bench, targets, playback },
      timeoutNs: timeoutNs ?? run.limits.scenario.ns,
      versions: header.targets,
      traceDir: archive.traceDir([name, "playback"]),
      tempDir: `${run.tempDir}/t1`,
      environment: {
        run: archive.id,
        root,
        playback: relativeTo(root, playback.trace),
        attempt: 1,
      },
    }),
  };
}
