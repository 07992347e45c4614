/**
 * Whether reads and writes of one block can be put in an order that explains them, each within
 * its own time (linearizability), by zones: Gibbons and Korach, "Testing shared memories", 1997.
 * Every write has a stamp of its own.
 */

export interface Access {
  readonly kind: "read" | "write";
  readonly stamp: number;
  readonly begun: number;
  /** Infinity for a write that may or may not have happened. */
  readonly over: number;
}

interface Zone {
  readonly stamp: number;
  /** The first end and the last beginning of the write and the reads of one stamp. */
  readonly firstOver: number;
  readonly lastBegun: number;
}

/** Why no order explains the accesses, or nothing. `initial`: what the block held before. */
export function whyNotLinear(accesses: readonly Access[], initial: number): string | undefined {
  const first: Access = { kind: "write", stamp: initial, begun: -2, over: -1 };
  const stamps = Map.groupBy([first, ...accesses], ({ stamp }) => stamp);
  const zones: Zone[] = [];
  for (const [stamp, all] of stamps) {
    const write = all.find(({ kind }) => kind === "write");
    if (!write) return `${stamp} was read and never written`;
    if (all.some(({ over }) => over < write.begun)) return `${stamp} was read before its write`;
    const firstOver = Math.min(...all.map(({ over }) => over));
    zones.push({ stamp, firstOver, lastBegun: Math.max(...all.map(({ begun }) => begun)) });
  }
  const forward = zones.filter((zone) => zone.firstOver < zone.lastBegun)
    .sort((a, b) => a.firstOver - b.firstOver);
  for (const [i, zone] of forward.entries()) {
    const next = forward[i + 1];
    if (next && next.firstOver < zone.lastBegun) return `${next.stamp} lived inside ${zone.stamp}`;
    // A stamp whose accesses all overlap, wholly while another one was certainly there.
    const inside = zones.find(({ firstOver, lastBegun }) =>
      firstOver >= lastBegun && lastBegun > zone.firstOver && firstOver < zone.lastBegun
    );
    if (inside) return `${inside.stamp} came and went inside ${zone.stamp}`;
  }
  return undefined;
}
