/**
 * What the target has said and nobody has used up yet, for searching: bytes in blocks outside of
 * the JavaScript heap, with the time at which each came and its place in the raw stream.
 *
 * Positions count the bytes of plain output. Where a shell or the escape filter took bytes out,
 * {@link ByteLog.rawOf} knows by how much the raw stream is ahead.
 */
import { Buffer } from "node:buffer";

const BLOCK_SIZE = 64 << 10;

/** Sorted marks: `value` holds from `at` on, until the next mark. */
class Marks {
  #at: number[] = [];
  #values: number[] = [];

  add(at: number, value: number): void {
    if (this.#values.at(-1) === value) return;
    if (this.#at.at(-1) === at) this.#values.pop();
    else this.#at.push(at);
    this.#values.push(value);
  }

  valueAt(position: number): number | undefined {
    return this.#values[this.#index(position)];
  }

  /** Forgets what only earlier positions need; in batches, so that it costs nothing per byte. */
  release(before: number): void {
    const drop = this.#index(before);
    if (drop < 1024 || drop < this.#at.length / 2) return;
    this.#at = this.#at.slice(drop);
    this.#values = this.#values.slice(drop);
  }

  /** Index of the last mark that is not after `position`; -1 when there is none. */
  #index(position: number): number {
    let low = 0;
    let high = this.#at.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#at[middle]! <= position) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

export class ByteLog {
  /** Block `i` holds the positions from `(#firstBlock + i) * BLOCK_SIZE` on. */
  #blocks: Uint8Array[] = [];
  #firstBlock = 0;
  #start = 0;
  #end = 0;
  readonly #times = new Marks();
  readonly #skipped = new Marks();

  /** @param keepBytes when more than this waits to be used up, the oldest is dropped */
  constructor(private readonly keepBytes: number) {}

  /** Position of the first byte that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Position after the last byte. */
  get end(): number {
    return this.#end;
  }

  /** @param raw position of the first of `bytes` in the raw stream */
  append(bytes: Uint8Array, options: { readonly t: number; readonly raw: number }): void {
    if (bytes.length === 0) return;
    this.#times.add(this.#end, options.t);
    this.#skipped.add(this.#end, options.raw - this.#end);
    for (let done = 0; done < bytes.length;) {
      const at = this.#end % BLOCK_SIZE;
      if (at === 0) this.#blocks.push(new Uint8Array(BLOCK_SIZE));
      const piece = bytes.subarray(done, done + BLOCK_SIZE - at);
      this.#blocks.at(-1)!.set(piece, at);
      this.#end += piece.length;
      done += piece.length;
    }
    if (this.#end - this.#start > this.keepBytes) this.release(this.#end - this.keepBytes);
  }

  /** The bytes from `from` to `to` as Latin-1: one character a byte. */
  text(from: number, to: number): string {
    let text = "";
    this.#each(from, to, (piece) => text += latin1(piece));
    return text;
  }

  /** A copy that stays as it is whatever is released later. */
  bytes(from: number, to: number): Uint8Array {
    const copy = new Uint8Array(Math.max(0, to - from));
    let at = 0;
    this.#each(from, to, (piece) => {
      copy.set(piece, at);
      at += piece.length;
    });
    return copy;
  }

  /** When the byte at `position` came. */
  timeOf(position: number): number {
    return this.#times.valueAt(position) ?? 0;
  }

  /** Where the byte at `position` is in the raw stream. */
  rawOf(position: number): number {
    return position + (this.#skipped.valueAt(position) ?? 0);
  }

  /** Nobody asks for bytes before `position` any more. */
  release(position: number): void {
    this.#start = Math.max(this.#start, Math.min(position, this.#end));
    const block = Math.floor(this.#start / BLOCK_SIZE);
    const drop = Math.min(block - this.#firstBlock, this.#blocks.length);
    if (drop <= 0) return;
    this.#blocks.splice(0, drop);
    this.#firstBlock += drop;
    this.#times.release(this.#start);
    this.#skipped.release(this.#start);
  }

  #each(from: number, to: number, take: (piece: Uint8Array) => void): void {
    const last = Math.min(to, this.#end);
    for (let at = Math.max(from, this.#start); at < last;) {
      const block = Math.floor(at / BLOCK_SIZE);
      const offset = at - block * BLOCK_SIZE;
      const size = Math.min(last - at, BLOCK_SIZE - offset);
      take(this.#blocks[block - this.#firstBlock]!.subarray(offset, offset + size));
      at += size;
    }
  }
}

/** One character a byte. (TextDecoder's "latin1" is windows-1252, which is something else.) */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** The other way: the bytes of a text that has no character above 0xff. */
export function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
