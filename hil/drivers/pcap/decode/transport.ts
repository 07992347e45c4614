/** UDP (RFC 768) and TCP (RFC 9293, section 3.1). */

export interface UdpDatagram {
  readonly type: "udp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

export interface TcpSegment {
  readonly type: "tcp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly payload: Uint8Array;
}

const FLAG = { FIN: 1, SYN: 2, RST: 4, ACK: 16 } as const;

/** Undefined when its header is not whole. */
export function decodeUdp(bytes: Uint8Array): UdpDatagram | undefined {
  if (bytes.length < 8) return undefined;
  // 0: a jumbogram, whose length only IP knows.
  const length = word(bytes, 4) || bytes.length;
  if (length < 8) return undefined;
  return {
    type: "udp",
    sourcePort: word(bytes, 0),
    destinationPort: word(bytes, 2),
    payload: bytes.subarray(8, length),
  };
}

/** Undefined when its header is not whole. */
export function decodeTcp(bytes: Uint8Array): TcpSegment | undefined {
  if (bytes.length < 20) return undefined;
  const header = (bytes[12]! >> 4) * 4;
  if (header < 20 || bytes.length < header) return undefined;
  const flags = bytes[13]!;
  return {
    type: "tcp",
    sourcePort: word(bytes, 0),
    destinationPort: word(bytes, 2),
    sequence: word(bytes, 4) * 0x10000 + word(bytes, 6),
    acknowledgement: word(bytes, 8) * 0x10000 + word(bytes, 10),
    syn: (flags & FLAG.SYN) !== 0,
    ack: (flags & FLAG.ACK) !== 0,
    fin: (flags & FLAG.FIN) !== 0,
    rst: (flags & FLAG.RST) !== 0,
    payload: bytes.subarray(header),
  };
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}
