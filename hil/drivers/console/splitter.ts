/**
 * Cuts what a target says into plain output and lines that look like frames. Plain output is
 * passed on at once, also in the middle of a line (prompts); a line that may be a frame is held
 * until it is over or can be none.
 */
import { latin1 } from "./log.ts";
import { MAX_FRAME, mayBecomeFrame } from "./frame.ts";

const LF = 0x0a;
const SIGILS = new Set([..."<=!?"].map((sigil) => sigil.charCodeAt(0)));

export interface SplitterOutput {
  plain(bytes: Uint8Array, raw: number): void;
  /** A line with the look of a frame, and all that came of it, its end included. */
  line(bytes: Uint8Array, raw: number): void;
}

export class Splitter {
  /** Position in all that was said. */
  #raw = 0;
  #atLineStart = true;
  /** The line so far, while it may be a frame. */
  #held: Uint8Array[] = [];
  #heldSize = 0;

  push(chunk: Uint8Array, output: SplitterOutput): void {
    let plainFrom = 0;
    for (let at = 0; at < chunk.length;) {
      const newline = chunk.indexOf(LF, at);
      const end = newline < 0 ? chunk.length : newline + 1;
      if (this.#heldSize > 0 || (this.#atLineStart && SIGILS.has(chunk[at]!))) {
        if (at > plainFrom) output.plain(chunk.subarray(plainFrom, at), this.#raw + plainFrom);
        this.#hold(chunk.subarray(at, end), this.#raw + at, output);
        plainFrom = end;
      }
      this.#atLineStart = newline >= 0;
      at = end;
    }
    if (plainFrom < chunk.length) output.plain(chunk.subarray(plainFrom), this.#raw + plainFrom);
    this.#raw += chunk.length;
  }

  /** Forgets a line that is not over, and passes over `size` bytes: a line begins after them. */
  restart(size: number): void {
    this.#take();
    this.#raw += size;
    this.#atLineStart = true;
  }

  /** Nothing more comes: what is held is no frame. */
  end(output: SplitterOutput): void {
    const held = this.#take();
    if (held.length) output.plain(held, this.#raw - held.length);
  }

  #hold(piece: Uint8Array, raw: number, output: SplitterOutput): void {
    this.#held.push(piece);
    const before = this.#heldSize;
    this.#heldSize += piece.length;
    const over = piece.at(-1) === LF;
    const line = over || before < 64 || this.#heldSize > MAX_FRAME ? this.#take() : undefined;
    if (!line) return;
    const begin = raw - before;
    const text = latin1(over ? line.subarray(0, -1) : line);
    if (line.length > MAX_FRAME || !mayBecomeFrame(text)) output.plain(line, begin);
    else if (over) output.line(line, begin);
    else {
      // Chunks may be the caller's to use again.
      this.#held = [line.slice()];
      this.#heldSize = line.length;
    }
  }

  #take(): Uint8Array {
    const [first = new Uint8Array(0), ...rest] = this.#held;
    const line = rest.length === 0 ? first : new Uint8Array(this.#heldSize);
    let at = 0;
    if (rest.length) {
      for (const piece of [first, ...rest]) {
        line.set(piece, at);
        at += piece.length;
      }
    }
    this.#held = [];
    this.#heldSize = 0;
    return line;
  }
}
