/** The counters of a link with checked lines. */
import type { LinkQuality } from "../../ports/mod.ts";
import type { Damage } from "./error.ts";

const BYTES = {
  lost: "lostBytes",
  doubled: "doubledBytes",
  altered: "alteredBytes",
  interleaved: "interleavedBytes",
} as const;
const LINES = { lost: "lostLines", doubled: "doubledLines" } as const;

export class Quality {
  readonly counters = {
    commands: 0,
    linesReceived: 0,
    corruptLines: 0,
    lostBytes: 0,
    doubledBytes: 0,
    interleavedBytes: 0,
    alteredBytes: 0,
    lostLines: 0,
    doubledLines: 0,
  } satisfies Partial<LinkQuality>;

  count({ kind, unit, count }: Damage): void {
    if (kind === "unclear") return;
    const name = unit === "bytes" ? BYTES[kind] : LINES[kind as "lost" | "doubled"];
    this.counters[name] += count;
  }
}
