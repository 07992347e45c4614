/**
 * A history from what any target tells while it runs: its signals "operations" and "requests", now
 * or from a trace that was kept. Positions are nanoseconds of the scenario's clock; what has the
 * same time counts as concurrent.
 */
import { readTrace, type TraceEvent } from "hil/trace/mod.ts";
import type { DiskCache, DiskRequestData, OperationData } from "../port.ts";
import {
  type Access,
  type AccessOutcome,
  blockKey,
  type DiskCompletion,
  type DiskEvent,
  type History,
  type Sync,
} from "./history.ts";

/** What both an occurrence on a timeline and an event of a trace have. */
export interface Told {
  readonly channel: string;
  readonly kind: string;
  readonly t: number;
  readonly data?: unknown;
}

export interface HistoryOptions {
  /**
   * What blocks held before; default 0. "first read": of a block that was poked, what is read
   * there and nobody wrote is believed once.
   */
  readonly initial?: History["initial"] | "first read";
  /** Drives that "sync" without a number is of; default 0 to 3. */
  readonly drives?: readonly number[];
}

/** Events of a target do not make a history. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
  constructor(readonly event: string, what: string) {
    super(`Cannot make a history of "${event}": ${what}`);
  }
}

/** What happened so far on a target. */
export function historyOfCache(
  cache: Pick<DiskCache, "operations" | "drives">,
  options: HistoryOptions = {},
): History {
  const drives = [...cache.drives.sizes.keys()].filter((drive) => cache.drives.sizes[drive]! > 0);
  const told = [...cache.operations.occurrences, ...cache.drives.requests.occurrences];
  return historyOf(told.sort((a, b) => a.seq - b.seq), { drives, ...options });
}

/** Of a `trace.jsonl`. @throws TraceReadError, HistoryError */
export async function historyOfTrace(
  path: string,
  options: HistoryOptions = {},
): Promise<History> {
  const told: Told[] = [];
  for await (const event of await readTrace(path)) if (isTold(event)) told.push(event);
  return historyOf(told, options);
}

function isTold(event: TraceEvent): event is TraceEvent & { type: "signal" } {
  return event.type === "signal";
}

/**
 * Of events in the order in which they were recorded; channels that are not the disk cache's are
 * left out.
 *
 * @throws HistoryError when an event does not fit, or operations (`work`) do not tell what they did
 */
export function historyOf(events: Iterable<Told>, options: HistoryOptions = {}): History {
  const { drives = [0, 1, 2, 3], initial = () => 0 } = options;
  const operations = new Operations(drives);
  const disk: DiskEvent[] = [];
  const completions: DiskCompletion[] = [];
  for (const { channel, kind, t, data } of events) {
    if (channel === "operations") operations.take(kind, t, operationData(kind, data));
    if (channel !== "requests" || kind !== "done") continue;
    const done = requestData(kind, data);
    const { drive, operation, lba } = done;
    completions.push({ at: t, drive, operation, lba, ok: done.status === "ok" });
    const event = diskEvent(done, t);
    if (event) disk.push(event);
  }
  const { accesses, syncs } = operations.all();
  const believed = initial === "first read" ? firstReads(accesses) : initial;
  return { initial: believed, accesses, syncs, disk, completions };
}

/** A trace comes from outside: what it says of an operation. */
function operationData(kind: string, data: unknown): OperationData {
  const { thread, operation } = (data ?? {}) as Partial<OperationData>;
  if (Number.isInteger(thread) && typeof operation === "string") return data as OperationData;
  throw new HistoryError(kind, "it names no thread and operation; give a disk cache's trace");
}

function requestData(kind: string, data: unknown): DiskRequestData {
  const { drive, operation, lba } = (data ?? {}) as Partial<DiskRequestData>;
  const isDrive = drive === 0 || drive === 1 || drive === 2 || drive === 3;
  const isKnown = operation === "read" || operation === "write" || operation === "flush";
  if (isDrive && isKnown && Number.isSafeInteger(lba)) return data as DiskRequestData;
  throw new HistoryError(kind, "it names no drive, operation and block; give a disk cache's trace");
}

