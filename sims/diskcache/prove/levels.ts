/** The levels behind one face: look for a seed that fails, make it small, run it again. */
import { type KindCount, range, replay } from "hil/explore/mod.ts";
import { describeFailure, exploreModel, replayModel, shrinkModel } from "../explore/mod.ts";
import type { Load } from "../load.ts";
import {
  CacheCode,
  type Finding,
  raceDetector,
  runTrial,
  shrinkTrial,
  type Trial,
  trialOf,
} from "../wasm/mod.ts";
import type { ProofRecording } from "./recording.ts";

/** A name of a list or a scheduler that a level knows, as the types want it. */
type Variant = Pick<Trial, "list" | "scheduler">;

export interface Search extends Variant {
  readonly seeds: number;
  readonly first: number;
  /** A name of hil/explore's STRATEGIES; the code's seeds draw one each. */
  readonly strategy: string;
  readonly bug?: string;
  readonly faults: boolean;
  /** Default: a load for each seed. */
  readonly load?: Load;
  readonly stop: () => boolean;
  readonly progress: (text: string) => void;
}

/** What a search came to. */
export interface Outcome {
  readonly runs: number;
  readonly counts: ReadonlyMap<string, Readonly<KindCount>>;
  readonly found?: ProofRecording;
}

export interface Judged {
  /** For people, of many lines. */
  readonly text: string;
  readonly promise: string;
}

/** The model, some thousand seeds a second. */
export async function searchModel(search: Search): Promise<Outcome> {
  const { seeds, first, strategy, bug, faults, list, scheduler, load, stop, progress } = search;
  const { runs, counts, found: [failure] } = await exploreModel({
    ...{ strategy, bug, faults, list, scheduler, load, stop },
    seeds: range(first, seeds),
    progress: (runs) => progress(`${runs} of ${seeds} seeds`),
  });
  if (!failure) return { runs, counts };
  const { log, wrong: { promise } } = failure;
  const made = { level: "model", promise, bug, list, scheduler, faults: Number(faults) } as const;
  return { runs, counts, found: { ...made, load: failure.load, log } };
}

/** Fewer operations and decisions that break the same promise. */
export async function shrinkOnModel(
  recording: ProofRecording,
  { stop, progress }: Pick<Search, "stop" | "progress">,
): Promise<ProofRecording> {
  const options = modelOptions(recording);
  const failure = await replayModel(recording, options);
  if (!failure) return recording;
  const { load, log } = await shrinkModel(failure, {
    ...options,
    stop,
    progress: (tries, operations) => progress(`${operations} operations after ${tries} tries`),
  });
  return { ...recording, load, log };
}

function modelOptions({ bug, faults, list, scheduler }: ProofRecording) {
  return { bug, faults: faults > 0, ...({ list, scheduler } as Variant) };
}

/** The guest's C, some hundred seeds a second; each seed draws list, scheduler, load and strategy. */
export async function searchCode(search: Search): Promise<Outcome> {
  const { seeds, first, bug, load: given, stop, progress } = search;
  const code = await CacheCode.load({ mutation: bug, progress });
  const counts = new Map<string, KindCount>();
  let runs = 0;
  for (const seed of range(first, seeds)) {
    if (stop()) break;
    const trial = { ...trialOf(seed), ...(given ? { load: given } : {}) };
    const result = await runTrial(code, trial, { races: racesOf(code, trial) });
    runs++;
    for (const [kind, { asked, fired }] of result.counts) {
      const count = counts.get(kind) ?? { asked: 0, fired: 0 };
      counts.set(kind, { asked: count.asked + asked, fired: count.fired + fired });
    }
    const [finding] = result.findings;
    if (finding && result.log) {
      const { list, scheduler, faults, load } = trial;
      const made = {
        level: "code",
        promise: finding.promise,
        bug,
        list,
        scheduler,
        faults,
      } as const;
      return { runs, counts, found: { ...made, load, log: result.log } };
    }
    if (runs % 16 === 0) progress(`${runs} of ${seeds} seeds`);
  }
  return { runs, counts };
}

function racesOf(code: CacheCode, { load }: Trial) {
  return raceDetector(code, load.clients.length);
}

export async function shrinkOnCode(
  recording: ProofRecording,
  { stop, progress }: Pick<Search, "stop" | "progress">,
): Promise<ProofRecording> {
  const code = await CacheCode.load({ mutation: recording.bug });
  const promise = recording.promise as Finding["promise"];
  const { log } = await shrinkTrial(code, trialFrom(recording), { log: recording.log, promise }, {
    stop,
    progress: ({ tries, decisions }) => progress(`${decisions} decisions after ${tries} tries`),
  });
  return { ...recording, log };
}

function trialFrom({ list, scheduler, faults, load, log }: ProofRecording): Trial {
  const { seed, strategy } = log;
  return { seed, load, faults, strategy, ...({ list, scheduler } as Variant) };
}

/** Runs it again; nothing when nothing is wrong. */
export async function judgeAgain(recording: ProofRecording): Promise<Judged | undefined> {
  const { level, log } = recording;
  if (level === "model") {
    const failure = await replayModel(recording, modelOptions(recording));
    return failure && { promise: failure.wrong.promise, text: describeFailure(failure) };
  }
  const code = await CacheCode.load({ mutation: recording.bug });
  const trial = trialFrom(recording);
  const races = recording.promise === "race" ? racesOf(code, trial) : undefined;
  const { findings: [finding] } = await runTrial(code, trial, { chooser: replay(log), races });
  return finding && { promise: finding.promise, text: `${finding.promise}: ${finding.text}` };
}
