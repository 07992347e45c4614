/** How loud a stream is, and its strongest tone: an AnalyserNode (Web Audio API, section 1.8). */
/// <reference lib="dom" />

export interface Sound {
  /** Root mean square, 0 to 1. A full sine has 0.707. */
  readonly level: number;
  /** Of the strongest tone, in Hz; `null` when it is (almost) silent. */
  readonly frequency: number | null;
}

export const SILENCE: Sound = { level: 0, frequency: null };

/** Spectrum lines 5.9 Hz apart at 48 kHz; between two of them it is interpolated. */
const FFT_SIZE = 8192;
/** Below it, noise has no tone worth telling. */
const QUIET = 0.001;

export class Meter {
  readonly #analyser: AnalyserNode;
  readonly #source: MediaStreamAudioSourceNode;
  readonly #samples = new Float32Array(FFT_SIZE);
  readonly #decibels = new Float32Array(FFT_SIZE / 2);

  /** A remote stream is silent here until an `<audio>` plays it, too. */
  constructor(context: AudioContext, stream: MediaStream) {
    this.#analyser = new AnalyserNode(context, { fftSize: FFT_SIZE, smoothingTimeConstant: 0 });
    this.#source = context.createMediaStreamSource(stream);
    this.#source.connect(this.#analyser);
  }

  /** Of the last 171 ms at 48 kHz. */
  read(): Sound {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const level = rms(this.#samples);
    if (level < QUIET) return { level, frequency: null };
    this.#analyser.getFloatFrequencyData(this.#decibels);
    const stepHz = this.#analyser.context.sampleRate / FFT_SIZE;
    return { level, frequency: strongestHz(this.#decibels, stepHz) };
  }

  close(): void {
    this.#source.disconnect();
  }
}

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
