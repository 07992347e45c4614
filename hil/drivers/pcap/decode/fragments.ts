/**
 * IP packets whole again from their fragments. As Linux does it: one fragment that overlaps another
 * costs the packet (RFC 5722, section 4), an exact repeat is nothing. Memory is bounded.
 */
import { type IpPacket, skipInner } from "./ip.ts";

export interface FragmentLimits {
  /** Packets of which a part is there; past it the oldest is given up. Default: 256. */
  readonly packets?: number;
  /** Bytes in all. Default: 4 MiB. */
  readonly bytes?: number;
  /** How long a packet's fragments may take (RFC 791 and 8200: 60 s at most). Default: 30. */
  readonly seconds?: number;
}

interface Partial {
  readonly key: string;
  readonly since: number;
  readonly parts: { readonly offset: number; readonly bytes: Uint8Array; protocol: number }[];
  bytes: number;
  /** Of the whole, when the last fragment has come. */
  total: number | undefined;
  /** An overlap was seen: its other fragments are for nothing too. */
  spoilt: boolean;
}

const LARGEST = 65_535;
/** The smallest links (RFC 791: 576 bytes) make half as many; more are an attack on assemblers. */
const MOST_PARTS = 256;

export class FragmentAssembler {
  readonly #partials = new Map<string, Partial>();
  readonly #limits: Required<FragmentLimits>;
  #bytes = 0;

  constructor({ packets = 256, bytes = 4 * 2 ** 20, seconds = 30 }: FragmentLimits = {}) {
    this.#limits = { packets, bytes, seconds };
  }

  /** Bytes of unfinished packets. */
  get held(): number {
    return this.#bytes;
  }

  /**
   * The packet itself when it is whole, the whole one when this was the last that it lacked, else
   * undefined.
   *
   * @param seconds the capture's time
   */
  push(packet: IpPacket, seconds: number): IpPacket | undefined {
    if (!packet.fragment) return packet;
    this.#forgetOld(seconds);
    const { offset, more } = packet.fragment;
    const { payload } = packet;
    const isSane = !packet.cut && offset + payload.length <= LARGEST && payload.length > 0 &&
      (!more || payload.length % 8 === 0);
    if (!isSane) return undefined;
    const partial = this.#partialOf(packet, seconds);
    if (partial.spoilt) return undefined;
    if (!this.#insert(partial, packet)) return undefined;
    if (partial.total === undefined || partial.bytes < partial.total) {
      this.#makeRoom();
      return undefined;
    }
    this.#forget(partial);
    return wholeOf(packet, partial);
  }

  #partialOf(packet: IpPacket, seconds: number): Partial {
    const { version, source, destination, protocol, fragment } = packet;
    // IPv6 tells packets apart by their identification alone: the first fragment has another next
    // header than the rest where headers follow.
    const by = version === 4 ? protocol : "";
    const key = `${source.join()}>${destination.join()} ${by} ${fragment!.id}`;
    let partial = this.#partials.get(key);
    if (!partial) {
      partial = { key, since: seconds, parts: [], bytes: 0, total: undefined, spoilt: false };
      this.#partials.set(key, partial);
    }
    return partial;
  }

  /** False when nothing new came. */
  #insert(partial: Partial, packet: IpPacket): boolean {
    const { offset, more } = packet.fragment!;
    const bytes = packet.payload;
    const end = offset + bytes.length;
    const { parts } = partial;
    if (parts.some((part) => part.offset === offset && part.bytes.length === bytes.length)) {
      return false;
    }
    const overlaps = parts.some((part) =>
      offset < part.offset + part.bytes.length && part.offset < end
    );
    const last = parts.reduce((far, part) => Math.max(far, part.offset + part.bytes.length), 0);
    const isBeyond = more ? end > (partial.total ?? Infinity) : last > end;
    const isSecondLast = !more && partial.total !== undefined;
    if (overlaps || isBeyond || isSecondLast || parts.length === MOST_PARTS) {
      this.#spoil(partial);
      return false;
    }
    if (!more) partial.total = end;
    // A copy: a capture gives its buffer again.
    parts.push({ offset, bytes: bytes.slice(), protocol: packet.protocol });
    partial.bytes += bytes.length;
    this.#bytes += bytes.length;
    return true;
  }

  #spoil(partial: Partial): void {
    this.#bytes -= partial.bytes;
    partial.parts.length = 0;
    partial.bytes = 0;
    partial.spoilt = true;
  }

  #forgetOld(seconds: number): void {
    // Oldest first, as a map keeps them.
    for (const partial of this.#partials.values()) {
      if (seconds - partial.since <= this.#limits.seconds) return;
      this.#forget(partial);
    }
  }

  #makeRoom(): void {
    for (const partial of this.#partials.values()) {
      if (this.#partials.size <= this.#limits.packets && this.#bytes <= this.#limits.bytes) return;
      this.#forget(partial);
    }
  }

  #forget(partial: Partial): void {
    this.#partials.delete(partial.key);
    this.#bytes -= partial.bytes;
  }
}

function wholeOf(packet: IpPacket, { parts, total }: Partial): IpPacket | undefined {
  const bytes = new Uint8Array(total!);
  let protocol = packet.protocol;
  for (const part of parts) {
    bytes.set(part.bytes, part.offset);
    if (part.offset === 0) protocol = part.protocol;
  }
  const inner = packet.version === 6 ? skipInner(protocol, bytes) : { protocol, payload: bytes };
  if (!inner) return undefined;
  const { version, source, destination } = packet;
  return { version, source, destination, ...inner, cut: false };
}
