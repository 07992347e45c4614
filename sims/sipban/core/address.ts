/** IP addresses and networks: one spelling for each, and whether one lies in the other (RFC 4291, 5952). */

export interface Network {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** 4 or 16 bytes; an IPv4 address within IPv6 is the IPv4 one. `undefined`: no address. */
export function parseAddress(text: string): Uint8Array | undefined {
  const bare = text.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
  return bare.includes(":") ? parseV6(bare) : parseV4(bare);
}

function parseV4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (
    parts.length !== 4 || !parts.every((p) => /^(0|[1-9][0-9]{0,2})$/.test(p) && Number(p) < 256)
  ) {
    return undefined;
  }
  return Uint8Array.from(parts, Number);
}

function parseV6(text: string): Uint8Array | undefined {
  const tail = /^(.*:)([0-9.]+\.[0-9.]+)$/.exec(text);
  const v4 = tail && parseV4(tail[2]!);
  if (tail && !v4) return undefined;
  const whole = v4
    ? `${tail![1]}${((v4[0]! << 8) | v4[1]!).toString(16)}:${((v4[2]! << 8) | v4[3]!).toString(16)}`
    : text;
  const halves = whole.split("::");
  if (halves.length > 2) return undefined;
  const [head, end] = halves.map((half) => half === "" ? [] : half.split(":"));
  const given = head!.length + (end?.length ?? 0);
  if (end === undefined ? given !== 8 : given > 7) return undefined;
  const words = [...head!, ...Array(8 - given).fill("0"), ...(end ?? [])];
  if (!words.every((word) => /^[0-9A-Fa-f]{1,4}$/.test(word))) return undefined;
  const bytes = new Uint8Array(16);
  words.forEach((word, i) => new DataView(bytes.buffer).setUint16(2 * i, parseInt(word, 16)));
  return isMapped(bytes) ? bytes.slice(12) : bytes;
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((b) => b === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

/** One spelling: dotted, or eight words without leading zeros. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i).toString(16)).join(":");
}

/**
 * "198.51.100.0/24", "2001:db8::/32", or one address.
 *
 * @throws RangeError naming the text
 */
export function parseNetwork(text: string): Network {
  const [address, bits, ...rest] = text.split("/");
  const bytes = parseAddress(address!);
  const most = (bytes?.length ?? 0) * 8;
  const count = bits === undefined ? most : /^[0-9]{1,3}$/.test(bits) ? Number(bits) : NaN;
  if (bytes === undefined || rest.length > 0 || !(count <= most)) {
    throw new RangeError(
      `Cannot read network "${text}": it is no address/bits; write it as 198.51.100.0/24 or 2001:db8::/32`,
    );
  }
  return { text, bytes, bits: count };
}

export function contains({ bytes, bits }: Network, address: Uint8Array): boolean {
  if (bytes.length !== address.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== address[i]) return false;
  const mask = 0xff & (0xff00 >> (bits & 7));
  return (bits & 7) === 0 || ((bytes[whole]! ^ address[whole]!) & mask) === 0;
}

/** Loopback, unspecified, multicast, reserved, broadcast: nobody whom one could ban. */
export const NEVER = ["127.0.0.0/8", "::1", "0.0.0.0/8", "::", "224.0.0.0/3", "ff00::/8"]
  .map(parseNetwork);

/** Four words, as the tables have addresses; an IPv4 address is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
export function toWords(bytes: Uint8Array, into = new Int32Array(4)): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 4) {
    into[0] = into[1] = 0;
    into[2] = 0xffff;
    into[3] = view.getInt32(0);
    return into;
  }
  for (let i = 0; i < 4; i++) into[i] = view.getInt32(4 * i);
  return into;
}

/** In the one spelling of {@link formatAddress}. */
export function formatWords(words: Int32Array): string {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setInt32(4 * i, word));
  return formatAddress(isV4(words) ? bytes.slice(12) : bytes);
}

export function isV4(words: Int32Array): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
}

/** Networks, asked for each message: whether an address in words lies in one of them. */
export class NetworkSet {
  /** Word and mask by turns: one pair for IPv4, four for IPv6. */
  readonly #v4: Int32Array;
  readonly #v6: Int32Array;

  constructor(networks: readonly Network[]) {
    const pairs = (length: number) =>
      Int32Array.from(
        networks.filter(({ bytes }) => bytes.length === length).flatMap(pairsOf),
      );
    this.#v4 = pairs(4);
    this.#v6 = pairs(16);
  }

  has(words: Int32Array): boolean {
    if (isV4(words)) {
      const [all, word] = [this.#v4, words[3]!];
      for (let i = 0; i < all.length; i += 2) {
        if (((word ^ all[i]!) & all[i + 1]!) === 0) return true;
      }
      return false;
    }
    const all = this.#v6;
    for (let i = 0; i < all.length; i += 8) {
      let differ = 0;
      for (let k = 0; k < 4; k++) differ |= (words[k]! ^ all[i + 2 * k]!) & all[i + 2 * k + 1]!;
      if (differ === 0) return true;
    }
    return false;
  }
}

function pairsOf({ bytes, bits }: Network): number[] {
  const words = toWords(bytes).slice(bytes.length === 4 ? 3 : 0);
  return Array.from(words).flatMap((word, i) => {
    const own = Math.min(32, Math.max(0, bits - 32 * i));
    return [word, own === 0 ? 0 : -1 << (32 - own)];
  });
}
