/** How loud sound is, and its strongest tone: of samples and of a spectrum. */

export interface Sound {
  /** Root mean square, 0 to 1. A full sine has 0.707. */
  readonly level: number;
  /** Of the strongest tone, in Hz; `null` when it is (almost) silent. */
  readonly frequency: number | null;
}

export const SILENCE: Sound = { level: 0, frequency: null };

export function rms(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}

/**
 * The peak of a spectrum, by a parabola through its highest line and the two beside it.
 *
 * @param stepHz from one line to the next; the first is at 0 Hz and does not count
 */
export function strongestHz(decibels: Float32Array, stepHz: number): number | null {
  let peak = 0;
  for (let n = 1; n < decibels.length; n++) {
    if (decibels[n]! > (peak === 0 ? -Infinity : decibels[peak]!)) peak = n;
  }
  if (peak === 0) return null;
  const [left, top, right] = [
    decibels[peak - 1]!,
    decibels[peak]!,
    decibels[peak + 1] ?? -Infinity,
  ];
  const curve = left - 2 * top + right;
  const shift = Number.isFinite(curve) && curve < 0 ? (left - right) / (2 * curve) : 0;
  return (peak + shift) * stepHz;
}
