/**
 * Frames of a flood: one template, built once, of which each frame differs in a serial number (Call-ID,
 * branch, tag) and in the address of the stranger. Ethernet, IPv4 (RFC 791) or IPv6 (RFC 8200), UDP.
 */
import { Random } from "hil/time/mod.ts";
import { parseAddress } from "../../sipban/core/mod.ts";

export interface FloodShape {
  /** What comes to the PBX, or its refusals as a capture at the PBX sees them go out. */
  readonly kind: "REGISTER" | "INVITE" | "401" | "403";
  readonly pbx: string;
  /** The first of the strangers' addresses, and how many there are: "100.64.0.1", "2001:db8:bad::". */
  readonly from: string;
  readonly sources: number;
  readonly sourceMac?: string;
  readonly targetMac: string;
  /** Equal seeds give equal frames. */
  readonly seed?: number;
}

const DIGITS = 10;
const MARK = "#".repeat(DIGITS);

/** @throws RangeError when the addresses are none, or not of one family */
export class FrameSource {
  readonly size: number;
  readonly #template: Uint8Array;
  readonly #marks: readonly number[];
  readonly #stranger: Uint8Array;
  readonly #strangerAt: number;
  readonly #ip: number;
  readonly #random: Random;
  #serial: number;

  constructor(private readonly shape: FloodShape) {
    const [pbx, from] = [parseAddress(shape.pbx), parseAddress(shape.from)];
    if (!pbx || !from || pbx.length !== from.length) {
      throw new RangeError(
        `Cannot flood "${shape.pbx}" from "${shape.from}": they are no two addresses of one family; ` +
          `give two IPv4 or two IPv6 addresses`,
      );
    }
    const isAnswer = shape.kind === "401" || shape.kind === "403";
    const [source, target] = isAnswer ? [pbx, from] : [from, pbx];
    this.#template = template(shape, source, target, textOf(shape));
    this.size = this.#template.length;
    this.#stranger = from;
    this.#ip = 14;
    const first = pbx.length === 4 ? 26 : 22;
    this.#strangerAt = isAnswer ? first + pbx.length : first;
    this.#marks = marksOf(this.#template);
    this.#random = new Random(shape.seed ?? 1);
    this.#serial = this.#random.below(1_000_000_000);
  }

  /** The template, where the next frames are to be made of it by {@link patch}. */
  fill(into: Uint8Array): void {
    into.set(this.#template);
  }

  /** Makes the next frame of what is there. */
  patch(frame: Uint8Array): void {
    let number = this.#serial++;
    for (let digit = DIGITS - 1; digit >= 0; digit--) {
      const byte = 48 + number % 10;
      number = Math.floor(number / 10);
      for (const mark of this.#marks) frame[mark + digit] = byte;
    }
    let carry = this.shape.sources > 1 ? this.#random.below(this.shape.sources) : 0;
    const { length } = this.#stranger;
    for (let i = length - 1; i >= 0; i--) {
      const sum = this.#stranger[i]! + carry % 256;
      frame[this.#strangerAt + i] = sum;
      carry = Math.floor(carry / 256) + (sum >> 8);
    }
    if (length === 4) this.#ipv4(frame);
    else this.#udp6(frame);
  }

  /** Its header's checksum; that of UDP may be left out (RFC 768). */
  #ipv4(frame: Uint8Array): void {
    frame[24] = frame[25] = 0;
    setWord(frame, 24, ~sum(frame, this.#ip, this.#ip + 20, 0) & 0xffff);
  }

  /** Over the addresses, too (RFC 8200 section 8.1). */
  #udp6(frame: Uint8Array): void {
    const at = this.#ip + 40;
    frame[at + 6] = frame[at + 7] = 0;
    const pseudo = sum(frame, this.#ip + 8, at, 17 + frame.length - at);
    setWord(frame, at + 6, (~sum(frame, at, frame.length, pseudo) & 0xffff) || 0xffff);
  }
}

function template(
  { targetMac, sourceMac = "02:00:00:00:00:01" }: FloodShape,
  source: Uint8Array,
  target: Uint8Array,
  text: string,
): Uint8Array {
  const body = new TextEncoder().encode(text);
  const length = 8 + body.length;
  const isV4 = source.length === 4;
  const ip = isV4
    ? [0x45, 0, ...words(20 + length), 0, 0, 0x40, 0, 64, 17, 0, 0]
    : [0x60, 0, 0, 0, ...words(length), 17, 64];
  return Uint8Array.of(
    ...[...mac(targetMac), ...mac(sourceMac), ...words(isV4 ? 0x0800 : 0x86dd)],
    ...[...ip, ...source, ...target],
    ...words(5060, 5060, length, 0),
    ...body,
  );
}

/** As Asterisk with PJSIP answers, and as scanners ask. */
function textOf({ kind, pbx, from }: FloodShape): string {
  const [host, stranger] = [pbx, from].map((text) => text.includes(":") ? `[${text}]` : text);
  const isAnswer = kind === "401" || kind === "403";
  const method = kind === "INVITE" ? "INVITE" : "REGISTER";
  const first = isAnswer
    ? `SIP/2.0 ${kind} ${kind === "401" ? "Unauthorized" : "Forbidden"}`
    : `${method} sip:${method === "INVITE" ? "600@" : ""}${host} SIP/2.0`;
  const challenge = `WWW-Authenticate: Digest realm="asterisk",nonce="1600000000/${MARK}",` +
    `opaque="3b9f2c5d7a1e4f60",algorithm=MD5,qop="auth"`;
  return [
    first,
    `Via: SIP/2.0/UDP ${stranger}:5060;rport=5060;branch=z9hG4bK${MARK}`,
    ...isAnswer ? [] : ["Max-Forwards: 70"],
    `From: <sip:1000@${host}>;tag=f${MARK}`,
    `To: <sip:1000@${host}>${isAnswer ? `;tag=t${MARK}` : ""}`,
    `Call-ID: ${MARK}@flood`,
    `CSeq: 1 ${method}`,
    ...isAnswer ? [] : [`Contact: <sip:1000@${stranger}:5060>`, "Expires: 60"],
    ...kind === "401" ? [challenge] : [],
    "Content-Length: 0",
    "\r\n",
  ].join("\r\n");
}

function marksOf(frame: Uint8Array): number[] {
  const text = String.fromCharCode(...frame);
  const marks: number[] = [];
  for (let at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, at + DIGITS)) marks.push(at);
  return marks;
}

function mac(text: string): number[] {
  const bytes = text.split(":").map((byte) =>
    /^[0-9a-f]{2}$/i.test(byte) ? parseInt(byte, 16) : -1
  );
  if (bytes.length === 6 && bytes.every((byte) => byte >= 0)) return bytes;
  throw new RangeError(
    `Cannot send to "${text}": it is no hardware address; write it as 02:00:00:00:00:01`,
  );
}

function words(...values: readonly number[]): number[] {
  return values.flatMap((value) => [value >> 8 & 0xff, value & 0xff]);
}

function setWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

/** Ones' complement sum of 16-bit words (RFC 1071), folded. */
function sum(bytes: Uint8Array, from: number, to: number, begin: number): number {
  let all = begin;
  for (let at = from; at < to; at += 2) all += bytes[at]! << 8 | (at + 1 < to ? bytes[at + 1]! : 0);
  while (all > 0xffff) all = (all & 0xffff) + (all >>> 16);
  return all;
}
