/** What a transfer may negotiate: blksize (RFC 2348), timeout and tsize (2349), windowsize (7440). */
import type { RequestPacket } from "./packet.ts";

export interface TransferSettings {
  /** Bytes a DATA packet; a shorter one ends the transfer. */
  readonly blockSize: number;
  /** DATA packets that may be under way without an ACK. */
  readonly window: number;
  readonly timeoutNs: number;
  /** Of a write request: how long the client says its file is. */
  readonly announcedSize: number | undefined;
  /** What is acknowledged; empty when the request had no option that we know. */
  readonly acknowledged: ReadonlyMap<string, string>;
}

interface Option {
  readonly least: number;
  readonly most: number;
  /** Whether a server may answer a larger number by its own limit; else the option is ignored. */
  readonly clamped: boolean;
}

const OPTIONS: Readonly<Record<string, Option>> = {
  blksize: { least: 8, most: 65464, clamped: true },
  timeout: { least: 1, most: 255, clamped: false },
  tsize: { least: 0, most: Number.MAX_SAFE_INTEGER, clamped: false },
  windowsize: { least: 1, most: 65535, clamped: true },
};
/** More is no use at 100 Mbit/s, and would be a way to make a server shout. */
const LARGEST_WINDOW = 64;

export const DEFAULT_BLOCK_SIZE = 512;
const DEFAULT_TIMEOUT_S = 1;

/** @param size of the file that is read; undefined for a write */
export function negotiate(request: RequestPacket, size: number | undefined): TransferSettings {
  const acknowledged = new Map<string, string>();
  const values: Record<string, number | undefined> = {};
  for (const [name, text] of request.options) {
    const value = valueOf(name, text);
    if (value === undefined) continue;
    values[name] = value;
    acknowledged.set(name, `${name === "tsize" && size !== undefined ? size : value}`);
  }
  return {
    blockSize: values["blksize"] ?? DEFAULT_BLOCK_SIZE,
    window: values["windowsize"] ?? 1,
    timeoutNs: (values["timeout"] ?? DEFAULT_TIMEOUT_S) * 1e9,
    announcedSize: size === undefined ? values["tsize"] : undefined,
    acknowledged,
  };
}

/** Undefined when we do not know the option, or its value is out of its range: it is ignored. */
function valueOf(name: string, text: string): number | undefined {
  const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
  if (!option || !/^\d{1,15}$/.test(text)) return undefined;
  const value = Number(text);
  if (value < option.least || (value > option.most && !option.clamped)) return undefined;
  return Math.min(value, name === "windowsize" ? LARGEST_WINDOW : option.most);
}
