/**
 * Octets that somebody might send, from a seed: noise, and frames and heads that were right before
 * something happened to them.
 */
import type { Random } from "hil/time/mod.ts";
import { encodeRawFrame } from "../core/mod.ts";

const OPCODES = [0, 0, 1, 1, 2, 2, 8, 9, 10];
const LENGTHS = [0, 1, 2, 5, 5, 20, 20, 125, 126, 127, 300];
const TEXT = new TextEncoder().encode("Grüße, 世界! 🌍 plain text that goes on and on ");
/** Hello, compressed: RFC 7692, section 7.2.3. */
const DEFLATED = [
  Uint8Array.of(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00),
  Uint8Array.of(0xf2, 0x00, 0x11, 0x00, 0x00),
  Uint8Array.of(0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00),
];
const CLOSES = [Uint8Array.of(3, 232), Uint8Array.of(3, 232, 0x62), Uint8Array.of(3, 237)];

/** Frames, most of which are as they should be for the role. */
export function frames(random: Random, role: "server" | "client", deflate: boolean): Uint8Array {
  if (random.chance(0.1)) return noise(random, 1 + random.below(40));
  const count = 1 + random.below(4);
  const parts: number[] = [];
  for (let i = 0; i < count; i++) {
    const right = random.chance(0.85);
    const compressed = deflate && random.chance(0.3);
    const opcode = right ? OPCODES[random.below(OPCODES.length)]! : random.below(16);
    const frame = encodeRawFrame({
      fin: random.chance(opcode >= 8 ? 0.98 : 0.7),
      rsv: right ? (compressed ? 4 : 0) : random.below(8),
      opcode,
      payload: payload(random, opcode, compressed),
      ...(role === "client" || !right && random.chance(0.3)
        ? { mask: "none" as const }
        : { mask: random.next() | 0 }),
      ...(!right && random.chance(0.5) && { lengthBits: 64 as const, length: length(random) }),
    });
    for (const octet of frame) parts.push(octet);
  }
  return damaged(random, Uint8Array.from(parts));
}

function payload(random: Random, opcode: number, compressed: boolean): Uint8Array {
  if (compressed) return DEFLATED[random.below(DEFLATED.length)]!;
  if (opcode === 8 && random.chance(0.8)) return CLOSES[random.below(CLOSES.length)]!;
  const size = LENGTHS[random.below(LENGTHS.length)]!;
  if (random.chance(0.2)) return noise(random, size);
  const from = random.below(TEXT.length);
  return TEXT.subarray(from, from + size);
}

function length(random: Random): bigint {
  return BigInt(random.next()) << BigInt(random.below(33));
}

const HEADS = [
  "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Protocol: a, b\r\n" +
  'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits="10"; x=y\r\n\r\n',
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9\r\n\r\n",
].map((text) => new TextEncoder().encode(text));

export const LONGEST_HEAD_BYTES = Math.max(...HEADS.map((bytes) => bytes.length));

/** A request, or an answer. */
export function head(random: Random): Uint8Array {
  return damaged(random, HEADS[random.below(HEADS.length)]!.slice());
}

/** What happens to octets: none, one or some are changed, left out or doubled; the end is missing. */
function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  switch (random.below(6)) {
    case 0:
      bytes[random.below(bytes.length)] = random.next();
      return bytes;
    case 1:
      bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
      return bytes;
    case 2:
      return bytes.subarray(0, random.below(bytes.length + 1));
    case 3: {
      const at = random.below(bytes.length);
      const to = Math.min(bytes.length, at + random.below(8));
      return Uint8Array.from([...bytes.subarray(0, to), ...bytes.subarray(at)]);
    }
    default:
      return bytes;
  }
}

function noise(random: Random, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, () => random.next());
}
