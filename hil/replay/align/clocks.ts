/** How the clocks of two runs go beside each other, from stimulus to stimulus. */
import type { Paired } from "./align.ts";
import type { Call } from "./side.ts";

/** From a stimulus to the next one. */
export interface ClockSegment {
  /** Numbers of the call that it begins with. */
  readonly a: number;
  readonly b: number;
  /** Whole nanoseconds that the clock of B is ahead then. */
  readonly offsetNs: number;
  /** How much longer it was in B; left out where it took no time in A. */
  readonly ratio?: number;
}

export function segmentsOf(stimuli: readonly Paired<Call>[]): ClockSegment[] {
  const timed = stimuli.filter(({ a, b }) => a.clock === undefined && b.clock === undefined);
  return timed.map(({ a, b }, i) => {
    const next = timed[i + 1];
    const took = next && next.a.t > a.t ? { ratio: (next.b.t - b.t) / (next.a.t - a.t) } : {};
    return { a: a.id, b: b.id, offsetNs: b.t - a.t, ...took };
  });
}

/** How much longer all of it was in B; 1 where that cannot be told. */
export function stretchOf(stimuli: readonly Paired<Call>[]): number {
  const [first, last] = [stimuli[0], stimuli.at(-1)];
  if (!first || !last || last.a.t <= first.a.t) return 1;
  return (last.b.t - first.b.t) / (last.a.t - first.a.t);
}
