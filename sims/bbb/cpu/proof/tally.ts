/** Counts of a run: what was compared, what was not and why. Nothing is left out in silence. */

import type { Case } from "./case.ts";
import type { Divergence, Verdict } from "./compare.ts";

export class Tally {
  compared = 0;
  exceptions = 0;
  readonly divergences: Divergence[] = [];
  /** Reasons and how often. */
  readonly skipped = new Map<string, number>();
  /** Encodings that were compared, and how often. */
  readonly encodings = new Map<string, number>();

  add(test: Case, verdict: Verdict): void {
    if (typeof verdict === "string") {
      this.skipped.set(verdict, (this.skipped.get(verdict) ?? 0) + 1);
      return;
    }
    this.compared++;
    const name = test.compiled?.encoding.name ?? `${test.set} unallocated`;
    this.encodings.set(name, (this.encodings.get(name) ?? 0) + 1);
    if (verdict !== undefined) this.divergences.push(verdict);
  }

  /** Divergences by instruction set and encoding. */
  differingText(): string {
    const counts = new Map<string, number>();
    for (const { test: { set, compiled } } of this.divergences) {
      const name = `${set} ${compiled?.encoding.name ?? "unallocated"}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].toSorted((a, b) => b[1] - a[1])
      .map(([name, count]) => `  ${String(count).padStart(9)}  differ: ${name}`).join("\n");
  }

  get skippedCount(): number {
    return [...this.skipped.values()].reduce((sum, count) => sum + count, 0);
  }

  /** By number, most first; the conditions of UNPREDICTABLE under one heading. */
  skippedText(): string {
    const groups = new Map<string, number>();
    for (const [reason, count] of this.skipped) {
      const open = reason.startsWith("UNPREDICTABLE: ") && !reason.includes("(");
      const group = open ? "UNPREDICTABLE by the encoding's description (A8.8)" : reason;
      groups.set(group, (groups.get(group) ?? 0) + count);
    }
    return [...groups].toSorted((a, b) => b[1] - a[1])
      .map(([reason, count]) => `  ${String(count).padStart(9)}  ${reason}`).join("\n");
  }
}
