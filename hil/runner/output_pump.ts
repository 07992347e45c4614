/**
 * Standard output and error of a worker and of everything that inherits them. While a scenario
 * runs, what is written goes to its worker, which puts it into the trace; a mark in both streams
 * says that the scenario has ended.
 */
import { outputMark } from "./protocol.ts";

/** How many pieces are kept for the case that the worker ends before it takes them. */
const RECENT_PIECES = 64;

export interface OutputListener {
  onText(text: string): void;
  /** Both streams have come to their mark. */
  onMark(): void;
}

export class OutputPump {
  /** Whether a worker is there to take it. */
  live = false;
  /** Both streams are at their end. */
  readonly ended: Promise<void>;
  readonly #mark: string;
  #marks = 0;
  #recent: string[] = [];

  constructor(
    worker: string,
    streams: readonly ReadableStream<Uint8Array>[],
    private readonly listener: OutputListener,
  ) {
    this.#mark = outputMark(worker);
    this.ended = Promise.all(streams.map((stream) => this.#read(stream))).then(() => {});
  }

  /** What was written since the last call, as far as it is kept. */
  takeRecent(): readonly string[] {
    const taken = this.#recent;
    this.#recent = [];
    return taken;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      rest += decoder.decode(chunk, { stream: true });
      for (let at; (at = rest.indexOf(this.#mark)) >= 0;) {
        this.#tell(rest.slice(0, at));
        rest = rest.slice(at + this.#mark.length);
        if (++this.#marks % 2 === 0) this.listener.onMark();
      }
      const held = this.#heldBack(rest);
      this.#tell(rest.slice(0, rest.length - held));
      rest = rest.slice(rest.length - held);
    }
    this.#tell(rest);
  }

  /** How much of the end of `text` may be the beginning of a mark. */
  #heldBack(text: string): number {
    const from = text.lastIndexOf(this.#mark[0]!);
    return from >= 0 && this.#mark.startsWith(text.slice(from)) ? text.length - from : 0;
  }

  #tell(text: string): void {
    if (!text) return;
    if (this.live) this.listener.onText(text.replace(/\n$/, ""));
    this.#recent.push(text);
    while (this.#recent.length > RECENT_PIECES) this.#recent.shift();
  }
}
