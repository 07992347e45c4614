/** All promises that a history can be held to, in one call. */
import { judgeDirtiness, judgeLiveness } from "./bounds.ts";
import type { DirtyLimits, LiveLimits } from "./bounds.ts";
import { judgeCrashes, type Loss } from "./durability.ts";
import { type Access, byBlock, type History } from "./history.ts";
import { judgeHonesty, wasRefused } from "./honesty.ts";
import { aboutBlock, shortest } from "./shortest.ts";
import { type Promised, stampText, type Violation } from "./violation.ts";
import { searchOrder } from "./wgl.ts";
import { type Contradiction, contradictionIn, RepeatedStamp } from "./zones.ts";

export interface JudgeOptions {
  /** Bounds of P6; default none. */
  readonly dirty?: DirtyLimits;
  /** Bounds of P7; default none. */
  readonly live?: LiveLimits;
  /** See {@link judgeHonesty}. */
  readonly slack?: number;
  /** Steps of the search in a block whose writes have no stamps of their own; default 1,000,000. */
  readonly steps?: number;
}

export interface Judgement {
  /** Of a block the first of each promise. */
  readonly violations: readonly Violation[];
  readonly operations: number;
  readonly blocks: number;
  /** Moments at which a power cut was judged, each with all that may survive. */
  readonly crashPoints: number;
  /** Blocks with a stamp that was written twice and too many orders to try: not judged. */
  readonly undecided: readonly { readonly drive: number; readonly lba: number }[];
}

/**
 * Judges P1, P2, P3 and P8, and P6 and P7 where they have bounds.
 *
 * @example
 * ```ts
 * import { describe, type History, judge } from "./mod.ts";
 *
 * const access = { client: 1, drive: 0, lba: 7, whole: true, outcome: "ok" } as const;
 * const history: History = {
 *   initial: () => 0,
 *   accesses: [
 *     { ...access, kind: "write", stamp: 27, begin: 1, end: 2 },
 *     { ...access, kind: "read", stamp: 0, begin: 3, end: 4 },
 *   ],
 *   syncs: [],
 *   disk: [],
 * };
 * const [violation] = judge(history).violations;
 * console.log(describe(violation!)); // P1 of block 0:7 does not hold: …
 * ```
 */
export function judge(history: History, options: JudgeOptions = {}): Judgement {
  const blocks = byBlock(history.accesses);
  const owners = ownersOf(history);
  const violations: Violation[] = [];
  const undecided: { drive: number; lba: number }[] = [];
  const repeated = new Set<number>();
  const contradictory = new Set<number>();
  for (const [key, accesses] of blocks) {
    const { drive, lba } = accesses[0]!;
    violations.push(...tornReads(history, accesses));
    const initial = history.initial(drive, lba);
    try {
      const wrong = contradictionIn(accesses, initial);
      if (!wrong) continue;
      contradictory.add(key);
      violations.push(contradicted(history, accesses, wrong, owners));
    } catch (error) {
      if (!(error instanceof RepeatedStamp)) throw error;
      repeated.add(key);
      const order = searchOrder(accesses, initial, { steps: options.steps ?? 1_000_000 });
      if (order === "undecided") undecided.push({ drive, lba });
      if (order !== "contradictory") continue;
      violations.push(unordered(history, accesses));
    }
  }
  const crashes = judgeDurability(history, new Set([...repeated, ...contradictory]));
  violations.push(...crashes.violations, ...judgeHonesty(history, options));
  if (options.dirty) violations.push(...judgeDirtiness(history, options.dirty));
  if (options.live) violations.push(...judgeLiveness(history, options.live));
  const { crashPoints } = crashes;
  const operations = history.accesses.length + history.syncs.length;
  return { violations, operations, blocks: blocks.size, crashPoints, undecided };
}

/** Which block each stamp was written to. */
function ownersOf({ accesses }: History): ReadonlyMap<number, Access> {
  const owners = new Map<number, Access>();
  for (const access of accesses) if (access.kind === "write") owners.set(access.stamp, access);
  return owners;
}

function tornReads(history: History, accesses: readonly Access[]): Violation[] {
  const torn = accesses.find(({ kind, outcome, whole }) =>
    kind === "read" && outcome === "ok" && !whole
  );
  if (!torn) return [];
  const { drive, lba, stamp, client } = torn;
  const message = `client ${client} read a torn block: it begins with ${stampText(stamp)} and ` +
    `goes on with something else`;
  const part = { ...history, accesses: [torn], syncs: [], disk: [] };
  return [{ promise: "P2", drive, lba, message, witness: [stamp], history: part }];
}

