/** Which addresses the sites of a scenario get: the same on every target. */
import { ADDRESSES, type SiteOptions } from "./port.ts";

export interface SiteAddresses {
  /** Its own; behind NAT those inside. */
  readonly addresses: readonly string[];
  /** What the PBX sees: behind NAT the router's. */
  readonly seenAs: readonly string[];
}

export class AddressPlan {
  /** How many were given, by the first of each range. */
  readonly #given = new Map<string, number>();
  readonly #sites = new Set<string>();

  /**
   * @throws Error when there is a site of that name
   * @throws RangeError when NAT and IPv6 are asked for together, or addresses have run out
   */
  site(name: string, options: SiteOptions = {}): SiteAddresses {
    if (this.#sites.has(name)) {
      throw new Error(`Cannot make site "${name}": there is one; give it another name`);
    }
    this.#sites.add(name);
    const { addresses: count = 1, nat, outside, family = 4, address } = options;
    if (nat && family === 6) {
      throw new RangeError(`Cannot make site "${name}": IPv6 needs no NAT; leave one of them out`);
    }
    if (nat) {
      const router = this.#next(ADDRESSES.nat, 8);
      const inside = Array.from({ length: count }, () => this.#next(INSIDE, 200));
      return { addresses: inside, seenAs: inside.map(() => router) };
    }
    const [first4, first6] = outside
      ? [ADDRESSES.outside, ADDRESSES.outside6]
      : [ADDRESSES.phones, ADDRESSES.phones6];
    const first = family === 4 ? first4 : first6;
    const addresses = Array.from(
      { length: count },
      (_, n) => n === 0 && address !== undefined ? address : this.#next(first, 240),
    );
    return { addresses, seenAs: addresses };
  }

  #next(first: string, most: number): string {
    const given = this.#given.get(first) ?? 0;
    if (given >= most) {
      throw new RangeError(
        `Cannot give an address after "${first}": all ${most} are taken; ask for fewer`,
      );
    }
    this.#given.set(first, given + 1);
    const radix = first.includes(":") ? 16 : 10;
    return first.replace(/[0-9a-f]+$/, (last) => (parseInt(last, radix) + given).toString(radix));
  }
}

const INSIDE = "10.77.0.10";