function diskEvent(done: DiskRequestData, at: number): DiskEvent | undefined {
  const { drive, operation, lba, status, stamp, whole, fua, blocks } = done;
  if (status !== "ok" || operation === "read") return undefined;
  if (operation === "flush") return { type: "flush", at, drive };
  if (stamp === undefined || blocks !== 1) {
    const what = "the request does not say what was written; " +
      "record it again with this harness, and one block a write";
    throw new HistoryError(`write ${lba} of drive ${drive}`, what);
  }
  return { type: "write", at, drive, lba, stamp, fua, whole };
}

type Known = {
  readonly client: number;
  readonly begin: number;
  readonly end: number;
  readonly outcome: AccessOutcome;
};

interface Running {
  readonly operation: string;
  readonly client: number;
  readonly begin: number;
  end: number;
  outcome: AccessOutcome;
  result: OperationData | undefined;
}

class Operations {
  readonly #running = new Map<number, Running>();
  readonly #all: Running[] = [];

  constructor(private readonly drives: readonly number[]) {}

  take(kind: string, t: number, data: OperationData): void {
    const { thread, operation } = data;
    if (kind === "began") {
      const begun: Running = {
        ...{ operation, client: thread, begin: t, end: Infinity, outcome: "open" },
        result: undefined,
      };
      this.#running.set(thread, begun);
      this.#all.push(begun);
    } else if (kind === "done" || kind === "failed") {
      const running = this.#running.get(thread);
      if (!running) {
        throw new HistoryError(operation, `thread ${thread} is ${kind} and never began`);
      }
      this.#running.delete(thread);
      running.end = t;
      running.outcome = kind === "done" ? "ok" : "error";
      running.result = data;
    }
  }

  all(): { accesses: Access[]; syncs: Sync[] } {
    const accesses: Access[] = [];
    const syncs: Sync[] = [];
    for (const { operation, result, ...known } of this.#all) {
      const [word, ...rest] = operation.split(" ");
      if (word === "sync") syncs.push(this.#sync(known, rest));
      else accesses.push(accessOf(operation, known, result));
    }
    accesses.sort((a, b) => a.begin - b.begin);
    return { accesses, syncs };
  }

  #sync(known: Known, [drive]: readonly string[]): Sync {
    return { ...known, drives: drive === undefined ? this.drives : [Number(drive)] };
  }
}

function accessOf(operation: string, known: Known, result: OperationData | undefined): Access {
  const match = operation.match(/^(read|write) ([0-3]) (\d+)(?: ([0-9a-f]{8}))?(?: pause)?$/);
  if (!match || (match[1] === "write") !== (match[4] !== undefined)) {
    const what = "only read, write and sync say what they did; give a run without others";
    throw new HistoryError(operation, what);
  }
  const kind = match[1] as Access["kind"];
  const at = { drive: Number(match[2]), lba: Number(match[3]) };
  if (kind === "write") {
    return { ...known, kind, ...at, stamp: parseInt(match[4]!, 16), whole: true };
  }
  return { ...known, kind, ...at, stamp: result?.stamp ?? 0, whole: result?.whole ?? true };
}

/** What each block held first, by the first read of what nobody wrote there. */
function firstReads(accesses: readonly Access[]): History["initial"] {
  const written = new Set(
    accesses.filter(({ kind }) => kind === "write").map(({ stamp }) => stamp),
  );
  const first = new Map<number, number>();
  for (const { kind, outcome, drive, lba, stamp } of accesses) {
    const key = blockKey(drive, lba);
    const isNew = kind === "read" && outcome === "ok" && !written.has(stamp) && !first.has(key);
    if (isNew) first.set(key, stamp);
  }
  return (drive, lba) => first.get(blockKey(drive, lba)) ?? 0;
}
