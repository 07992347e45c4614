/** A whole night, from the lease on the bench to the last notifier. */
import { Lease, type ListedScenario, listScenarios, type RunOptions } from "../runner/mod.ts";
import type { PlannedScenario } from "../report/mod.ts";
import { type Duration, hostNow, wallClock } from "../time/mod.ts";
import { BenchWorld, type NightView } from "./bench_world.ts";
import { recall } from "./memory.ts";
import { NIGHT_EXIT_CODES, type NightResult } from "./model.ts";
import { Night } from "./night.ts";
import { type Notifier, notify } from "./notify.ts";
import { Recordings } from "./recordings.ts";
import { newsOf, type NightFolders, nightFolders, saveNight } from "./save.ts";

export interface OvernightOptions {
  /** For each pass; its seed is the night's. */
  readonly run: RunOptions;
  readonly budget: Duration;
  readonly passes?: number;
  readonly keepSizeBytes: number;
  readonly keepAgeMs: number;
  readonly notifiers: readonly Notifier[];
  readonly view: NightView;
  /** A path as people read it. */
  readonly shown: (path: string) => string;
  readonly stop: NightStop;
}

/** Somebody's wish that the night ends. */
export interface NightStop {
  readonly wished: boolean;
  /** Aborts at the next wish from now on. */
  next(): AbortSignal;
}

/** Another night is on the bench; exit code 5. */
export class NightBusy extends Error {
  override readonly name = "NightBusy";
}

export interface Overnight {
  readonly night: NightResult;
  readonly folders: NightFolders;
}

/**
 * @throws NightBusy
 * @throws UsageError of the runner when there is nothing to run
 */
export async function overnight(options: OvernightOptions): Promise<Overnight> {
  const { bench } = options.run;
  const lease = Lease.tryTake(`night on ${Deno.realPathSync(bench.file)}`);
  if (!(lease instanceof Lease)) {
    throw new NightBusy(
      `Cannot begin a night on the bench "${bench.name}": another one is at it` +
        `${lease ? `, with process id ${lease}` : ""}; wait for its end, or end it`,
    );
  }
  try {
    return await underLease(options);
  } finally {
    lease.release();
  }
}

async function underLease(options: OvernightOptions): Promise<Overnight> {
  const { run, view, notifiers, shown, stop } = options;
  const { root, reports, bench } = run;
  const began = hostNow();
  const startedAt = wallClock();
  const { scenarios } = await listScenarios(run);
  const folders = nightFolders({ root, reports, startedAt });
  const problems: string[] = [];
  const history = `${reports}/history.sqlite`;
  const past = await recall({ nights: folders.nights, history, bench: bench.name }, (text) => {
    problems.push(text);
  });
  const world = worldOf(options, folders);
  const night = new Night({
    ...{ id: folders.id, startedAt: startedAt.toISOString(), bench: bench.name, argv: run.argv },
    ...{ host: Deno.hostname(), seed: run.seed, memory: past.memory, passes: options.passes },
    scenarios: scenarios.map(plain),
    budgetNs: options.budget.ns,
    spentNs: hostNow() - began,
  }, world);
  const done = await night.run();
  let told: NightResult = {
    ...done,
    problems: [...problems, ...done.problems],
  };
  const save = async (more: readonly string[]) => {
    told = { ...told, problems: [...told.problems, ...more] };
    const unsaved = await saveNight(told, folders, shown(bench.file));
    if (unsaved.length > 0) told = unsavedNight(told, unsaved);
  };
  await save([]);
  const news = newsOf(told, folders, past.last?.exitCode);
  const wrong = await notify(notifiers, news, { root, stopped: stop.next(), say: view.say });
  if (wrong.length > 0) await save(wrong);
  return { night: told, folders };
}

/** A night whose reports are not there is no good one. */
function unsavedNight(night: NightResult, problems: readonly string[]): NightResult {
  const { passed, failed } = NIGHT_EXIT_CODES;
  const exitCode = night.exitCode === passed ? failed : night.exitCode;
  return { ...night, exitCode, problems: [...new Set([...night.problems, ...problems])] };
}

function worldOf(options: OvernightOptions, folders: NightFolders & { readonly id: string }) {
  const { run, keepSizeBytes, keepAgeMs, view, shown, stop } = options;
  const recordings = new Recordings({
    folder: folders.recordings,
    root: run.root,
    limits: { sizeBytes: keepSizeBytes, ageMs: keepAgeMs },
    wall: wallClock,
    shown,
  });
  const stopped = () => stop.wished;
  return new BenchWorld({ night: folders.id, run, folders, recordings, keepAgeMs, view, stopped });
}

/** Without what only a list has. */
function plain({ id, name, file, line, targets }: ListedScenario): PlannedScenario {
  return { id, name, file, line, targets };
}
