/** The blocks of a pcapng file (draft-ietf-opsawg-pcapng, section 4). */
import { CaptureFileError } from "./error.ts";
import { type CapturedPacket, linkTypeOf } from "./packet.ts";

/** The same in both byte orders. */
export const SECTION = 0x0a0d0d0a;
const BLOCK = { INTERFACE: 1, SIMPLE: 3, PACKET: 6 } as const;
const BYTE_ORDER = 0x1a2b3c4d;
const OPTION = { END: 0, COMMENT: 1, IF_NAME: 2, IF_TSRESOL: 9, IF_TSOFFSET: 14 } as const;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly name: string | undefined;
  /** Units of its times in a second. */
  readonly resolution: bigint;
  readonly offsetSeconds: bigint;
}

interface Block {
  readonly type: number;
  readonly at: number;
  readonly body: DataView;
  readonly little: boolean;
}

export function* readPcapng(file: Uint8Array, view: DataView): Generator<CapturedPacket> {
  let interfaces: Interface[] = [];
  for (const block of blocksOf(file, view)) {
    if (block.type === SECTION) interfaces = [];
    else if (block.type === BLOCK.INTERFACE) interfaces.push(interfaceOf(block));
    else if (block.type === BLOCK.PACKET) yield enhancedPacket(block, interfaces);
    else if (block.type === BLOCK.SIMPLE) yield simplePacket(block, interfaces);
  }
}

/** Each section has a byte order of its own. */
function* blocksOf(file: Uint8Array, view: DataView): Generator<Block> {
  let little = false;
  for (let at = 0; at < file.length;) {
    const fail = (what: string) => new CaptureFileError(what, at);
    if (at + 12 > file.length) throw fail("it ends in a block's header");
    const isSection = view.getUint32(at) === SECTION;
    if (isSection) {
      little = view.getUint32(at + 8, true) === BYTE_ORDER;
      if (!little && view.getUint32(at + 8) !== BYTE_ORDER) throw fail("it has no byte order");
    }
    const length = view.getUint32(at + 4, little);
    if (length < (isSection ? 28 : 12) || length % 4 !== 0) throw fail("a block's length is wrong");
    if (at + length > file.length) throw fail("it ends in a block");
    if (view.getUint32(at + length - 4, little) !== length) throw fail("a block has two lengths");
    const body = new DataView(file.buffer, file.byteOffset + at + 8, length - 12);
    yield { type: view.getUint32(at, little), at, body, little };
    at += length;
  }
}

function interfaceOf({ body, at, little }: Block): Interface {
  if (body.byteLength < 8) throw new CaptureFileError("an interface is too short", at);
  const options = optionsOf(body, 8, little);
  const offset = options.get(OPTION.IF_TSOFFSET);
  return {
    linkType: linkTypeOf(body.getUint16(0, little)),
    snapLength: body.getUint32(4, little),
    name: textOf(options.get(OPTION.IF_NAME)),
    resolution: resolutionOf(options.get(OPTION.IF_TSRESOL)?.[0] ?? 6),
    offsetSeconds: offset?.length === 8
      ? new DataView(offset.buffer, offset.byteOffset).getBigInt64(0, little)
      : 0n,
  };
}

/** Powers of ten, or with the top bit set of two. */
function resolutionOf(value: number): bigint {
  return value & 0x80 ? 2n ** BigInt(value & 0x7f) : 10n ** BigInt(value);
}

function enhancedPacket(block: Block, interfaces: readonly Interface[]): CapturedPacket {
  const { body, at, little } = block;
  if (body.byteLength < 20) throw new CaptureFileError("a packet is too short", at);
  const [number, high, low, kept, length] = [0, 4, 8, 12, 16].map((offset) =>
    body.getUint32(offset, little)
  ) as [number, number, number, number, number];
  const from = interfaces[number];
  if (!from) {
    throw new CaptureFileError(`a packet is of interface ${number}, which is not there`, at);
  }
  if (20 + kept > body.byteLength) {
    throw new CaptureFileError("a packet is longer than its block", at);
  }
  const comment = textOf(optionsOf(body, 20 + (kept + 3 & ~3), little).get(OPTION.COMMENT));
  return {
    linkType: from.linkType,
    ...timeOf((BigInt(high) << 32n) + BigInt(low), from),
    bytes: new Uint8Array(body.buffer, body.byteOffset + 20, kept),
    length,
    ...(from.name !== undefined && { interface: from.name }),
    ...(comment !== undefined && { comment }),
  };
}

/** Without a time: it is said to be 0. */
function simplePacket(
  { body, at, little }: Block,
  interfaces: readonly Interface[],
): CapturedPacket {
  const [from] = interfaces;
  if (!from || body.byteLength < 4) throw new CaptureFileError("a packet has no interface", at);
  const length = body.getUint32(0, little);
  const kept = Math.min(length, from.snapLength || length);
  if (4 + kept > body.byteLength) {
    throw new CaptureFileError("a packet is longer than its block", at);
  }
  return {
    linkType: from.linkType,
    seconds: 0,
    nanoseconds: 0,
    bytes: new Uint8Array(body.buffer, body.byteOffset + 4, kept),
    length,
    ...(from.name !== undefined && { interface: from.name }),
  };
}

function timeOf(units: bigint, { resolution, offsetSeconds }: Interface) {
  return {
    seconds: Number(units / resolution + offsetSeconds),
    nanoseconds: Number((units % resolution) * 1_000_000_000n / resolution),
  };
}

/** The first of each; what is cut off in the middle is left out. */
function optionsOf(body: DataView, from: number, little: boolean): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  for (let at = from; at + 4 <= body.byteLength;) {
    const code = body.getUint16(at, little);
    const length = body.getUint16(at + 2, little);
    if (code === OPTION.END || at + 4 + length > body.byteLength) break;
    const value = new Uint8Array(body.buffer, body.byteOffset + at + 4, length);
    if (!options.has(code)) options.set(code, value);
    at += 4 + (length + 3 & ~3);
  }
  return options;
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}
