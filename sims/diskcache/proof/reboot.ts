/**
 * What was found on the drives after a real power cut, judged by what had been promised before it.
 * Each era between two cuts is a history of its own, whose initial values are the survivors of the
 * one before; so a write that was lost and comes back later is a value that nobody wrote.
 */
import { blockKey, byBlock, type History, type Sync } from "./history.ts";
import { coveredAt, knownAt, mayRemain } from "./enumerate.ts";
import { aboutBlock } from "./shortest.ts";
import { stampText, type Violation } from "./violation.ts";

export interface Survivor {
  readonly drive: number;
  readonly lba: number;
  readonly stamp: number;
  readonly whole: boolean;
}

export interface Reboot {
  /** Position of the cut. */
  readonly crash: number;
  /** What was read after it; blocks that are left out are not judged. */
  readonly survivors: readonly Survivor[];
  /** Whether the drive writes a sector as a whole or not at all. Default "atomic". */
  readonly sectors?: "atomic" | "torn";
}

/** P2 to P5 of one cut. @throws RepeatedStamp */
export function judgeReboot(history: History, reboot: Reboot): Violation[] {
  const { crash, survivors } = reboot;
  const accesses = byBlock(history.accesses);
  const torn = tornWrongly(history, reboot);
  const witnessed = syncsWitnessed(history, survivors);
  const lost = survivors.filter(({ whole }) => whole).flatMap((survivor): Violation[] => {
    const { drive, lba, stamp } = survivor;
    const own = accesses.get(blockKey(drive, lba)) ?? [];
    const initial = history.initial(drive, lba);
    const may = (covered: number) => mayRemain(own, initial, { stamp, covered, crash });
    const base = { drive, lba, crash, history: aboutBlock(history, drive, lba, crash) };
    if (!may(-Infinity)) {
      const message = `${stampText(stamp)} was found there and never written there`;
      return [{ promise: "P2", ...base, message, witness: [stamp] }];
    }
    const after = witnessed.find(({ sync }) => sync.drives.includes(drive) && !may(sync.begin));
    if (after) {
      const message = `${stampText(stamp)} was found there, although ` +
        `${stampText(after.stamp)}, written after a sync of something newer, is on disk`;
      return [{ promise: "P4", ...base, message, witness: [stamp, after.stamp] }];
    }
    if (may(coveredAt(history, drive, crash))) return [];
    const message = `${stampText(stamp)} was found there, and a sync of something newer returned`;
    return [{ promise: "P3", ...base, message, witness: [stamp] }];
  });
  return [...torn, ...lost];
}

/**
 * The next era: what was found is what it begins with, and blocks that were not looked at are as
 * they were at first.
 */
export function initialAfter(
  history: History,
  survivors: readonly Survivor[],
): History["initial"] {
  const found = new Map(survivors.map(({ drive, lba, stamp }) => [blockKey(drive, lba), stamp]));
  return (drive, lba) => found.get(blockKey(drive, lba)) ?? history.initial(drive, lba);
}

function tornWrongly(history: History, { crash, survivors, sectors }: Reboot): Violation[] {
  const seen = new Set<number>();
  return survivors.filter(({ whole }) => !whole).flatMap((survivor): Violation[] => {
    const { drive, lba, stamp } = survivor;
    const own = aboutBlock(history, drive, lba, crash);
    const base = { drive, lba, crash, history: own, witness: [stamp] };
    if (sectors !== "torn") {
      const message = `it is torn (it begins with ${stampText(stamp)}), of a drive that tears none`;
      return [{ promise: "P2", ...base, message }];
    }
    const wasWritten = own.accesses.some(({ kind }) => kind === "write");
    const isFirst = !seen.has(drive);
    seen.add(drive);
    if (wasWritten && isFirst) return [];
    const why = wasWritten ? "another block of the drive is torn too" : "nobody was writing it";
    return [{ promise: "P5", ...base, message: `it is torn, and ${why}` }];
  });
}

/** Syncs that had returned before a survivor was written: it proves so, whenever the cut was. */
function syncsWitnessed(
  history: History,
  survivors: readonly Survivor[],
): { readonly sync: Sync; readonly stamp: number }[] {
  const found = new Set(survivors.filter(({ whole }) => whole).map(({ stamp }) => stamp));
  const writes = knownAt(history.accesses, Infinity)
    .filter(({ kind, stamp }) => kind === "write" && found.has(stamp));
  const last = writes.toSorted((a, b) => b.begin - a.begin)[0];
  if (!last) return [];
  return history.syncs.filter(({ outcome, end }) => outcome === "ok" && end < last.begin)
    .map((sync) => ({ sync, stamp: last.stamp }));
}
