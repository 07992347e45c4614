/**
 * The eMMC of a board that has nothing but a console: U-Boot reads it and says what it has read, and
 * writes what it is told, so the board is taken to its prompt. Four characters a byte that is read,
 * five for one that is written: 0.4 s for a KiB at 115,200 baud.
 */
import { crc32 } from "node:zlib";
import { seconds, type Storage } from "hil";
import type { UBoot } from "../port.ts";

const BLOCK_BYTES = 512;
/** Where blocks are put to be read: past what scenarios load. */
const BUFFER = 0x9800_0000;
/** At a time, so that no answer is too long to be waited for. */
const MOST_BLOCKS = 64;
/** Of a line that U-Boot takes; it has room for 1024 characters. */
const LINE_CHARACTERS = 600;

export interface UbootStorageOptions {
  readonly name: string;
  /** U-Boot's number of the slot: 0 is the SD card, 1 the eMMC. */
  readonly slot: 0 | 1;
  readonly blocks: number;
  /** Takes the board to its prompt. */
  readonly uboot: () => Promise<UBoot>;
}

export class UbootStorage implements Storage {
  readonly name: string;
  readonly blocks: number;

  constructor(private readonly options: UbootStorageOptions) {
    this.name = options.name;
    this.blocks = options.blocks;
  }

  async read(block: number, count = 1): Promise<Uint8Array> {
    this.#check("read", block, count);
    const uboot = await this.#prompt();
    const bytes = new Uint8Array(count * BLOCK_BYTES);
    for (let done = 0; done < count; done += MOST_BLOCKS) {
      const some = Math.min(MOST_BLOCKS, count - done);
      const size = some * BLOCK_BYTES, within = seconds(5 + some);
      await uboot.run(`mmc read ${hex(BUFFER)} ${hex(block + done)} ${hex(some)}`);
      const dump = await uboot.run(`md.b ${hex(BUFFER)} ${hex(size)}`, { within });
      bytes.set(parseDump(dump, { address: BUFFER, size }), done * BLOCK_BYTES);
    }
    return bytes;
  }

  async write(block: number, bytes: Uint8Array): Promise<void> {
    const count = bytes.length / BLOCK_BYTES;
    if (!Number.isInteger(count)) {
      throw new RangeError(
        `Cannot write "${bytes.length}" bytes to ${this.name}: that is no whole number of blocks; ` +
          `give blocks of ${BLOCK_BYTES}`,
      );
    }
    this.#check("write", block, count);
    const uboot = await this.#prompt();
    for (const line of fillLines(bytes, BUFFER)) await uboot.run(line);
    const said = await uboot.run(`crc32 ${hex(BUFFER)} ${hex(bytes.length)}`);
    const sum = crc32(bytes).toString(16).padStart(8, "0");
    if (!said.includes(`==> ${sum}`)) {
      throw new Error(
        `Cannot write block "${block}" of ${this.name}: what U-Boot has in memory is not what it ` +
          `was told; look at the console in the trace`,
      );
    }
    const within = seconds(5 + count / 100);
    await uboot.run(`mmc write ${hex(BUFFER)} ${hex(block)} ${hex(count)}`, { within });
  }

  async #prompt(): Promise<UBoot> {
    const uboot = await this.options.uboot();
    await uboot.run(`mmc dev ${this.options.slot}`);
    return uboot;
  }

  #check(doing: string, block: number, count: number): void {
    if (block >= 0 && count >= 0 && block + count <= this.blocks) return;
    throw new RangeError(
      `Cannot ${doing} ${count} blocks from "${block}" of ${this.name}: it has ${this.blocks}; ` +
        `${doing} what is there`,
    );
  }
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** Commands that put bytes, whole words, into memory; a run of one word is one command. */
export function fillLines(bytes: Uint8Array, address: number): string[] {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const lines: string[] = [];
  let line = "";
  for (let at = 0, next; at < bytes.length; at = next) {
    const word = words.getUint32(at, true);
    for (next = at + 4; next < bytes.length && words.getUint32(next, true) === word;) next += 4;
    const run = (next - at) / 4;
    const command = `mw ${(address + at).toString(16)} ${word.toString(16)}` +
      (run > 1 ? ` ${run.toString(16)}` : "");
    if (line !== "" && line.length + command.length >= LINE_CHARACTERS) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? command : `;${command}`;
  }
  return line === "" ? lines : [...lines, line];
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
