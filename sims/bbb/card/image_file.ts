/** Raw card images on the host's disk, as `dd` makes them. Opened for reading only. */
import { BLOCK_SIZE, type BlockSource, sizeText, ZERO_BLOCK } from "./block.ts";
import type { CardStorage } from "./storage.ts";

/** An image file cannot be used. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}

/** First bytes of what is no raw image, though it often is called one. */
const PACKED: readonly (readonly [magic: string, kind: string, unpack: string])[] = [
  ["fd377a585a00", "xz", "xz -dk"],
  ["1f8b", "gzip", "gzip -dk"],
  ["28b52ffd", "zstd", "zstd -d"],
  ["425a68", "bzip2", "bzip2 -dk"],
  ["504b0304", "zip", "unzip"],
];

export class ImageFile implements BlockSource, Disposable {
  readonly blocks: number;

  private constructor(
    readonly name: string,
    private readonly file: Deno.FsFile,
    size: number,
  ) {
    this.blocks = size / BLOCK_SIZE;
  }

  /** @throws ImageError when there is no such file, or it is no raw image of whole blocks */
  static async open(path: string): Promise<ImageFile> {
    let file: Deno.FsFile | undefined;
    try {
      file = await Deno.open(path);
      const { size, isDirectory } = await file.stat();
      const why = isDirectory ? "it is a folder; give a file" : await wrongWith(path, file, size);
      if (why) throw new ImageError(`Cannot open card image "${path}": ${why}`);
      return new ImageFile(path, file, size);
    } catch (error) {
      file?.close();
      if (error instanceof ImageError) throw error;
      const why = error instanceof Deno.errors.NotFound
        ? `there is no such file; give the path of a raw image, from "${Deno.cwd()}"`
        : `${(error as Error).message}; give a file that may be read`;
      throw new ImageError(`Cannot open card image "${path}": ${why}`, { cause: error });
    }
  }

  /** A block that may have been written: the file does not tell. */
  has(lba: number): boolean {
    return lba < this.blocks;
  }

  readBlock(lba: number): Uint8Array {
    if (lba >= this.blocks) return ZERO_BLOCK;
    const block = new Uint8Array(BLOCK_SIZE);
    this.file.seekSync(lba * BLOCK_SIZE, Deno.SeekMode.Start);
    for (let at = 0; at < BLOCK_SIZE;) {
      const count = this.file.readSync(block.subarray(at));
      if (count === null) {
        throw new ImageError(
          `Cannot read block ${lba} of card image "${this.name}": the file has become shorter ` +
            `since it was opened; let nobody change it while a board runs`,
        );
      }
      at += count;
    }
    return block;
  }

  [Symbol.dispose](): void {
    this.file.close();
  }
}

async function wrongWith(
  path: string,
  file: Deno.FsFile,
  size: number,
): Promise<string | undefined> {
  if (size === 0) return "it is empty; give a raw image of a card";
  const start = new Uint8Array(8);
  await file.read(start);
  const packed = PACKED.find(([magic]) => start.toHex().startsWith(magic));
  if (packed) return `it is packed with ${packed[1]}; unpack it first: ${packed[2]} "${path}"`;
  const rest = size % BLOCK_SIZE;
  if (rest === 0) return undefined;
  return `it has ${sizeText(size)}, which is ${rest} bytes more than whole blocks of ` +
    `${BLOCK_SIZE}: it is truncated; make it again`;
}

/** Writes what a card has otherwise than its image into a file: for users who want to keep it. */
export async function saveChanges(path: string, storage: CardStorage): Promise<void> {
  try {
    using file = await Deno.open(path, { write: true });
    for (const [lba, block] of storage.changes()) {
      file.seekSync(lba * BLOCK_SIZE, Deno.SeekMode.Start);
      for (let at = 0; at < BLOCK_SIZE;) at += file.writeSync(block.subarray(at));
    }
  } catch (cause) {
    throw new ImageError(
      `Cannot keep what was written to card "${storage.name}" in "${path}": ` +
        `${(cause as Error).message}; check that the file may be written`,
      { cause },
    );
  }
}
