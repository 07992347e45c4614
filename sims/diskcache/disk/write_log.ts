/**
 * The device-mapper's log of writes (kernel: Documentation/admin-guide/device-mapper/log-writes,
 * drivers/md/dm-log-writes.c): what a drive has done, in order and with its data, for tools that
 * replay it to any moment. Little-endian; sectors of 512 bytes; a super block, then entries, each
 * in a sector of its own, a write's data behind it.
 */
import type { SimulatedRequest } from "./drive.ts";
import { BLOCK_SIZE } from "./platter.ts";

/** Flags of an entry, the kernel's names. */
export const LogFlag = {
  LOG_FLUSH_FLAG: 1 << 0,
  LOG_FUA_FLAG: 1 << 1,
  LOG_DISCARD_FLAG: 1 << 2,
  LOG_MARK_FLAG: 1 << 3,
} as const;

const WRITE_LOG_MAGIC = 0x6a73_6677_7368_72n;
const WRITE_LOG_VERSION = 1n;
const ENTRY_SIZE = 32;

export interface LogEntry {
  readonly sector: number;
  readonly sectors: number;
  /** A bit set of {@link LogFlag}. */
  readonly flags: number;
  /** Of a write: `sectors` of 512 bytes; of a mark: its text. */
  readonly data: Uint8Array;
}

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
  const sizes = entries.map(({ data }) => BLOCK_SIZE + roundUp(data.length));
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, BLOCK_SIZE));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, WRITE_LOG_MAGIC, true);
  view.setBigUint64(8, WRITE_LOG_VERSION, true);
  view.setBigUint64(16, BigInt(entries.length), true);
  view.setUint32(24, BLOCK_SIZE, true);
  let at = BLOCK_SIZE;
  entries.forEach(({ sector, sectors, flags, data }, index) => {
    view.setBigUint64(at, BigInt(sector), true);
    view.setBigUint64(at + 8, BigInt(sectors), true);
    view.setBigUint64(at + 16, BigInt(flags), true);
    const isMark = flags & LogFlag.LOG_MARK_FLAG;
    view.setBigUint64(at + 24, BigInt(isMark ? data.length : 0), true);
    bytes.set(data, at + BLOCK_SIZE);
    at += sizes[index]!;
  });
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
