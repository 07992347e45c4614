/** Entries of the ALE's table: 72 bits in three words (AM335x TRM SPRUH73, section 14.3.2.7.1). */

/** Bits of word 1: the entry's type and the state of an address lie above its upper 16 bits. */
export const ENTRY_TYPE = { FREE: 0, ADDRESS: 1, VLAN: 2, VLAN_ADDRESS: 3 } as const;
export const UNICAST_TYPE = { PERMANENT: 0, UNTOUCHED: 1, OUI: 2, TOUCHED: 3 } as const;

const TYPE_SHIFT = 28;
const STATE_SHIFT = 30;

/** One entry, seen in place. */
export class AleEntry {
  constructor(private readonly words: Uint32Array, readonly index: number) {}

  get #low(): number {
    return this.words[3 * this.index]!;
  }

  get #middle(): number {
    return this.words[3 * this.index + 1]!;
  }

  get #high(): number {
    return this.words[3 * this.index + 2]!;
  }

  get type(): number {
    return (this.#middle >>> TYPE_SHIFT) & 3;
  }

  get isAddress(): boolean {
    return (this.type & ENTRY_TYPE.ADDRESS) !== 0;
  }

  get vid(): number {
    return (this.#middle >>> 16) & 0xfff;
  }

  /** Whether this is an address entry for it; of an OUI entry the upper 24 bits count. */
  hasAddress(high16: number, low32: number): boolean {
    if (!this.isAddress || (this.#middle & 0xffff) !== high16) return false;
    return this.isOui ? this.#low >>> 24 === low32 >>> 24 : this.#low === low32 >>> 0;
  }

  get isMulticast(): boolean {
    return (this.#middle & 0x100) !== 0;
  }

  /** Of a unicast entry its type, of a multicast entry its forward state. */
  get state(): number {
    return this.#middle >>> STATE_SHIFT;
  }

  get isOui(): boolean {
    return !this.isMulticast && this.state === UNICAST_TYPE.OUI;
  }

  get isAgeable(): boolean {
    return this.isAddress && !this.isMulticast && (this.state & 1) !== 0;
  }

  touch(): void {
    this.words[3 * this.index + 1] = (this.#middle | (UNICAST_TYPE.TOUCHED << STATE_SHIFT)) >>> 0;
  }

  untouch(): void {
    const without = this.#middle & ~(UNICAST_TYPE.TOUCHED << STATE_SHIFT);
    this.words[3 * this.index + 1] = (without | (UNICAST_TYPE.UNTOUCHED << STATE_SHIFT)) >>> 0;
  }

  free(): void {
    this.words.fill(0, 3 * this.index, 3 * this.index + 3);
  }

  /** Of a unicast entry. */
  get port(): number {
    return (this.#high >>> 2) & 3;
  }

  set port(port: number) {
    this.words[3 * this.index + 2] = (this.#high & ~0xc) | (port << 2);
  }

  get block(): boolean {
    return (this.#high & 2) !== 0;
  }

  get secure(): boolean {
    return (this.#high & 1) !== 0;
  }

  get isDlr(): boolean {
    return (this.#high & 0x20) !== 0;
  }

  /** A supervisory packet's: such are not dropped by rate, OUI or VLAN. */
  get isSuper(): boolean {
    return this.isMulticast ? (this.#high & 2) !== 0 : this.block && this.secure;
  }

  /** Of a multicast entry. */
  get portMask(): number {
    return (this.#high >>> 2) & 7;
  }

  /** Of a VLAN entry. */
  get vlan(): VlanMasks {
    const low = this.#low;
    return {
      members: low & 7,
      unregisteredFlood: (low >>> 8) & 7,
      registeredFlood: (low >>> 16) & 7,
      untagged: (low >>> 24) & 7,
    };
  }
}

/** Ports as bit masks: bit 0 is the host. */
export interface VlanMasks {
  readonly members: number;
  readonly unregisteredFlood: number;
  readonly registeredFlood: number;
  readonly untagged: number;
}

/** What is learned: an ageable, touched unicast address. */
export function learnedEntry(
  address: { readonly high16: number; readonly low32: number },
  place: { readonly port: number; readonly vid: number | undefined },
): readonly [number, number, number] {
  const { port, vid } = place;
  const type = vid === undefined ? ENTRY_TYPE.ADDRESS : ENTRY_TYPE.VLAN_ADDRESS;
  const state = (UNICAST_TYPE.TOUCHED << STATE_SHIFT) | (type << TYPE_SHIFT);
  const middle = (state | ((vid ?? 0) << 16) | address.high16) >>> 0;
  return [address.low32 >>> 0, middle, port << 2];
}
