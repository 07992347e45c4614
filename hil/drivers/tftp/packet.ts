/** TFTP packets (RFC 1350, section 5; options: RFC 2347). */

/** Section 5, "Error Codes", and 8 of RFC 2347. */
export const ERRORS = {
  NOT_DEFINED: 0,
  FILE_NOT_FOUND: 1,
  ACCESS_VIOLATION: 2,
  DISK_FULL: 3,
  ILLEGAL_OPERATION: 4,
  UNKNOWN_TRANSFER_ID: 5,
  FILE_EXISTS: 6,
  NO_SUCH_USER: 7,
  OPTION_REFUSED: 8,
} as const;

export interface RequestPacket {
  readonly type: "RRQ" | "WRQ";
  readonly file: string;
  /** In lower case. */
  readonly mode: string;
  /** Names in lower case; of an option that is there twice the first one counts. */
  readonly options: ReadonlyMap<string, string>;
}

export interface DataPacket {
  readonly type: "DATA";
  readonly block: number;
  readonly data: Uint8Array;
}

export interface AckPacket {
  readonly type: "ACK";
  readonly block: number;
}

export interface ErrorPacket {
  readonly type: "ERROR";
  readonly code: number;
  readonly message: string;
}

export interface OackPacket {
  readonly type: "OACK";
  readonly options: ReadonlyMap<string, string>;
}

export type Packet = RequestPacket | DataPacket | AckPacket | ErrorPacket | OackPacket;

const OPCODES = { RRQ: 1, WRQ: 2, DATA: 3, ACK: 4, ERROR: 5, OACK: 6 } as const;
/** RFC 2347: a request is at most 512 bytes. A bit of patience costs nothing. */
const LONGEST_REQUEST = 1024;
const TEXT = new TextEncoder();

/** Undefined when the bytes are no TFTP packet. */
export function parsePacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length < 4 || bytes[0] !== 0) return undefined;
  const block = (bytes[2]! << 8) | bytes[3]!;
  switch (bytes[1]) {
    case OPCODES.RRQ:
      return parseRequest("RRQ", bytes);
    case OPCODES.WRQ:
      return parseRequest("WRQ", bytes);
    case OPCODES.DATA:
      return { type: "DATA", block, data: bytes.subarray(4) };
    case OPCODES.ACK:
      return { type: "ACK", block };
    case OPCODES.ERROR:
      return { type: "ERROR", code: block, message: strings(bytes, 4)?.[0] ?? "" };
    case OPCODES.OACK: {
      const options = pairs(strings(bytes, 2));
      return options && { type: "OACK", options };
    }
  }
  return undefined;
}

function parseRequest(type: "RRQ" | "WRQ", bytes: Uint8Array): RequestPacket | undefined {
  if (bytes.length > LONGEST_REQUEST) return undefined;
  const all = strings(bytes, 2);
  const [file, mode] = all ?? [];
  if (!file || !mode) return undefined;
  const options = pairs(all!.slice(2));
  return options && { type, file, mode: mode.toLowerCase(), options };
}

/** What is terminated by zeros, from `offset` to the end; undefined if the last one is not. */
function strings(bytes: Uint8Array, offset: number): string[] | undefined {
  if (offset < bytes.length && bytes.at(-1) !== 0) return undefined;
  const decoder = new TextDecoder();
  const found: string[] = [];
  for (let start = offset; start < bytes.length;) {
    const end = bytes.indexOf(0, start);
    found.push(decoder.decode(bytes.subarray(start, end)));
    start = end + 1;
  }
  return found;
}

function pairs(texts: readonly string[] | undefined): Map<string, string> | undefined {
  if (!texts || texts.length % 2 !== 0) return undefined;
  const options = new Map<string, string>();
  for (let i = 0; i < texts.length; i += 2) {
    const name = texts[i]!.toLowerCase();
    if (!options.has(name)) options.set(name, texts[i + 1]!);
  }
  return options;
}

export function formatPacket(packet: Packet): Uint8Array {
  switch (packet.type) {
    case "RRQ":
    case "WRQ":
      return withStrings(packet.type, [packet.file, packet.mode, ...packet.options].flat());
    case "OACK":
      return withStrings(packet.type, [...packet.options].flat());
    case "DATA":
      return withBlock(packet.type, packet.block, packet.data);
    case "ACK":
      return withBlock(packet.type, packet.block, new Uint8Array());
    case "ERROR":
      return withBlock(packet.type, packet.code, TEXT.encode(`${packet.message}\0`));
  }
}

function withStrings(type: keyof typeof OPCODES, texts: readonly string[]): Uint8Array {
  const text = TEXT.encode(texts.map((each) => `${each}\0`).join(""));
  const bytes = new Uint8Array(2 + text.length);
  bytes[1] = OPCODES[type];
  bytes.set(text, 2);
  return bytes;
}

function withBlock(type: keyof typeof OPCODES, block: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + rest.length);
  bytes.set([0, OPCODES[type], block >>> 8, block]);
  bytes.set(rest, 4);
  return bytes;
}
