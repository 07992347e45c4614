/** The log of writes of a drive, in the format of the device-mapper: hil/trace/dm_log_writes.ts. */
import {
  formatEntry,
  formatSuperBlock,
  type LogEntry,
  LogFlag,
  WRITE_LOG_MAGIC,
  WRITE_LOG_VERSION,
} from "hil/trace/mod.ts";
import type { SimulatedRequest } from "./drive.ts";
import { BLOCK_SIZE } from "./platter.ts";

const ENTRY_SIZE = 32;

export { type LogEntry, LogFlag };

const NOTHING = new Uint8Array(0);

/** Gathers what a drive has done. */
export class WriteLog {
  readonly #entries: LogEntry[] = [];

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** A request that is done; a read leaves no trace. */
  add({ operation, lba, blocks, data, fua }: SimulatedRequest): void {
    if (operation === "read") return;
    if (operation === "flush") {
      this.#entries.push({ sector: 0, sectors: 0, flags: LogFlag.LOG_FLUSH_FLAG, data: NOTHING });
      return;
    }
    const flags = (fua ? LogFlag.LOG_FUA_FLAG : 0) | (data ? 0 : LogFlag.LOG_DISCARD_FLAG);
    this.#entries.push({ sector: lba, sectors: blocks, flags, data: data?.slice() ?? NOTHING });
  }

  /** A place that a tool can replay to by its name. */
  mark(text: string): void {
    const data = new TextEncoder().encode(text);
    this.#entries.push({ sector: 0, sectors: 0, flags: LogFlag.LOG_MARK_FLAG, data });
  }

  /** The log as a file. */
  bytes(): Uint8Array {
    return formatWriteLog(this.#entries);
  }
}

export function formatWriteLog(entries: readonly LogEntry[]): Uint8Array {
  const parts = [formatSuperBlock(entries.length), ...entries.map(formatEntry)];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A file is no log of writes, or is cut off. */
export class WriteLogError extends Error {
  override readonly name = "WriteLogError";

  constructor(readonly offset: number, problem: string) {
    super(`Cannot read the log of writes at byte ${offset}: ${problem}; write it again`);
  }
}

/** @throws WriteLogError */
export function parseWriteLog(bytes: Uint8Array): readonly LogEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const demand = (good: boolean, offset: number, problem: string) => {
    if (!good) throw new WriteLogError(offset, problem);
  };
  demand(bytes.length >= BLOCK_SIZE, 0, "it is shorter than its super block");
  demand(view.getBigUint64(0, true) === WRITE_LOG_MAGIC, 0, "it has another magic number");
  demand(view.getBigUint64(8, true) === WRITE_LOG_VERSION, 8, "its version is not 1");
  demand(view.getUint32(24, true) === BLOCK_SIZE, 24, "its sectors are not of 512 bytes");
  const count = view.getBigUint64(16, true);
  const entries: LogEntry[] = [];
  for (let at = BLOCK_SIZE; entries.length < count;) {
    demand(at + ENTRY_SIZE <= bytes.length, at, `it has ${entries.length} of ${count} entries`);
    const [sector, sectors, flags, length] = [0, 8, 16, 24].map((offset) =>
      Number(view.getBigUint64(at + offset, true))
    ) as [number, number, number, number];
    demand(flags < 16, at + 16, `the flags ${flags} are unknown`);
    const isPlain = !(flags & (LogFlag.LOG_DISCARD_FLAG | LogFlag.LOG_MARK_FLAG));
    const size = flags & LogFlag.LOG_MARK_FLAG ? length : isPlain ? sectors * BLOCK_SIZE : 0;
    const from = at + BLOCK_SIZE;
    demand(size <= bytes.length - from, from, `${size} bytes of data are not there`);
    entries.push({ sector, sectors, flags, data: bytes.slice(from, from + size) });
    at = from + roundUp(size);
  }
  return entries;
}

function roundUp(size: number): number {
  return Math.ceil(size / BLOCK_SIZE) * BLOCK_SIZE;
}
