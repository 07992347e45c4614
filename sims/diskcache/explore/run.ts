/** One run of a load on the model under a chooser, and what is wrong with it. */
import { type Chooser, DivergenceError } from "hil/explore/mod.ts";
import type { Load, LoadOperation } from "../load.ts";
import { Flag } from "../port.ts";
import { type History, judge, type Violation } from "../proof/mod.ts";
import type { PromiseName } from "./bugs.ts";
import { MODEL, type ModelClasses, type Variant } from "./code.ts";
import { Machine } from "./machine.ts";

export interface Wrong {
  readonly promise: PromiseName;
  readonly what: string;
  /** What the oracle found in the history. */
  readonly violation?: Violation;
}

/** Judges a history by itself. */
export type Oracle = (history: History) => Violation | undefined;

export interface RunOptions extends Variant {
  readonly classes?: ModelClasses;
  /** Whether the drives may fail while the load runs; they are good again afterwards. */
  readonly faults?: boolean;
  /** Default: the one of `proof/`. */
  readonly oracle?: Oracle;
}

export interface ModelRun {
  readonly history: History;
  readonly wrong?: Wrong;
  /** How often somebody was chosen to go. */
  readonly steps: number;
}

/**
 * Runs the load; then, with good drives, one client more reads every block and syncs. Nothing may
 * be stuck, dirty or failed after that.
 *
 * @throws DivergenceError when the chooser replays the log of something else
 */
export function runModel(load: Load, chooser: Chooser, options: RunOptions = {}): ModelRun {
  const { classes = MODEL, faults = false, oracle = firstViolation } = options;
  const machine = new Machine({ ...load, chooser, classes, variant: options });
  let wrong: Wrong | undefined;
  try {
    machine.faults = faults;
    machine.run(load.clients, 0);
    wrong = atRest(machine) ?? machine.stuckWhy();
    machine.faults = false;
    if (!wrong) {
      const loadEnd = machine.recorder.accesses.length;
      machine.run([closing(load)], load.clients.length);
      wrong = machine.stuckWhy() ?? atEnd(machine, loadEnd);
    }
  } catch (error) {
    if (error instanceof DivergenceError) throw error;
    wrong = { promise: "P7", what: `the machine stopped: ${(error as Error).message}` };
  }
  wrong = whileRunning(machine) ?? wrong ?? judged(machine.recorder, oracle);
  return { history: machine.recorder, steps: machine.steps, ...(wrong ? { wrong } : {}) };
}

function closing({ sizes }: Load): LoadOperation[] {
  const blocks = (drive: number) => Array.from({ length: sizes[drive]! }, (_, lba) => lba);
  const reads = [...sizes.keys()].flatMap((drive) =>
    blocks(drive).map((lba) => ({ kind: "read", drive, lba, stamp: 0 }) as const)
  );
  // The first sync tells of what could not be written while drives failed; all is well after it.
  const sync = { kind: "sync", drive: 0, lba: 0, stamp: 0 } as const;
  return [...reads, sync];
}

/** What is dirty is on its way, or its drive has failed it and nobody has asked again. */
function atRest({ cache }: Machine): Wrong | undefined {
  for (const { flags, writing, drive, lba } of cache.list) {
    if (!(flags & Flag.WRITE_PENDING) || writing.error) continue;
    return { promise: "P6", what: `block ${drive}:${lba} is dirty and nobody writes it` };
  }
}

/** @param loadEnd how many accesses there were before the closing client's */
function atEnd({ cache, drives, recorder }: Machine, loadEnd: number): Wrong | undefined {
  const { accesses, syncs } = recorder;
  const failed = accesses.slice(loadEnd).find(({ outcome }) => outcome !== "ok");
  if (failed) return { promise: "P8", what: `${placeOf(failed)} fails though the drive is good` };
  if (syncs.at(-1)!.outcome !== "ok") {
    return { promise: "P8", what: "sync fails though the drives are good" };
  }
  for (const { flags, drive, lba } of cache.list) {
    if (flags === 0 || flags === Flag.BLOCK_VALID) continue;
    return { promise: "P8", what: `block ${drive}:${lba} has flags ${flags} and nobody works` };
  }
  for (const access of accesses.slice(loadEnd)) {
    const { drive, lba, stamp } = access;
    const held = drives[drive]!.block(lba)?.[0] ?? recorder.initial(drive, lba);
    if (held === stamp) continue;
    return { promise: "P3", what: `${placeOf(access)} is ${stamp} after sync, ${held} on disk` };
  }
}

function firstViolation(history: History): Violation | undefined {
  return judge(history).violations[0];
}

function judged(history: History, oracle: Oracle): Wrong | undefined {
  const violation = oracle(history);
  return violation && { promise: violation.promise, what: violation.message, violation };
}

/** What is wrong whatever comes of it. */
function whileRunning({ recorder: { accesses, disk } }: Machine): Wrong | undefined {
  for (const access of accesses) {
    if (!access.whole) return { promise: "P2", what: `${placeOf(access)} is torn for its reader` };
  }
  for (const event of disk) {
    if (event.type !== "write" || event.whole !== false) continue;
    return { promise: "P5", what: `the disk was given a mix for ${placeOf(event)}` };
  }
}

function placeOf({ drive, lba }: { readonly drive: number; readonly lba: number }): string {
  return `block ${drive}:${lba}`;
}
