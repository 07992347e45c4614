/**
 * XMODEM with CRC, blocks of 128 and 1024 bytes, as the receiver (Forsberg, XMODEM/YMODEM Protocol
 * Reference, 1988). Bytes in, answers out; time is the caller's.
 */
import type { Json } from "hil/trace/mod.ts";

const SOH = 0x01, STX = 0x02, EOT = 0x04, ACK = 0x06, NAK = 0x15, CAN = 0x18;

/** What to answer, and whether the file is complete or given up. */
export interface XmodemStep {
  readonly answer?: number;
  readonly end?: "complete" | "cancelled" | "too large";
}

export class XmodemReceiver {
  /** What has come in good blocks. */
  #file: number[] = [];
  /** Of the block that comes in, from its first byte on. */
  #block: number[] = [];
  #expected = 1;

  constructor(private readonly largest: number) {}

  /** Whether a block has begun and is not complete. */
  get inBlock(): boolean {
    return this.#block.length > 0;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#file);
  }

  receive(byte: number): XmodemStep {
    if (this.#block.length === 0) {
      if (byte === EOT) return { answer: ACK, end: "complete" };
      if (byte === CAN) return { end: "cancelled" };
      if (byte !== SOH && byte !== STX) return {};
    }
    this.#block.push(byte);
    const size = this.#block[0] === STX ? 1024 : 128;
    return this.#block.length < size + 5 ? {} : this.#complete(size);
  }

  /** The block does not go on: it is asked for again. */
  giveUpBlock(): XmodemStep {
    this.#block = [];
    return { answer: NAK };
  }

  #complete(size: number): XmodemStep {
    const [, number, complement] = this.#block as [number, number, number];
    const data = this.#block.slice(3, 3 + size);
    const crc = this.#block.at(-2)! << 8 | this.#block.at(-1)!;
    this.#block = [];
    if (number + complement !== 0xff || crc16(data) !== crc) return { answer: NAK };
    // Sent again because the answer was lost.
    if (number === (this.#expected - 1 & 0xff)) return { answer: ACK };
    if (number !== this.#expected) return { answer: CAN, end: "cancelled" };
    if (this.#file.length + size > this.largest) return { answer: CAN, end: "too large" };
    this.#file.push(...data);
    this.#expected = number + 1 & 0xff;
    return { answer: ACK };
  }

  save(): Json {
    return {
      file: btoa(String.fromCharCode(...this.#file)),
      block: [...this.#block],
      expected: this.#expected,
    };
  }

  load(state: Json): void {
    const saved = state as { file: string; block: number[]; expected: number };
    this.#file = Array.from(atob(saved.file), (character) => character.charCodeAt(0));
    this.#block = [...saved.block];
    this.#expected = saved.expected;
  }
}

/** CRC-16/XMODEM: x^16 + x^12 + x^5 + 1, from 0. */
export function crc16(bytes: ArrayLike<number>): number {
  let crc = 0;
  for (let n = 0; n < bytes.length; n++) {
    crc ^= bytes[n]! << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}
