/**
 * Addresses of networks: each gets another one of the same length, in text and in packets alike.
 * What two addresses have in common at their beginning, their stand-ins have too, so that networks
 * stay networks (as J. Xu et al., "Prefix-preserving IP address anonymization", 2002).
 *
 * Kept are those that tell of nobody: loopback, unspecified, multicast, broadcast, netmasks, and the
 * documentation ranges (RFC 5737, RFC 3849).
 */
const KEPT4 = /^(0|127|22[4-9]|23\d|24\d|25\d)\.|^(192\.0\.2|198\.51\.100|203\.0\.113)\./;
/** Of first octets, those that are neither kept nor begin a documentation range. */
const FIRST_OCTET = (octet: number) =>
  octet > 0 && octet < 224 && ![127, 192, 198, 203].includes(octet);

export class Addresses {
  readonly #maps = new Map<string, Map<number, number>>();
  readonly #macs = new Map<string, string>();
  /** Addresses that were met, by their text. */
  readonly met = new Set<string>();
  /** How many times one was replaced. */
  count = 0;

  /** What stands in for an address in a text; the address itself when it may stay. */
  text(address: string): string {
    const to = this.#text(address);
    if (to !== address) this.#tell(address);
    return to;
  }

  #text(address: string): string {
    if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) {
      const octets = address.split(".");
      const bytes = octets.map(Number);
      if (bytes.some((byte) => byte > 255) || octets.some((octet) => /^0\d/.test(octet))) {
        return address;
      }
      return [...this.ipv4(Uint8Array.from(bytes))].join(".");
    }
    const digits = address.replace(/[:-]/g, "");
    if (/^..[:-]..[:-]..[:-]..[:-]..[:-]..$/.test(address)) {
      return respelt(address, this.#mac(digits));
    }
    return this.#ipv6Text(address);
  }

  #tell(address: string): void {
    this.met.add(address);
    this.count++;
  }

  ipv4(bytes: Uint8Array): Uint8Array {
    if (KEPT4.test(`${bytes.join(".")}.`)) return bytes;
    return bytes.map((octet, i) => {
      const fits = (to: number) =>
        `${to}`.length === `${octet}`.length && (i > 0 || FIRST_OCTET(to));
      return this.#mapped(`4 ${bytes.subarray(0, i).join(".")}`, octet, { most: 255, fits });
    });
  }

  ipv6(bytes: Uint8Array): Uint8Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
    const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i));
    const out = new DataView(new ArrayBuffer(16));
    for (const [i, group] of this.#groups(groups).entries()) out.setUint16(2 * i, group);
    return new Uint8Array(out.buffer);
  }

  mac(bytes: Uint8Array): Uint8Array {
    return Uint8Array.fromHex(this.#mac(bytes.toHex()));
  }

  /** Counted, when a packet had it. */
  binary(bytes: Uint8Array, to: Uint8Array): Uint8Array {
    if (bytes.some((byte, i) => byte !== to[i])) this.#tell(bytes.join("."));
    return to;
  }

  #mac(hex: string): string {
    const from = hex.toLowerCase();
    // Groups and nobody.
    if (parseInt(from.slice(0, 2), 16) & 1 || /^0+$/.test(from)) return from;
    let to = this.#macs.get(from);
    if (to === undefined) {
      to = `020000${(this.#macs.size + 1).toString(16).padStart(6, "0")}`;
      this.#macs.set(from, to);
    }
    return to;
  }

  #groups(groups: readonly number[]): number[] {
    const [first, second] = groups as [number, number];
    const kept = first >= 0xff00 || (first === 0x2001 && second === 0xdb8) ||
      groups.slice(0, 7).every((group) => group === 0);
    if (kept) return [...groups];
    return groups.map((group, i) => {
      if (group === 0 || (i === 0 && (first & 0xffc0) === 0xfe80)) return group;
      const digits = group.toString(16).length;
      const fits = (to: number) =>
        to > 0 && to.toString(16).length === digits &&
        (i > 0 || (to < 0xfe00 && to !== 0x2001));
      const context = `6 ${groups.slice(0, i).join(":")}`;
      return this.#mapped(context, group, { most: 0xffff, fits });
    });
  }

  #ipv6Text(address: string): string {
    const [head = "", tail] = address.split("::");
    const parts = (text: string | undefined) => text ? text.split(":") : [];
    const [left, right] = [parts(head), parts(tail)];
    const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
    const groups = [...left, ...Array(Math.max(0, zeros)).fill("0"), ...right]
      .map((group) => parseInt(group, 16));
    if (groups.length !== 8 || groups.some(Number.isNaN)) return address;
    const mapped = this.#groups(groups).map((group) => group.toString(16));
    const spelt = (list: readonly string[], from: number) =>
      list.map((group, i) => respelt(group, mapped[from + i]!.padStart(group.length, "0"))).join(
        ":",
      );
    if (tail === undefined) return spelt(left, 0);
    return `${spelt(left, 0)}::${spelt(right, 8 - right.length)}`;
  }

  /** The next free number that fits; the same one each time, and no number twice. */
  #mapped(
    context: string,
    from: number,
    { most, fits }: { readonly most: number; readonly fits: (to: number) => boolean },
  ): number {
    let map = this.#maps.get(context);
    if (!map) this.#maps.set(context, map = new Map());
    let to = map.get(from);
    if (to !== undefined) return to;
    const taken = new Set(map.values());
    const free = (avoid: boolean) => {
      for (let n = 0; n <= most; n++) {
        if (fits(n) && !taken.has(n) && !(avoid && n === from)) return n;
      }
    };
    to = free(true) ?? free(false) ?? from;
    map.set(from, to);
    return to;
  }
}

/** In the case and with the separators of the one that it stands in for. */
function respelt(like: string, hex: string): string {
  let at = 0;
  const upper = /[A-F]/.test(like);
  const text = upper ? hex.toUpperCase() : hex;
  return like.replace(/[0-9a-f]/gi, () => text[at++]!);
}
