/**
 * What a phone's user hears: the other side, by an `<audio>` of the page, and tones while it rings.
 * A browser may keep both silent until its user has touched the page (HTML, section 8.8.1).
 */
import { type Cadence, Ringer } from "./ringer.ts";
import { useSpeaker } from "./media.ts";

export interface LoudspeakerOptions {
  readonly audio: HTMLAudioElement;
  /** Whether it rings. */
  readonly tones: boolean;
  /** The browser keeps the other side silent, or does not any more. */
  blocked(isBlocked: boolean): void;
}

const TOUCHES = ["pointerdown", "keydown"] as const;

export class Loudspeaker {
  readonly #ringer = new Ringer(() => this.context());
  #context: AudioContext | undefined;

  constructor(readonly options: LoudspeakerOptions) {}

  /** One for all; made when it is wanted first. */
  context(): AudioContext {
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") void this.#context.resume();
    return this.#context;
  }

  ring(cadence: Cadence | undefined): void {
    if (this.options.tones) this.#ringer.ring(cadence);
  }

  play(stream: MediaStream): void {
    const { audio } = this.options;
    audio.srcObject = stream;
    audio.play().catch((error: Error) => {
      if (error.name === "NotAllowedError") this.#playWhenTouched();
    });
  }

  /** Unless it plays another one by now. */
  stop(stream: MediaStream): void {
    const { audio } = this.options;
    if (audio.srcObject === stream) audio.srcObject = null;
  }

  /** @param id of a device; `""`: the browser's choice */
  async use(id: string): Promise<void> {
    await useSpeaker(this.options.audio, id);
  }

  close(): void {
    this.#ringer.ring(undefined);
    void this.#context?.close();
    this.#context = undefined;
  }

  #playWhenTouched(): void {
    const { audio, blocked } = this.options;
    const touched = () => {
      for (const kind of TOUCHES) document.removeEventListener(kind, touched);
      this.context();
      void audio.play().catch(() => {}); // The call may be over.
      blocked(false);
    };
    for (const kind of TOUCHES) document.addEventListener(kind, touched);
    blocked(true);
  }
}
