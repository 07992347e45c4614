/**
 * The buffer of MMCHS (AM335x TRM SPRUH73, section 18.3.7): whole blocks, the first of which is read
 * a word at a time, or one that is being filled.
 */
import type { Json } from "hil/trace/mod.ts";

/** With blocks of up to half of it, one is filled while the other is emptied. */
const SIZE = 1024;

export class DataBuffer {
  #blockLength = 0;
  /** Whole blocks. */
  #blocks: Uint8Array[] = [];
  /** Of the first block, or of the one that is being filled. */
  #words: Uint32Array = new Uint32Array(0);
  #next = 0;

  /** The number of whole blocks. */
  get length(): number {
    return this.#blocks.length;
  }
  get full(): boolean {
    return this.#blocks.length >= (this.#blockLength <= SIZE / 2 ? 2 : 1);
  }
  /** Nobody has begun to take or to fill the block. */
  get untouched(): boolean {
    return this.#next === 0;
  }
  /** The next word. */
  get word(): number {
    return this.#words[this.#next]!;
  }

  reset(blockLength: number): void {
    this.#blockLength = blockLength;
    this.#blocks = [];
    this.#next = 0;
  }

  push(block: Uint8Array): void {
    this.#blocks.push(block);
  }
  shift(): Uint8Array | undefined {
    return this.#blocks.shift();
  }

  /** The first block is read from now on. */
  present(): void {
    this.#words = asWords(this.#blocks[0]!);
    this.#next = 0;
  }

  /** A block is filled from now on. */
  beginFilling(): void {
    this.#words = new Uint32Array(Math.ceil(this.#blockLength / 4));
    this.#next = 0;
  }
  /** Sets those bits of the next word. */
  put(value: number, lanes: number): void {
    this.#words[this.#next] = (this.#words[this.#next]! & ~lanes) | (value & lanes);
  }
  pushFilled(): void {
    this.#blocks.push(asBytes(this.#words).subarray(0, this.#blockLength));
  }

  /** Goes on to the next word; true: the block is through. */
  advance(): boolean {
    return ++this.#next === this.#words.length;
  }
  /** Whether byte `lane` of the next word is the block's last. */
  endsAt(lane: number): boolean {
    return 4 * this.#next + lane === this.#blockLength - 1;
  }

  save(): Json {
    return {
      blockLength: this.#blockLength,
      blocks: this.#blocks.map((block) => block.toBase64()),
      words: asBytes(this.#words).toBase64(),
      next: this.#next,
    };
  }

  load(state: Json): void {
    const { blockLength, blocks, words, next } = state as {
      blockLength: number;
      blocks: readonly string[];
      words: string;
      next: number;
    };
    this.#blockLength = blockLength;
    this.#blocks = blocks.map((block) => Uint8Array.fromBase64(block));
    this.#words = asWords(Uint8Array.fromBase64(words));
    this.#next = next;
  }
}

/** The words of a block, the last one filled up with zeros. Blocks are not changed: mostly a view. */
function asWords(block: Uint8Array): Uint32Array {
  if ((block.byteOffset | block.length) % 4 === 0) {
    return new Uint32Array(block.buffer, block.byteOffset, block.length / 4);
  }
  const padded = new Uint8Array(Math.ceil(block.length / 4) * 4);
  padded.set(block);
  return new Uint32Array(padded.buffer);
}

function asBytes(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
