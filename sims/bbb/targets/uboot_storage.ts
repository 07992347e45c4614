/**
 * The eMMC of a board that has nothing but a console: U-Boot reads it and says what it has read, so
 * the board has to be at U-Boot's prompt. Four characters a byte: 0.4 s for a KiB at 115,200 baud.
 */
import { seconds, type Storage } from "hil";
import type { UBoot } from "../port.ts";

const BLOCK_BYTES = 512;
/** Where blocks are put to be read: past what scenarios load. */
const BUFFER = 0x9800_0000;
/** At a time, so that no answer is too long to be waited for. */
const MOST_BLOCKS = 64;

export interface UbootStorageOptions {
  readonly name: string;
  /** U-Boot's number of the slot: 0 is the SD card, 1 the eMMC. */
  readonly slot: 0 | 1;
  readonly blocks: number;
  readonly uboot: UBoot;
}

export class UbootStorage implements Storage {
  readonly name: string;
  readonly blocks: number;

  constructor(private readonly options: UbootStorageOptions) {
    this.name = options.name;
    this.blocks = options.blocks;
  }

  async read(block: number, count = 1): Promise<Uint8Array> {
    const { slot, uboot } = this.options;
    if (block < 0 || count < 0 || block + count > this.blocks) {
      throw new RangeError(
        `Cannot read ${count} blocks from "${block}" of ${this.name}: it has ${this.blocks}; ` +
          `read what is there`,
      );
    }
    await uboot.run(`mmc dev ${slot}`);
    const bytes = new Uint8Array(count * BLOCK_BYTES);
    for (let done = 0; done < count; done += MOST_BLOCKS) {
      const some = Math.min(MOST_BLOCKS, count - done);
      bytes.set(await this.#some(block + done, some), done * BLOCK_BYTES);
    }
    return bytes;
  }

  write(block: number): Promise<void> {
    return Promise.reject(
      new Error(
        `Cannot write block "${block}" of ${this.name}: a console cannot reach it past the board; ` +
          `let U-Boot load by TFTP and run "mmc write"`,
      ),
    );
  }

  async #some(block: number, count: number): Promise<Uint8Array> {
    const { uboot } = this.options;
    const hex = (value: number) => `0x${value.toString(16)}`;
    await uboot.run(`mmc read ${hex(BUFFER)} ${hex(block)} ${hex(count)}`);
    const size = count * BLOCK_BYTES;
    const within = seconds(5 + count);
    const dump = await uboot.run(`md.b ${hex(BUFFER)} ${hex(size)}`, { within });
    return parseDump(dump, { address: BUFFER, size });
  }
}

/**
 * What `md.b` says, as bytes: "98000000: 00 11 22 …    ascii".
 *
 * @throws Error when a line is missing, or is none
 */
export function parseDump(
  text: string,
  { address, size }: { readonly address: number; readonly size: number },
): Uint8Array {
  const bytes = new Uint8Array(size);
  const lines = text.split("\n");
  for (let at = 0; at < size; at += 16) {
    const line = lines[at / 16] ?? "";
    const count = Math.min(16, size - at);
    const form = new RegExp(`^([0-9a-f]{8}):((?: [0-9a-f]{2}){${count}})(?: {2}|$)`);
    const [, place, values] = form.exec(line) ?? [];
    if (values === undefined || parseInt(place!, 16) !== address + at) {
      throw new Error(
        `Cannot read the memory dump at "0x${(address + at).toString(16)}": U-Boot said ` +
          `${JSON.stringify(line.slice(0, 80))}; look at the console in the trace`,
      );
    }
    bytes.set(values.trim().split(" ").map((value) => parseInt(value, 16)), at);
  }
  return bytes;
}
