/**
 * One packet of a CPPI 3.0 queue: descriptors are walked, data is gathered or scattered, and what the
 * port writes is written back (AM335x TRM SPRUH73, section 14.3.2.4.1).
 */
import type { Descriptors, DmaMemory } from "./cppi_ram.ts";

export const FLAG = {
  SOP: 1 << 31,
  EOP: 1 << 30,
  OWNER: 1 << 29,
  EOQ: 1 << 28,
  TEARDOWN: 1 << 27,
  PASS_CRC: 1 << 26,
  LONG: 1 << 25,
  SHORT: 1 << 24,
  CONTROL: 1 << 23,
  OVERRUN: 1 << 22,
  CRC_ERROR: 1 << 20,
  VLAN_ENCAP: 1 << 19,
  TO_PORT_EN: 1 << 20,
} as const;

/** DMASTATUS: what a program has done wrong. The numbers are the manual's. */
export const TX_ERROR = {
  NO_SOP: 1,
  NOT_OWNED: 2,
  NO_NEXT: 3,
  ZERO_BUFFER: 4,
  ZERO_LENGTH: 5,
  PACKET_LENGTH: 6,
} as const;
export const RX_ERROR = {
  NOT_OWNED: 2,
  ZERO_BUFFER: 4,
  ZERO_LENGTH: 5,
  OFFSET: 6,
} as const;

/** A host error: the channel has to be reset. */
export class HostError extends Error {
  override readonly name = "HostError";
  constructor(readonly code: number, descriptor: number, why: string) {
    super(`descriptor 0x${descriptor.toString(16)}: ${why}`);
  }
}

export interface TxPacket {
  readonly data: Uint8Array;
  /** Word 3 of its first descriptor. */
  readonly flags: number;
  readonly first: number;
  readonly last: number;
}

export interface RxBuffers {
  readonly descriptors: readonly number[];
  /** The queue ended before the packet did. */
  readonly overrun: boolean;
}

/** Longer chains are a loop: a packet has at most 2047 bytes, one a descriptor. */
const MOST_DESCRIPTORS = 2048;

/** Word 2 of a descriptor is its offset and length. */
const LENGTH = 0xffff;
const RX_LENGTH = 0x7ff;
const PACKET_LENGTH = 0x7ff;

export class PacketQueue {
  constructor(private readonly descriptors: Descriptors, private readonly memory: DmaMemory) {}

  next(descriptor: number): number {
    return this.descriptors.word(descriptor);
  }

  flags(descriptor: number): number {
    return this.descriptors.word(descriptor + 12);
  }

  setFlags(descriptor: number, set: number, clear = 0): void {
    const flags = (this.flags(descriptor) & ~clear) | set;
    this.descriptors.setWord(descriptor + 12, flags >>> 0);
  }

  /** @throws HostError */
  gather(first: number): TxPacket {
    const flags = this.flags(first);
    if (!(flags & FLAG.SOP)) throw new HostError(TX_ERROR.NO_SOP, first, "it has no SOP");
    if (!(flags & FLAG.OWNER)) {
      throw new HostError(TX_ERROR.NOT_OWNED, first, "the port does not own it");
    }
    const data = new Uint8Array(flags & PACKET_LENGTH);
    let filled = 0;
    let descriptor = first;
    for (let n = 0; n < MOST_DESCRIPTORS; n++) {
      const part = this.#part(descriptor, descriptor === first);
      data.set(part.subarray(0, data.length - filled), filled);
      filled = Math.min(filled + part.length, data.length);
      if (this.flags(descriptor) & FLAG.EOP) {
        if (filled === data.length) return { data, flags, first, last: descriptor };
        throw new HostError(TX_ERROR.PACKET_LENGTH, first, "its buffers are shorter than it");
      }
      descriptor = this.next(descriptor);
      if (descriptor === 0) break;
    }
    throw new HostError(TX_ERROR.NO_NEXT, first, "its queue ends before its EOP");
  }

  #part(descriptor: number, isFirst: boolean): Uint8Array {
    const buffer = this.descriptors.word(descriptor + 4);
    const word = this.descriptors.word(descriptor + 8);
    const length = word & LENGTH;
    if (buffer === 0) throw new HostError(TX_ERROR.ZERO_BUFFER, descriptor, "it has no buffer");
    if (length === 0) throw new HostError(TX_ERROR.ZERO_LENGTH, descriptor, "its length is 0");
    try {
      return this.memory.read(buffer + (isFirst ? word >>> 16 : 0), length);
    } catch (error) {
      throw new HostError(TX_ERROR.ZERO_BUFFER, descriptor, `${(error as Error).message}`);
    }
  }

  /**
   * Puts a packet into free buffers from `first` on, and writes lengths back.
   *
   * @throws HostError
   */
  scatter(
    packet: Uint8Array,
    first: number,
    options: { readonly offset: number; readonly keepLengths: boolean },
  ): RxBuffers {
    const used: number[] = [];
    let written = 0;
    let descriptor = first;
    while (descriptor !== 0 && written < packet.length && used.length < MOST_DESCRIPTORS) {
      const offset = descriptor === first ? options.offset : 0;
      const room = this.#room(descriptor, { offset, isFirst: descriptor === first });
      const part = packet.subarray(written, written + room);
      this.#put(descriptor, part, offset);
      // Section 14.3.2.4.1.2.3: lengths are written where they are not the whole buffer's.
      if (!options.keepLengths) {
        this.descriptors.setWord(descriptor + 8, ((offset << 16) | part.length) >>> 0);
      }
      used.push(descriptor);
      written += part.length;
      descriptor = this.next(descriptor);
    }
    return { descriptors: used, overrun: written < packet.length };
  }

  #room(descriptor: number, { offset, isFirst }: { offset: number; isFirst: boolean }): number {
    if (!(this.flags(descriptor) & FLAG.OWNER)) {
      throw new HostError(RX_ERROR.NOT_OWNED, descriptor, "the port does not own it");
    }
    const length = this.descriptors.word(descriptor + 8) & RX_LENGTH;
    if (isFirst && length <= offset) {
      throw new HostError(RX_ERROR.OFFSET, descriptor, "its length is not above the offset");
    }
    if (length === 0) throw new HostError(RX_ERROR.ZERO_LENGTH, descriptor, "its length is 0");
    return length - offset;
  }

  #put(descriptor: number, part: Uint8Array, offset: number): void {
    const buffer = this.descriptors.word(descriptor + 4);
    if (buffer === 0) throw new HostError(RX_ERROR.ZERO_BUFFER, descriptor, "it has no buffer");
    try {
      this.memory.write(buffer + offset, part);
    } catch (error) {
      throw new HostError(RX_ERROR.ZERO_BUFFER, descriptor, `${(error as Error).message}`);
    }
  }
}
