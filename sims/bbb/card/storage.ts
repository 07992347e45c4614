/**
 * The memory of a card: blocks over an optional image that is never changed. What was written and is
 * not durable yet may be lost, wholly or in part, when the power goes.
 */
import type { Storage } from "hil";
import type { Json } from "hil/trace/mod.ts";
import { type Part, type Random, SnapshotError } from "sims/engine/mod.ts";
import { BLOCK_SIZE, type BlockSource, sizeText, ZERO_BLOCK } from "./block.ts";

/** What a power cut leaves of each block that was written and not durable yet. */
export interface PowerCut {
  /** Decides for each block whether the old or the new contents remain. */
  readonly random: Random;
  /** A block may also end as the beginning of the new contents and the rest of the old. */
  readonly torn?: boolean;
}

/** Cells are programmed in parts of this size. */
const PART = 32;

/** Blocks, by their numbers. A block that is in it is never changed, only replaced. */
type Blocks = Map<number, Uint8Array>;

export class CardStorage implements Part, Storage {
  readonly version = 1;
  #changed: Blocks = new Map();
  /** What the blocks were that are not durable yet. */
  #volatile: Blocks = new Map();
  /** Told of what is written past the card's interface. */
  onWrite: (() => void) | undefined;

  /** @throws RangeError when the image is larger than the card */
  constructor(
    readonly name: string,
    readonly blocks: number,
    private readonly image?: BlockSource,
  ) {
    if (image && image.blocks > blocks) {
      throw new RangeError(
        `Cannot put image "${image.name}" on card "${name}": it has ` +
          `${sizeText(image.blocks * BLOCK_SIZE)} and the card ${sizeText(blocks * BLOCK_SIZE)}; ` +
          `take a larger card or a smaller image`,
      );
    }
  }

  /** Not to be changed. */
  readBlock(lba: number): Uint8Array {
    this.#check(lba);
    const changed = this.#changed.get(lba);
    if (changed) return changed;
    return this.image && lba < this.image.blocks ? this.image.readBlock(lba) : ZERO_BLOCK;
  }

  /** Copies `bytes`, a whole block; durable only after {@link flush}. */
  writeBlock(lba: number, bytes: Uint8Array): void {
    this.#check(lba);
    if (bytes.length !== BLOCK_SIZE) {
      throw new RangeError(`Cannot write ${bytes.length} bytes: a block has ${BLOCK_SIZE}`);
    }
    if (!this.#volatile.has(lba)) this.#volatile.set(lba, this.readBlock(lba));
    this.#changed.set(lba, bytes.slice());
  }

  /** Makes a range zero, durable at once. Costs what was written in it, not its length. */
  erase(lba: number, count: number): void {
    const end = Math.min(lba + count, this.blocks);
    for (let block = lba; block < Math.min(end, this.image?.blocks ?? 0); block++) {
      if (this.image!.has(block)) this.#changed.set(block, ZERO_BLOCK);
    }
    for (const block of [...this.#changed.keys()]) {
      if (block < lba || block >= end) continue;
      this.#changed.set(block, ZERO_BLOCK);
      this.#volatile.delete(block);
    }
  }

  /** Makes all durable that was written. */
  flush(): void {
    this.#volatile.clear();
  }

  /** Blocks that a power cut may leave as they were. */
  get volatileBlocks(): readonly number[] {
    return [...this.#volatile.keys()];
  }

  /** The power goes: without `how`, what is not durable is lost. */
  powerCut(how?: PowerCut): void {
    for (const [lba, old] of [...this.#volatile].sort(([a], [b]) => a - b)) {
      const parts = BLOCK_SIZE / PART;
      const kept = how === undefined
        ? 0
        : how.torn
        ? how.random.below(parts + 1)
        : how.random.below(2) * parts;
      const left = old.slice();
      left.set(this.#changed.get(lba)!.subarray(0, kept * PART));
      this.#changed.set(lba, left);
    }
    this.#volatile.clear();
  }

  /** {@link Storage}: the truth, past the card's interface. */
  read(block: number, count = 1): Promise<Uint8Array> {
    return new Promise((resolve) => {
      const bytes = new Uint8Array(count * BLOCK_SIZE);
      for (let n = 0; n < count; n++) bytes.set(this.readBlock(block + n), n * BLOCK_SIZE);
      resolve(bytes);
    });
  }

  /** {@link Storage}: durable at once. */
  write(block: number, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (bytes.length % BLOCK_SIZE !== 0) {
        throw new RangeError(
          `Cannot write ${bytes.length} bytes to card "${this.name}": its blocks have ` +
            `${BLOCK_SIZE}; give whole blocks`,
        );
      }
      const count = bytes.length / BLOCK_SIZE;
      if (count > 0) this.#check(block + count - 1);
      for (let n = 0; n < count; n++) {
        this.writeBlock(block + n, bytes.subarray(n * BLOCK_SIZE, (n + 1) * BLOCK_SIZE));
        this.#volatile.delete(block + n);
      }
      this.onWrite?.();
      resolve();
    });
  }

  /** The blocks that differ from the image, in rising order. */
  changes(): (readonly [lba: number, block: Uint8Array])[] {
    return [...this.#changed].sort(([a], [b]) => a - b);
  }

  save(): Json {
    return {
      image: this.image?.name ?? null,
      blocks: this.blocks,
      changed: encode(this.#changed),
      volatile: encode(this.#volatile),
    };
  }

  load(state: Json): void {
    const { image, blocks, changed, volatile } = state as {
      image: string | null;
      blocks: number;
      changed: Record<string, string>;
      volatile: Record<string, string>;
    };
    if (blocks !== this.blocks || image !== (this.image?.name ?? null)) {
      throw new SnapshotError(
        `card "${this.name}" held ${image === null ? "no image" : `image "${image}"`} and had ` +
          `${blocks} blocks`,
      );
    }
    this.#changed = decode(changed, this.#changed);
    this.#volatile = decode(volatile, this.#volatile);
  }

  #check(lba: number): void {
    if (lba >= 0 && lba < this.blocks && Number.isSafeInteger(lba)) return;
    throw new RangeError(
      `Cannot reach block ${lba} of card "${this.name}": it has ${this.blocks} blocks`,
    );
  }
}

/** Blocks do not change, so each is put into letters once, however many snapshots have it. */
const letters = new WeakMap<Uint8Array, string>();

function encode(blocks: Blocks): Record<string, string> {
  const encoded: Record<string, string> = {};
  for (const [lba, block] of blocks) {
    let text = letters.get(block);
    if (text === undefined) letters.set(block, text = block.toBase64());
    encoded[lba] = text;
  }
  return encoded;
}

/** @param had what was there: blocks that are alike are kept, and cost nothing */
function decode(blocks: Record<string, string>, had: Blocks): Blocks {
  return new Map(
    Object.entries(blocks).map(([key, text]) => {
      const lba = Number(key);
      const before = had.get(lba);
      if (before && letters.get(before) === text) return [lba, before];
      const block = Uint8Array.fromBase64(text);
      letters.set(block, text);
      return [lba, block];
    }),
  );
}
