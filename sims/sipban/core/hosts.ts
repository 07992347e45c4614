/**
 * Who counts as one host: an IPv4 address, or a network of IPv6 (RFC 6177: whoever has one address has
 * 2^64 of them). Addresses that share such a network with somebody who is spared count alone.
 */
import {
  formatWords,
  isV4,
  type Network,
  NetworkSet,
  NEVER,
  parseAddress,
  parseNetwork,
  toWords,
} from "./address.ts";
import type { HostKey } from "./failures.ts";
import type { Hasher } from "./hash.ts";
import type { Settings } from "./settings.ts";

/** Its address in words, and the hash of what counts as one with it. */
export interface Host extends HostKey {
  readonly words: Int32Array;
  a: number;
  b: number;
}

export class Hosts {
  readonly #own: NetworkSet;
  readonly #never: NetworkSet;
  /** Networks of IPv6 in which each address counts for itself. */
  readonly #alone: NetworkSet;
  readonly #bits: number;
  readonly #mask = new Int32Array(4);
  readonly #masked = new Int32Array(4);

  /** @throws RangeError naming a network that cannot be */
  constructor({ own, allow, prefix6 }: Settings, private readonly hasher: Hasher) {
    const ours = own.map(parseNetwork).map(({ text, bytes }) => ({
      text,
      bytes,
      bits: 8 * bytes.length,
    }));
    const never = [...ours, ...NEVER, ...allow.map(parseNetwork)];
    this.#own = new NetworkSet(ours);
    this.#never = new NetworkSet(never);
    this.#alone = new NetworkSet(
      never.filter(({ bytes, bits }) => bytes.length === 16 && bits > prefix6)
        .map((network) => ({ ...network, bits: prefix6 })),
    );
    this.#bits = prefix6;
    for (let i = 0; i < 4; i++) {
      const bits = Math.min(32, Math.max(0, prefix6 - 32 * i));
      this.#mask[i] = bits === 0 ? 0 : -1 << (32 - bits);
    }
  }

  isOwn(words: Int32Array): boolean {
    return this.#own.has(words);
  }

  /** The PBX's own, loopback and the like, and who is allowed. */
  isNever(words: Int32Array): boolean {
    return this.#never.has(words);
  }

  of(words: Int32Array, into: Host = newHost()): Host {
    for (let i = 0; i < 4; i++) into.words[i] = words[i]!;
    ({ a: into.a, b: into.b } = this.hasher.address(
      this.#isGrouped(words) ? this.#cut(words) : words,
    ));
    return into;
  }

  /** The address by itself, for what is held against nobody else. */
  alone({ words }: Host): HostKey {
    const { a, b } = this.hasher.address(words);
    return { a, b };
  }

  /** In the spelling of {@link textOf}, or an address of it. */
  named(text: string): Host | undefined {
    const [address] = text.split("/");
    const bytes = this.isHost(text) ? parseAddress(address!) : undefined;
    return bytes && this.of(toWords(bytes));
  }

  /** Whether it is what counts as one host, or an address. */
  isHost(text: string): boolean {
    if (!text.includes("/")) return parseAddress(text) !== undefined;
    let network: Network;
    try {
      network = parseNetwork(text);
    } catch {
      return false;
    }
    const { bytes, bits } = network;
    return bits === 8 * bytes.length ||
      bytes.length === 16 && bits === this.#bits && this.#isGrouped(toWords(bytes));
  }

  /** An address, or "2001:db8:bad:0:0:0:0:0/64". */
  textOf({ words }: Host): string {
    if (!this.#isGrouped(words)) return formatWords(words);
    return `${formatWords(this.#cut(words))}/${this.#bits}`;
  }

  #isGrouped(words: Int32Array): boolean {
    return this.#bits < 128 && !isV4(words) && !this.#alone.has(words);
  }

  #cut(words: Int32Array): Int32Array {
    for (let i = 0; i < 4; i++) this.#masked[i] = words[i]! & this.#mask[i]!;
    return this.#masked;
  }
}

export function newHost(): Host {
  return { words: new Int32Array(4), a: 0, b: 0 };
}

/** A host's hash as one number, of 53 bits. */
export function numberOf({ a, b }: HostKey): number {
  return (a >>> 0) * 0x20_0000 + (b >>> 11);
}
