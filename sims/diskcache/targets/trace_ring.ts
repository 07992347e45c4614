/**
 * What happens in the guest's cache, out of the ring that it keeps in memory (guest/trace.h): the
 * memory is a file that QEMU shares with us, so that the guest does not stop when we look.
 */
import { symbolsOf } from "./elf_symbols.ts";

const RECORDS = 8192;
const RECORD_SIZE = 32;

/** By their numbers in guest/trace.h. */
const KINDS = [
  "none",
  "made",
  "purged",
  "changed",
  "dropped",
  "submitted",
  "done",
  "switched",
] as const;

export type TraceKind = Exclude<(typeof KINDS)[number], "none">;

export interface TraceRecord {
  /** Counts from 1. */
  readonly number: number;
  readonly kind: TraceKind;
  /** Thread that ran; 0: none of the operations'. */
  readonly thread: number;
  /** Names the place of an entry; 0: it is about none. */
  readonly entry: number;
  readonly drive: number;
  readonly lba: number;
  readonly flags: number;
  /** submitted: 0 read, 1 write, 2 flush; done: the error, 0 for none; switched: to that thread. */
  readonly value: number;
  /** Of the guest's time-stamp counter. */
  readonly time: bigint;
}

/** What was new at a look. */
export interface TraceLook {
  readonly records: readonly TraceRecord[];
  /** Records that were gone before we looked. */
  readonly lost: number;
}

export class TraceRing implements Disposable {
  readonly #memory: Deno.FsFile;
  readonly #head: number;
  readonly #ring: number;
  readonly #bytes = new Uint8Array(RECORDS * RECORD_SIZE);
  readonly #view = new DataView(this.#bytes.buffer);
  #seen = 0;

  /**
   * @param memory file of the guest's memory
   * @param kernel file of its image
   * @throws ElfError when that keeps no ring
   */
  constructor({ memory, kernel }: { readonly memory: string; readonly kernel: string }) {
    const symbols = symbolsOf(Deno.readFileSync(kernel), ["trace_head", "trace_ring"]);
    this.#head = symbols.trace_head;
    this.#ring = symbols.trace_ring;
    this.#memory = Deno.openSync(memory);
  }

  /** What was recorded since the last look. */
  look(): TraceLook {
    const head = this.#readHead();
    if (head < this.#seen) this.#seen = 0; // The guest began anew, or went back.
    const first = Math.max(this.#seen, head - RECORDS);
    let lost = first - this.#seen;
    const records: TraceRecord[] = [];
    this.#read(first, head);
    for (let number = first + 1; number <= head; number++) {
      const record = this.#decode(number);
      if (record) records.push(record);
      else lost++; // Written over while we read.
    }
    this.#seen = head;
    return { records, lost };
  }

  /** What is recorded so far is not looked at any more: the guest has gone back in time. */
  skip(): void {
    this.#seen = this.#readHead();
  }

  [Symbol.dispose](): void {
    this.#memory.close();
  }

  #readHead(): number {
    const bytes = new Uint8Array(4);
    this.#fill(bytes, this.#head);
    return new DataView(bytes.buffer).getUint32(0, true);
  }

  /** Records `first` to `end` (counted from 0) into their places. */
  #read(first: number, end: number): void {
    const from = first % RECORDS;
    const upTo = end % RECORDS;
    if (end === first) return;
    if (from < upTo) return this.#readPart(from, upTo);
    this.#readPart(from, RECORDS);
    this.#readPart(0, upTo);
  }

  #readPart(from: number, upTo: number): void {
    const part = this.#bytes.subarray(from * RECORD_SIZE, upTo * RECORD_SIZE);
    this.#fill(part, this.#ring + from * RECORD_SIZE);
  }

  #fill(bytes: Uint8Array, address: number): void {
    this.#memory.seekSync(address, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) {
      const size = this.#memory.readSync(bytes.subarray(at));
      if (size === null) throw new Error("the file of the guest's memory is too short");
      at += size;
    }
  }

  #decode(number: number): TraceRecord | undefined {
    const at = ((number - 1) % RECORDS) * RECORD_SIZE;
    const view = this.#view;
    const kind = KINDS[view.getUint8(at + 4)];
    if (view.getUint32(at, true) !== number || !kind || kind === "none") return undefined;
    return {
      ...{ number, kind },
      drive: view.getUint8(at + 5),
      thread: view.getUint16(at + 6, true),
      lba: Number(view.getBigUint64(at + 8, true)),
      entry: view.getUint32(at + 16, true),
      flags: view.getUint16(at + 20, true),
      value: view.getUint16(at + 22, true),
      time: view.getBigUint64(at + 24, true),
    };
  }
}
