/** The one file that knows chance that no seed brings back: it makes the seeds themselves. */

/** A seed that nobody has chosen: 0 to 2^32 - 1, so that it is short enough to be typed again. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}