function contradicted(
  history: History,
  accesses: readonly Access[],
  wrong: Contradiction,
  owners: ReadonlyMap<number, Access>,
): Violation {
  const { drive, lba } = accesses[0]!;
  const initial = history.initial(drive, lba);
  const promise = promiseOf(wrong, owners);
  const owner = promise === "P2" ? owners.get(wrong.values[0]!) : undefined;
  // Without the write of what it reads a part would show another contradiction.
  const shows = (part: History) => {
    const same = contradictionIn(part.accesses, initial);
    return same !== undefined && same.values.join() === wrong.values.join() &&
      same.message === wrong.message;
  };
  const evidence = { ...history, accesses: inOrder(wrong.evidence), syncs: [], disk: [] };
  const part = shortest(evidence, shows);
  const message = owner
    ? `${stampText(owner.stamp)} was read there and belongs to block ${owner.drive}:${owner.lba}`
    : wrong.message;
  return { promise, drive, lba, message, witness: wrong.values, history: part };
}

/** A value of another block, or one that is not a value of any, is P2's. */
function promiseOf({ values, evidence }: Contradiction, owners: ReadonlyMap<number, Access>) {
  const [read] = evidence;
  const [stamp] = values;
  const owner = values.length === 1 ? owners.get(stamp!) : undefined;
  const isOther = owner && (owner.drive !== read!.drive || owner.lba !== read!.lba);
  return isOther ? "P2" : "P1";
}

function unordered(history: History, accesses: readonly Access[]): Violation {
  const { drive, lba } = accesses[0]!;
  const initial = history.initial(drive, lba);
  const all = { ...history, accesses: inOrder(accesses), syncs: [], disk: [] };
  const part = shortest(all, ({ accesses: some }) => {
    const written = new Set(some.filter(({ kind }) => kind === "write").map(({ stamp }) => stamp));
    const isRooted = some.every(({ kind, stamp }) =>
      kind === "write" || stamp === initial || written.has(stamp)
    );
    return isRooted && searchOrder(some, initial, { steps: 10_000 }) === "contradictory";
  });
  const witness = [...new Set(part.accesses.map(({ stamp }) => stamp))];
  const message = "no order explains these reads and writes";
  return { promise: "P1", drive, lba, message, witness, history: part };
}

function judgeDurability(history: History, leftOut: ReadonlySet<number>) {
  const isJudged = ({ drive, lba }: { drive: number; lba: number }) =>
    !leftOut.has(lba * 4 + drive);
  const judged = leftOut.size === 0 ? history : {
    ...history,
    accesses: history.accesses.filter(isJudged),
    disk: history.disk.filter((event) => event.type === "flush" || isJudged(event)),
  };
  const torn = judged.disk.find((event) => event.type === "write" && event.whole === false);
  const violations: Violation[] = [];
  if (torn?.type === "write") {
    const { drive, lba, stamp } = torn;
    const message = `drive ${drive} was given a torn block, which begins with ${stampText(stamp)}`;
    const part = { ...history, accesses: [], syncs: [], disk: [torn] };
    violations.push({ promise: "P2", drive, lba, message, witness: [stamp], history: part });
  }
  const { losses, crashPoints } = judgeCrashes(judged);
  for (const loss of losses) {
    const isTorn = torn?.type === "write" && torn.drive === loss.drive && torn.lba === loss.lba;
    if (!isTorn || loss.lost !== undefined) violations.push(lossViolation(judged, loss));
  }
  return { violations, crashPoints };
}

function lossViolation(history: History, loss: Loss): Violation {
  const { drive, lba, crash, survivor, lost } = loss;
  const own = aboutBlock(history, drive, lba, crash);
  const part = shortest(own, (some) => {
    const [same] = judgeCrashes(some).losses;
    return same?.survivor === survivor && same.lost === lost;
  });
  const base = { drive, lba, crash, history: part };
  const value = stampText(survivor);
  if (lost === undefined) {
    const message = `drive ${drive} was given ${value} for it, which nobody wrote there`;
    return { promise: "P2", ...base, message, witness: [survivor] };
  }
  // A sync that returns well over what a drive refused is a dishonest one.
  const promise: Promised = wasRefused(history, drive, lba, crash) ? "P8" : "P3";
  const message = `after a power cut it may hold ${value}, although ${stampText(lost)} is newer ` +
    `and a sync has returned since`;
  return { promise, ...base, message, witness: [survivor, lost] };
}

function inOrder(accesses: readonly Access[]): readonly Access[] {
  return accesses.toSorted((a, b) => a.begin - b.begin);
}
