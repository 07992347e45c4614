/** A packet as a capture has it, live or from a file. */

/** The link types of the captures that are decoded (https://www.tcpdump.org/linktypes.html). */
export const LINK = { EN10MB: 1, RAW: 101, LINUX_SLL: 113, LINUX_SLL2: 276 } as const;

export interface CapturedPacket {
  /** One of {@link LINK}, or another number of that list. */
  readonly linkType: number;
  /** Calendar time: whole seconds since 1970, and what is beyond them. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Its beginning, as much as was kept. */
  readonly bytes: Uint8Array;
  /** On the wire. */
  readonly length: number;
  /** Where a file says so. */
  readonly interface?: string;
  readonly comment?: string;
}

/** The number that files use; libpcap has two others for packets that begin with their IP header. */
export function linkTypeOf(dataLink: number): number {
  return dataLink === 12 || dataLink === 14 ? LINK.RAW : dataLink;
}
