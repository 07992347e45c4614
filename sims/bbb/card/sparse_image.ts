/** An image in memory: of all its blocks only those that were written take room. */
import { BLOCK_SIZE, type BlockSource, sizeText, ZERO_BLOCK } from "./block.ts";

export class SparseImage implements BlockSource {
  readonly #written = new Map<number, Uint8Array>();

  /** @throws RangeError when `blocks` is no positive whole number */
  constructor(readonly name: string, readonly blocks: number) {
    if (!Number.isSafeInteger(blocks) || blocks <= 0) {
      throw new RangeError(
        `Cannot make image "${name}" of ${blocks} blocks: give a positive whole number`,
      );
    }
  }

  /** The blocks that were written, in rising order. */
  get written(): readonly number[] {
    return [...this.#written.keys()].sort((a, b) => a - b);
  }

  has(lba: number): boolean {
    return this.#written.has(lba);
  }

  readBlock(lba: number): Uint8Array {
    return this.#written.get(lba) ?? ZERO_BLOCK;
  }

  /**
   * Writes whole blocks from `lba` on; the rest of the last one becomes zero.
   *
   * @throws RangeError when they do not fit
   */
  write(lba: number, bytes: Uint8Array): void {
    const count = Math.ceil(bytes.length / BLOCK_SIZE);
    if (!(Number.isSafeInteger(lba) && lba >= 0 && lba + count <= this.blocks)) {
      throw new RangeError(
        `Cannot write ${sizeText(bytes.length)} at block ${lba} of "${this.name}": it has ` +
          `${sizeText(this.blocks * BLOCK_SIZE)}; make it larger`,
      );
    }
    for (let n = 0; n < count; n++) {
      const block = new Uint8Array(BLOCK_SIZE);
      block.set(bytes.subarray(n * BLOCK_SIZE, (n + 1) * BLOCK_SIZE));
      this.#written.set(lba + n, block);
    }
  }

  /** Copies the blocks of another image to `lba` and after. */
  place(lba: number, image: SparseImage): void {
    for (const block of image.written) this.write(lba + block, image.readBlock(block));
  }

  /** Writes a file of its size, with holes where nothing was written. */
  async save(path: string): Promise<void> {
    using file = await Deno.open(path, { write: true, create: true, truncate: true });
    await file.truncate(this.blocks * BLOCK_SIZE);
    for (const lba of this.written) {
      file.seekSync(lba * BLOCK_SIZE, Deno.SeekMode.Start);
      const block = this.readBlock(lba);
      for (let at = 0; at < BLOCK_SIZE;) at += file.writeSync(block.subarray(at));
    }
  }
}
