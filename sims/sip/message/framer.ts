/**
 * Messages out of a stream's bytes: SIP by its Content-Length (RFC 3261 section 18.3), or, when it
 * begins with an HTTP handshake, SIP in WebSocket frames (RFC 7118, RFC 6455). Bounded; what cannot be
 * is skipped until something begins that can be.
 */
import { byteLength, headEnd } from "./lines.ts";

/** A message longer than this is none that a phone sends. */
const MOST_BYTES = 65_536;

export class Framer {
  #buffer = new Uint8Array(0);
  /** "" until its first bytes tell. */
  #kind: "" | "sip" | "websocket" | "other" = "";
  /** A WebSocket message that is not whole. */
  #parts: Uint8Array[] = [];
  #handshake: Uint8Array | undefined;

  get kind(): string {
    return this.#kind;
  }

  /** The HTTP head with which a WebSocket began. */
  get handshake(): Uint8Array | undefined {
    return this.#handshake;
  }

  get held(): number {
    return this.#buffer.length + this.#parts.reduce((sum, part) => sum + part.length, 0);
  }

  /** Bytes are missing: what was begun cannot be ended. */
  gap(): void {
    this.#buffer = new Uint8Array(0);
    this.#parts = [];
  }

  /** Messages that are whole now. They may be a part of `bytes`. */
  push(bytes: Uint8Array): Uint8Array[] {
    const all = this.#buffer.length === 0 ? bytes : join([this.#buffer, bytes]);
    const out: Uint8Array[] = [];
    let at = 0;
    for (let next = this.#take(all, at, out); next > at; next = this.#take(all, at, out)) at = next;
    if (this.#kind === "other" || all.length - at > MOST_BYTES) at = all.length;
    this.#buffer = all.slice(at);
    return out;
  }

  /** Where the next thing begins; `at` when this one is not whole. */
  #take(all: Uint8Array, at: number, out: Uint8Array[]): number {
    if (at >= all.length || this.#kind === "other") return at;
    if (this.#kind === "websocket") return this.#frame(all, at, out);
    // Keep-alives (RFC 5626).
    if (all[at] === 13 || all[at] === 10 || all[at] === 0) return at + 1;
    if (this.#kind === "" && all[at]! < 32) {
      this.#kind = "other"; // TLS begins with 22
      return at;
    }
    const end = headEnd(all, at);
    if (end < 0) return at;
    if (this.#kind === "" && isHandshake(all, at)) {
      this.#kind = "websocket";
      this.#handshake = all.slice(at, end);
      return end;
    }
    this.#kind = "sip";
    const total = end + byteLength(all, at, end);
    if (total > all.length) return total - at > MOST_BYTES ? end : at;
    out.push(all.subarray(at, total));
    return total;
  }

  /** RFC 6455 section 5.2. */
  #frame(all: Uint8Array, at: number, out: Uint8Array[]): number {
    if (all.length < at + 2) return at;
    const [first, second] = [all[at]!, all[at + 1]!];
    const short = second & 127;
    let body = at + 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
    if (all.length < body) return at;
    let length = short;
    if (short >= 126) {
      length = 0;
      for (let i = at + 2; i < body; i++) length = length * 256 + all[i]!;
    }
    const mask = second & 128 ? all.subarray(body, body + 4) : undefined;
    if (mask) body += 4;
    const isData = (first & 15) < 3;
    // Compressed (a reserved bit), or too long for SIP: from here on nobody can tell frames.
    if (first & 0x70 || length > MOST_BYTES) {
      this.#kind = "other";
      return at;
    }
    if (all.length < body + length) return at;
    if (isData) this.#data(first, all.subarray(body, body + length), mask, out);
    return body + length;
  }

  #data(first: number, bytes: Uint8Array, mask: Uint8Array | undefined, out: Uint8Array[]): void {
    const plain = mask ? bytes.map((byte, i) => byte ^ mask[i & 3]!) : bytes;
    if ((first & 15) !== 0) this.#parts = [];
    const isWhole = (first & 128) !== 0;
    if (isWhole && this.#parts.length === 0) {
      out.push(plain);
      return;
    }
    if (plain.length > 0) this.#parts.push(plain.slice());
    if (isWhole) out.push(join(this.#parts));
    if (isWhole || this.held > MOST_BYTES || this.#parts.length > 256) this.#parts = [];
  }
}

function isHandshake(bytes: Uint8Array, at: number): boolean {
  const begin = String.fromCharCode(...bytes.subarray(at, at + 5));
  return begin.startsWith("GET ") || begin === "HTTP/";
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
