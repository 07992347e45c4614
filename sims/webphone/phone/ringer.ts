/** Tones that tell of a call: it rings here, or there (ITU-T E.180: 425 Hz, 1 s on, 4 s off). */
import { type Duration, ms, timer } from "hil/time/mod.ts";

export type Cadence = "here" | "there";

interface Pattern {
  readonly tones: readonly number[];
  readonly on: Duration;
  readonly off: Duration;
  readonly gain: number;
}

const PATTERNS: Readonly<Record<Cadence, Pattern>> = {
  here: { tones: [523.25, 659.25], on: ms(900), off: ms(1600), gain: 0.12 },
  there: { tones: [425], on: ms(1000), off: ms(4000), gain: 0.06 },
};

/** Rises and falls in that time, without a click. */
const EDGE_S = 0.04;

export class Ringer {
  #ringing: Cadence | undefined;
  #cancel = () => {};
  #gain: GainNode | undefined;

  /** @param context made when a tone is wanted first */
  constructor(readonly context: () => AudioContext) {}

  /** Rings until told otherwise. */
  ring(cadence: Cadence | undefined): void {
    if (cadence === this.#ringing) return;
    this.#cancel();
    this.#gain?.disconnect();
    this.#ringing = cadence;
    if (cadence) this.#burst(PATTERNS[cadence]);
  }

  #burst(pattern: Pattern): void {
    const context = this.context();
    const { tones, on, off, gain } = pattern;
    const [begin, end] = [context.currentTime, context.currentTime + on.ms / 1000];
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setTargetAtTime(gain, begin, EDGE_S);
    volume.gain.setTargetAtTime(0, end - 3 * EDGE_S, EDGE_S);
    volume.connect(context.destination);
    for (const frequency of tones) {
      const tone = new OscillatorNode(context, { frequency });
      tone.connect(volume);
      tone.start(begin);
      tone.stop(end);
    }
    this.#gain = volume;
    this.#cancel = timer(ms(on.ms + off.ms), () => this.#burst(pattern));
  }
}
