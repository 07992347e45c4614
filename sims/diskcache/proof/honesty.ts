/**
 * Honest errors (P8), from what drives finished badly: an operation fails only where a drive gave
 * an error that is its business. That an error never turns clean is P3's: a sync that returned
 * well over a failed write is a loss.
 */
import { blockKey, type DiskCompletion, type History } from "./history.ts";
import { aboutBlock } from "./shortest.ts";
import type { Violation } from "./violation.ts";

/**
 * @param options.slack by how much a beginning may be seen too late beside the drives' events:
 *   what is seen on two lines has no exact order
 */
export function judgeHonesty(
  history: History,
  { slack = 0 }: { readonly slack?: number } = {},
): Violation[] {
  const { completions } = history;
  if (!completions) return [];
  return [...accessesWithout(history, completions, slack), ...syncsWithout(history, completions)];
}

// Of the module, not of a call: each generator function has a hidden class of its own, which only a
// collection of all garbage takes away, with the history.

/** Accesses that failed without an error that is their business. */
function* accessesWithout(
  history: History,
  completions: readonly DiskCompletion[],
  slack: number,
): Generator<Violation> {
  const failed = history.accesses.filter(({ outcome }) => outcome === "error");
  if (failed.length === 0) return;
  const reads = Map.groupBy(
    completions.filter(({ operation, ok }) => operation === "read" && !ok),
    ({ drive, lba }) => blockKey(drive, lba),
  );
  const blocked = refusals(completions);
  for (const { client, kind, drive, lba, stamp, begin, end } of failed) {
    const own = kind === "read" ? reads.get(blockKey(drive, lba)) ?? [] : [];
    if (own.some(({ at }) => at <= end && at >= begin - slack)) continue;
    // Who needs the room of blocks that cannot be written is told of their error.
    if (blocked.some((one) => one.from <= end && one.to >= begin - slack)) continue;
    const message = `the ${kind} of client ${client} failed, and no drive had given an error ` +
      `that concerns it`;
    const about = aboutBlock(history, drive, lba, end);
    const witness = kind === "write" ? [stamp] : [];
    yield { promise: "P8", drive, lba, message, witness, history: about };
  }
}

function* syncsWithout(
  history: History,
  completions: readonly DiskCompletion[],
): Generator<Violation> {
  for (const sync of history.syncs) {
    if (sync.outcome !== "error") continue;
    const { client, drives, end } = sync;
    const isReason = ({ ok, operation, at, drive }: DiskCompletion) =>
      !ok && operation !== "read" && at <= end && drives.includes(drive);
    if (completions.some(isReason)) continue;
    const message = `the sync of client ${client} failed, and no drive had refused a write ` +
      `or a flush`;
    const about = { ...history, accesses: [], syncs: [sync], disk: [] };
    yield { promise: "P8", drive: drives[0] ?? 0, message, witness: [], history: about };
  }
}

/** While the last write of some block was a bad one. */
interface Refusal {
  readonly from: number;
  to: number;
}

function refusals(completions: readonly DiskCompletion[]): readonly Refusal[] {
  const all: Refusal[] = [];
  const open = new Map<number, Refusal>();
  for (const { operation, drive, lba, at, ok } of completions) {
    if (operation !== "write") continue;
    const key = blockKey(drive, lba);
    const refusal = open.get(key);
    if (refusal) refusal.to = at;
    if (ok) open.delete(key);
    else if (!refusal) {
      const begun = { from: at, to: Infinity };
      all.push(begun);
      open.set(key, begun);
    } else refusal.to = Infinity;
  }
  return all;
}

/** Whether a drive refused something that a sync of the block had to see to, before a moment. */
export function wasRefused(history: History, drive: number, lba: number, until: number): boolean {
  return (history.completions ?? []).some((done) =>
    !done.ok && done.drive === drive && done.at <= until &&
    (done.operation === "flush" || (done.operation === "write" && done.lba === lba))
  );
}
