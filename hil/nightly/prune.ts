/**
 * Which recordings go: by age and size, what passed first, then the oldest failure, and never the
 * newest failure of a scenario.
 */

/** What is known of a recording. */
export interface Recording {
  /** Absolute folder. */
  readonly path: string;
  /** Of the scenario. */
  readonly id: string;
  readonly outcome: "passed" | "failed" | "flaky";
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly bytes: number;
}

export interface KeepLimits {
  readonly sizeBytes: number;
  readonly ageMs: number;
}

/** What is to go, in that order. */
export function toPrune(
  recordings: readonly Recording[],
  { sizeBytes, ageMs }: KeepLimits,
  nowMs: number,
): Recording[] {
  const newest = new Map<string, Recording>();
  for (const each of recordings.filter(isFailure)) {
    const known = newest.get(each.id);
    if (!known || each.at > known.at) newest.set(each.id, each);
  }
  const order = recordings.filter((each) => newest.get(each.id) !== each)
    .sort((a, b) => Number(isFailure(a)) - Number(isFailure(b)) || a.at - b.at);
  let total = recordings.reduce((sum, { bytes }) => sum + bytes, 0);
  const gone: Recording[] = [];
  for (const each of order) {
    if (nowMs - each.at <= ageMs && total <= sizeBytes) continue;
    gone.push(each);
    total -= each.bytes;
  }
  return gone;
}

function isFailure({ outcome }: Recording): boolean {
  return outcome !== "passed";
}
