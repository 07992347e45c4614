/** Takes ANSI escape sequences (ECMA-48, and xterm's OSC strings) out of a stream of bytes. */

const ESC = 0x1b;
const BEL = 0x07;

/** What the bytes so far are in the middle of. */
type State = "text" | "escape" | "intermediate" | "csi" | "string" | "string escape";

const STRINGS = new Set([..."]PX^_"].map((character) => character.charCodeAt(0)));

export interface Piece {
  readonly bytes: Uint8Array;
  /** Position of its first byte in the chunk. */
  readonly at: number;
}

export class EscapeFilter {
  #state: State = "text";

  /** The parts of `chunk` that are no escape sequence; one may begin and end in other chunks. */
  filter(chunk: Uint8Array): Piece[] {
    if (this.#state === "text" && !chunk.includes(ESC)) return [{ bytes: chunk, at: 0 }];
    const pieces: Piece[] = [];
    let from = this.#state === "text" ? 0 : -1;
    for (let i = 0; i < chunk.length; i++) {
      const before = this.#state;
      this.#state = next(before, chunk[i]!);
      if (before === "text" && this.#state !== "text") {
        if (i > from) pieces.push({ bytes: chunk.subarray(from, i), at: from });
        from = -1;
      } else if (before !== "text" && this.#state === "text") from = i + 1;
    }
    if (from >= 0 && from < chunk.length) pieces.push({ bytes: chunk.subarray(from), at: from });
    return pieces;
  }
}

function next(state: State, byte: number): State {
  if (state === "text") return byte === ESC ? "escape" : "text";
  if (state === "string") return byte === BEL ? "text" : byte === ESC ? "string escape" : "string";
  if (state === "string escape") return "text"; // ESC \
  if (byte === ESC) return "escape";
  if (state === "escape") {
    if (byte === 0x5b) return "csi";
    if (STRINGS.has(byte)) return "string";
    return byte >= 0x20 && byte <= 0x2f ? "intermediate" : "text";
  }
  if (state === "intermediate") return byte >= 0x20 && byte <= 0x2f ? "intermediate" : "text";
  return byte >= 0x40 && byte <= 0x7e ? "text" : "csi";
}
