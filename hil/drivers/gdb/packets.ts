/**
 * The frames of GDB's remote serial protocol ("Debugging with GDB", appendix E.1): `$data#checksum`
 * with an acknowledgement each, and a lone 0x03 for an interrupt. Data is bytes, one a character.
 */

/** What came in. */
export type Incoming =
  | { readonly type: "packet"; readonly data: string }
  /** Ctrl-C. */
  | { readonly type: "interrupt" }
  /** GDB did not understand our last packet. */
  | { readonly type: "again" }
  /** A packet whose checksum is wrong. */
  | { readonly type: "damaged" };

const ETX = 0x03;
const ESCAPE = 0x7d, ESCAPED_BY = 0x20;
/** GDB's own packets are far shorter; what is longer is not GDB. */
const MAX_PACKET = 1 << 20;

/** Takes bytes as they come, in pieces of any size. */
export class PacketReader {
  #data: number[] | undefined;
  /** The two digits of the checksum. */
  #sum: string | undefined;

  *feed(bytes: Uint8Array): Generator<Incoming, void> {
    for (const byte of bytes) {
      const incoming = this.#byte(byte);
      if (incoming) yield incoming;
    }
  }

  #byte(byte: number): Incoming | undefined {
    const char = String.fromCharCode(byte);
    if (this.#sum !== undefined) {
      this.#sum += char;
      return this.#sum.length < 2 ? undefined : this.#packet();
    }
    if (char === "$") this.#data = []; // Also in the middle of a packet, whose end was lost.
    else if (this.#data === undefined) return outside(byte);
    else if (char === "#") this.#sum = "";
    else if (this.#data.push(byte) > MAX_PACKET) {
      this.#data = undefined;
      return { type: "damaged" };
    }
    return undefined;
  }

  #packet(): Incoming {
    const data = this.#data!, sum = this.#sum!;
    this.#data = this.#sum = undefined;
    const right = /^[0-9a-f]{2}$/i.test(sum) && parseInt(sum, 16) === checksum(data);
    return right ? { type: "packet", data: unescaped(data) } : { type: "damaged" };
  }
}

function outside(byte: number): Incoming | undefined {
  if (byte === ETX) return { type: "interrupt" };
  if (byte === 0x2d) return { type: "again" }; // -
  return undefined; // + and noise
}

/** A packet as it goes out. `data` has a character for each byte. */
export function encodePacket(data: string): Uint8Array<ArrayBuffer> {
  const escaped: number[] = [];
  for (let i = 0; i < data.length; i++) {
    const byte = data.charCodeAt(i);
    if ("#$}*".includes(data[i]!)) escaped.push(ESCAPE, byte ^ ESCAPED_BY);
    else escaped.push(byte);
  }
  const sum = checksum(escaped).toString(16).padStart(2, "0");
  return Uint8Array.from([0x24, ...escaped, 0x23, sum.charCodeAt(0), sum.charCodeAt(1)]);
}

function checksum(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

function unescaped(bytes: readonly number[]): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    const escape = bytes[i] === ESCAPE && i + 1 < bytes.length;
    text += String.fromCharCode(escape ? bytes[++i]! ^ ESCAPED_BY : bytes[i]!);
  }
  return text;
}

export function hexOf(bytes: Iterable<number>): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/** Undefined when it is not hexadecimal, two digits a byte. */
export function bytesOf(hex: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) return undefined;
  return Uint8Array.from(
    { length: hex.length / 2 },
    (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}
