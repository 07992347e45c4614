/** Tones: made for a microphone, and found in what was heard. */

/** 16 bit, one channel: what Chromium's fake microphone takes as it is. */
const RATE_HZ = 48_000;
const FULL = 32_767;

export interface Tone {
  /** Whole Hz: the file is played again and again, and fits its own beginning. */
  readonly frequencyHz: number;
  /** Of a sine that is on, as RMS below a full square wave (dBFS; a full sine has -3). Default: -15. */
  readonly levelDbfs?: number;
  /**
   * Half a second on, half a second off (default), or without a pause. The noise suppression that
   * browsers have by default takes a steady tone away, by 6 dB a second; beeps keep their level.
   */
  readonly steady?: boolean;
}

/** One second of a tone, as a WAV file. */
export function toneWav({ frequencyHz, levelDbfs = -15, steady = false }: Tone): Uint8Array {
  if (!Number.isInteger(frequencyHz) || frequencyHz < 1 || frequencyHz > RATE_HZ / 2) {
    throw new RangeError(
      `Cannot make a tone of "${frequencyHz}" Hz: it is no whole number from 1 to ${
        RATE_HZ / 2
      }; ` +
        `give one`,
    );
  }
  const amplitude = Math.SQRT2 * 10 ** (levelDbfs / 20);
  if (!(amplitude <= 1)) {
    throw new RangeError(
      `Cannot make a tone of "${levelDbfs}" dBFS: a sine has -3 at most; give less`,
    );
  }
  const samples = new Float32Array(RATE_HZ);
  for (let n = 0; n < (steady ? RATE_HZ : RATE_HZ / 2); n++) {
    samples[n] = amplitude * Math.sin(2 * Math.PI * frequencyHz * n / RATE_HZ);
  }
  return wav(samples);
}

/** RIFF WAVE with PCM of 16 bits ("Multimedia Programming Interface and Data Specifications 1.0"). */
function wav(samples: Float32Array): Uint8Array {
  const length = samples.length * 2;
  const view = new DataView(new ArrayBuffer(44 + length));
  const text = (at: number, word: string) => {
    for (let n = 0; n < word.length; n++) view.setUint8(at + n, word.charCodeAt(n));
  };
  const format = { size: 16, pcm: 1, channels: 1, bytes: 2, bits: 16 };
  text(0, "RIFF");
  view.setUint32(4, 36 + length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, format.size, true);
  view.setUint16(20, format.pcm, true);
  view.setUint16(22, format.channels, true);
  view.setUint32(24, RATE_HZ, true);
  view.setUint32(28, RATE_HZ * format.bytes, true);
  view.setUint16(32, format.bytes, true);
  view.setUint16(34, format.bits, true);
  text(36, "data");
  view.setUint32(40, length, true);
  samples.forEach((sample, n) => view.setInt16(44 + 2 * n, Math.round(FULL * sample), true));
  return new Uint8Array(view.buffer);
}

/** What is in a piece of sound. */
export type Heard = {
  /** Of all of it, as RMS below a full square wave; -200 for silence. */
  readonly levelDbfs: number;
  /** The strongest one; 0 in silence. */
  readonly frequencyHz: number;
  /** Of the power, how much is at that frequency: 1 for a pure tone, 0.01 for noise. */
  readonly purity: number;
};

/** "440.2 Hz at -15.1 dBFS, purity 0.98". */
export function describeHeard({ frequencyHz, levelDbfs, purity }: Heard): string {
  const level = `${levelDbfs.toFixed(1)} dBFS`;
  return `${frequencyHz.toFixed(1)} Hz at ${level}, purity ${purity.toFixed(2)}`;
}

const SILENCE_DBFS = -200;
/** Bins on either side of the strongest that a Hann window gives a pure tone's power to. */
const LOBE = 2;

/**
 * The strongest frequency, to about 1 Hz in 2,048 samples at 48 kHz: the spectrum under a Hann window,
 * and a parabola through the logarithms around its maximum.
 *
 * @param samples from -1 to 1; a power of two is used of them
 */
export function hear(samples: Float32Array, rateHz: number): Heard {
  const length = 2 ** Math.floor(Math.log2(samples.length));
  let square = 0;
  for (const sample of samples) square += sample * sample;
  const mean = square / samples.length;
  if (!(mean > 1e-20)) return { levelDbfs: SILENCE_DBFS, frequencyHz: 0, purity: 0 };
  const powers = spectrum(samples.subarray(0, length));
  let peak = 1;
  for (let n = 1; n < powers.length - 1; n++) if (powers[n]! > powers[peak]!) peak = n;
  const [before, at, after] = [-1, 0, 1].map((step) => Math.log(powers[peak + step]! + 1e-30));
  const bend = before! - 2 * at! + after!;
  const shift = bend === 0 ? 0 : (before! - after!) / (2 * bend);
  const sum = (from: number, to: number) => powers.subarray(from, to).reduce((a, b) => a + b, 0);
  const lobe = sum(Math.max(0, peak - LOBE), peak + LOBE + 1);
  return {
    levelDbfs: 10 * Math.log10(mean),
    frequencyHz: (peak + shift) * rateHz / length,
    purity: lobe / sum(0, powers.length),
  };
}

/** Powers of the bins from 0 to half the rate, of a power of two of samples (Cooley and Tukey). */
function spectrum(samples: Float32Array): Float64Array {
  const length = samples.length;
  const re = new Float64Array(length), im = new Float64Array(length);
  const bits = Math.log2(length);
  for (let n = 0; n < length; n++) {
    let to = 0;
    for (let bit = 0; bit < bits; bit++) if (n & (1 << bit)) to |= 1 << (bits - 1 - bit);
    re[to] = samples[n]! * (0.5 - 0.5 * Math.cos(2 * Math.PI * n / length));
  }
  for (let size = 2; size <= length; size *= 2) butterflies(re, im, size);
  return Float64Array.from({ length: length / 2 }, (_, n) => re[n]! ** 2 + im[n]! ** 2);
}

function butterflies(re: Float64Array, im: Float64Array, size: number): void {
  const half = size / 2;
  for (let k = 0; k < half; k++) {
    const cos = Math.cos(2 * Math.PI * k / size), sin = -Math.sin(2 * Math.PI * k / size);
    for (let a = k, b = k + half; b < re.length; a += size, b += size) {
      const x = re[b]! * cos - im[b]! * sin, y = re[b]! * sin + im[b]! * cos;
      [re[b], im[b]] = [re[a]! - x, im[a]! - y];
      [re[a], im[a]] = [re[a]! + x, im[a]! + y];
    }
  }
}
