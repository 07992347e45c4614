/**
 * The device-mapper's log of writes (kernel: Documentation/admin-guide/device-mapper/log-writes,
 * drivers/md/dm-log-writes.c): what a drive has done, in order and with its data, for tools that
 * replay it to any moment. Little-endian; sectors of 512 bytes; a super block, then entries, each
 * in a sector of its own, a write's data behind it.
 */
import type { Json, TraceEvent } from "./event.ts";

/** Flags of an entry, the kernel's names. */
export const LogFlag = {
  LOG_FLUSH_FLAG: 1 << 0,
  LOG_FUA_FLAG: 1 << 1,
  LOG_DISCARD_FLAG: 1 << 2,
  LOG_MARK_FLAG: 1 << 3,
} as const;

export const WRITE_LOG_MAGIC = 0x6a73_6677_7368_72n;
export const WRITE_LOG_VERSION = 1n;
const SECTOR = 512;

export interface LogEntry {
  readonly sector: number;
  readonly sectors: number;
  /** A bit set of {@link LogFlag}. */
  readonly flags: number;
  /** Of a write: `sectors` of 512 bytes; of a mark: its text. */
  readonly data: Uint8Array;
}

/** The file's first sector. */
export function formatSuperBlock(entries: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, WRITE_LOG_MAGIC, true);
  view.setBigUint64(8, WRITE_LOG_VERSION, true);
  view.setBigUint64(16, BigInt(entries), true);
  view.setUint32(24, SECTOR, true);
  return bytes;
}

/** An entry with its data: whole sectors. */
export function formatEntry({ sector, sectors, flags, data }: LogEntry): Uint8Array {
  const bytes = new Uint8Array(SECTOR + Math.ceil(data.length / SECTOR) * SECTOR);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(sector), true);
  view.setBigUint64(8, BigInt(sectors), true);
  view.setBigUint64(16, BigInt(flags), true);
  view.setBigUint64(24, BigInt(flags & LogFlag.LOG_MARK_FLAG ? data.length : 0), true);
  bytes.set(data, SECTOR);
  return bytes;
}

/**
 * What a "done" of a request to a disk says of what was written, beside `operation`, `lba`, `blocks`
 * (of 512 bytes), `drive`, `fua` and `status`.
 */
interface Written {
  /** Base64. */
  readonly data?: string;
  /** All dwords of the one block are `stamp`. */
  readonly stamp?: number;
  readonly whole?: boolean;
  /** The blocks became zero, or nothing. */
  readonly discard?: boolean;
}

type Request = Written & Readonly<Record<string, Json | undefined>>;

/** An entry of a drive's log, or why there is none for a write. */
export type Logged = { readonly drive: number; readonly entry: LogEntry | "no data" };

const NOTHING = new Uint8Array(0);

/** What an event adds to the log of a drive; undefined: nothing, it is no write or not done. */
export function loggedBy(event: TraceEvent): Logged | undefined {
  if (event.type !== "signal" || event.kind !== "done") return undefined;
  const { data } = event;
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  const request = data as Request;
  const { operation, drive = 0, status } = request;
  if (typeof drive !== "number" || status !== undefined && status !== "ok") return undefined;
  if (operation === "flush") {
    const entry = { sector: 0, sectors: 0, flags: LogFlag.LOG_FLUSH_FLAG, data: NOTHING };
    return { drive, entry };
  }
  return operation === "write" ? { drive, entry: writeOf(request) } : undefined;
}

function writeOf(request: Request): LogEntry | "no data" {
  const { lba, blocks, fua, discard } = request;
  if (!isCount(lba) || !isCount(blocks)) return "no data";
  const at = { sector: lba, sectors: blocks };
  if (discard) return { ...at, flags: LogFlag.LOG_DISCARD_FLAG, data: NOTHING };
  const data = contentsOf(request);
  if (data?.length !== blocks * SECTOR) return "no data";
  return { ...at, flags: fua ? LogFlag.LOG_FUA_FLAG : 0, data };
}

function isCount(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}

function contentsOf({ data, stamp, whole }: Written): Uint8Array | undefined {
  if (typeof data === "string") {
    try {
      return Uint8Array.fromBase64(data);
    } catch {
      return undefined; // The trace is damaged.
    }
  }
  if (!whole || stamp === undefined) return undefined;
  const block = new DataView(new ArrayBuffer(SECTOR));
  for (let at = 0; at < SECTOR; at += 4) block.setUint32(at, stamp, true);
  return new Uint8Array(block.buffer);
}

/** A place that a tool can replay to by its name: where a step of the scenario begins and ends. */
export function markOf(event: TraceEvent, names: Map<number, string>): LogEntry | undefined {
  if (event.type === "step.begin") names.set(event.id, event.name);
  if (event.type !== "step.begin" && event.type !== "step.end") return undefined;
  const what = event.type === "step.begin" ? "begin" : "end";
  const text = `${what} ${names.get(event.id) ?? event.id}`;
  if (event.type === "step.end") names.delete(event.id);
  const data = new TextEncoder().encode(text).subarray(0, SECTOR);
  return { sector: 0, sectors: 0, flags: LogFlag.LOG_MARK_FLAG, data };
}
