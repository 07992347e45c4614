/** How loud a stream is, and its strongest tone: an AnalyserNode (Web Audio API, section 1.8). */
import { rms, type Sound, strongestHz } from "./sound.ts";

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
