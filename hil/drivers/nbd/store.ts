/** What keeps the blocks of an export: sparse memory or a sparse file. */
import { constants, type FileHandle, open } from "node:fs/promises";
import { BLOCK_SIZE } from "./protocol.ts";

type MaybePromise<T> = T | Promise<T>;

/** Blocks of 512 bytes. Ranges are inside `blocks`: the server has checked them. */
export interface BlockStore {
  /** Size; up to 2^48. */
  readonly blocks: number;
  /** Blocks that were never written are zero. */
  read(lba: number, blocks: number): MaybePromise<Uint8Array>;
  write(lba: number, data: Uint8Array): MaybePromise<void>;
  /** Makes a range zero; gives its memory back where it can. */
  zero(lba: number, blocks: number): MaybePromise<void>;
  flush(): MaybePromise<void>;
  close(): MaybePromise<void>;
}

/** Largest ATA drive: 48-bit addresses. */
const BLOCKS_LIMIT = 2 ** 48;
const PAGE_BLOCKS = 8;
const PAGE_SIZE = PAGE_BLOCKS * BLOCK_SIZE;

function checkSize(blocks: number): number {
  if (Number.isSafeInteger(blocks) && blocks >= 1 && blocks <= BLOCKS_LIMIT) return blocks;
  throw new RangeError(
    `Cannot make a drive of "${blocks}" blocks: it is no whole number from 1 to 2^48; ` +
      `give the size in blocks of 512 bytes`,
  );
}

/** Blocks in memory, 4 KiB at a time, so that a drive of 128 PiB costs what is written on it. */
export class MemoryStore implements BlockStore {
  readonly blocks: number;
  #pages = new Map<number, Uint8Array>();
  /** Pages that are remembered as they are: who writes on one writes on a copy. */
  readonly #remembered = new WeakSet<Uint8Array>();

  constructor(blocks: number) {
    this.blocks = checkSize(blocks);
  }

  /** Remembers all blocks; gives what puts them back, as often as it is called. */
  remember(): () => void {
    const pages = new Map(this.#pages);
    for (const bytes of pages.values()) this.#remembered.add(bytes);
    return () => void (this.#pages = new Map(pages));
  }

  /** Memory in use, in bytes. */
  get sizeInMemory(): number {
    return this.#pages.size * PAGE_SIZE;
  }

  read(lba: number, blocks: number): Uint8Array {
    const data = new Uint8Array(blocks * BLOCK_SIZE);
    for (const { page, from, to, at } of pieces(lba, blocks)) {
      const bytes = this.#pages.get(page);
      if (bytes) data.set(bytes.subarray(from, to), at);
    }
    return data;
  }

  write(lba: number, data: Uint8Array): void {
    for (const { page, from, to, at } of pieces(lba, data.length / BLOCK_SIZE)) {
      this.#writable(page).set(data.subarray(at, at + to - from), from);
    }
  }

  #writable(page: number): Uint8Array {
    const bytes = this.#pages.get(page);
    if (bytes && !this.#remembered.has(bytes)) return bytes;
    const own = bytes?.slice() ?? new Uint8Array(PAGE_SIZE);
    this.#pages.set(page, own);
    return own;
  }

  zero(lba: number, blocks: number): void {
    const first = Math.floor(lba / PAGE_BLOCKS);
    const last = Math.floor((lba + blocks - 1) / PAGE_BLOCKS);
    const end = lba + blocks;
    const wipe = (page: number) => {
      const start = page * PAGE_BLOCKS;
      if (start >= lba && start + PAGE_BLOCKS <= end) return this.#pages.delete(page);
      const from = Math.max(lba, start) - start;
      const to = Math.min(end, start + PAGE_BLOCKS) - start;
      if (!this.#pages.has(page)) return;
      this.#writable(page).fill(0, from * BLOCK_SIZE, to * BLOCK_SIZE);
    };
    // A range can be 4 GiB of a drive that has three pages: go the shorter way.
    const pages = last - first < this.#pages.size
      ? Array.from({ length: last - first + 1 }, (_, index) => first + index)
      : [...this.#pages.keys()].filter((page) => page >= first && page <= last);
    for (const page of pages) wipe(page);
  }

  flush(): void {}

  close(): void {
    this.#pages.clear();
  }
}

/** The parts of a range, page by page; `from` and `to` in the page, `at` in the range, in bytes. */
function* pieces(lba: number, blocks: number) {
  for (let done = 0; done < blocks;) {
    const page = Math.floor((lba + done) / PAGE_BLOCKS);
    const offset = (lba + done) % PAGE_BLOCKS;
    const count = Math.min(PAGE_BLOCKS - offset, blocks - done);
    const from = offset * BLOCK_SIZE;
    yield { page, from, to: from + count * BLOCK_SIZE, at: done * BLOCK_SIZE };
    done += count;
  }
}

/** Blocks in a sparse file that outlives the server; sizes to what the file system takes. */
export class FileStore implements BlockStore {
  private constructor(readonly blocks: number, private readonly file: FileHandle) {}

  /** Opens the file, makes it where there is none, and gives it that size. */
  static async open(path: string, blocks: number): Promise<FileStore> {
    checkSize(blocks);
    const file = await open(path, constants.O_RDWR | constants.O_CREAT);
    try {
      await file.truncate(blocks * BLOCK_SIZE);
    } catch (error) {
      await file.close();
      throw new Error(
        `Cannot give the drive file "${path}" ${blocks} blocks: ${(error as Error).message}; ` +
          `use a smaller drive, or one in memory`,
        { cause: error },
      );
    }
    return new FileStore(blocks, file);
  }

  async read(lba: number, blocks: number): Promise<Uint8Array> {
    const data = new Uint8Array(blocks * BLOCK_SIZE);
    for (let at = 0; at < data.length;) {
      const { bytesRead } = await this.file.read(data, at, data.length - at, lba * BLOCK_SIZE + at);
      if (bytesRead === 0) throw new Error("the drive's file is shorter than the drive");
      at += bytesRead;
    }
    return data;
  }

  async write(lba: number, data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length;) {
      const position = lba * BLOCK_SIZE + at;
      at += (await this.file.write(data, at, data.length - at, position)).bytesWritten;
    }
  }

  async zero(lba: number, blocks: number): Promise<void> {
    const portion = new Uint8Array(Math.min(blocks, 2048) * BLOCK_SIZE);
    for (let done = 0; done < blocks; done += 2048) {
      const count = Math.min(2048, blocks - done);
      await this.write(lba + done, portion.subarray(0, count * BLOCK_SIZE));
    }
  }

  async flush(): Promise<void> {
    await this.file.datasync();
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}
