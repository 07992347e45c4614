/** A TFTP server with a clock that is moved by hand, and a client written on its own. */
import {
  formatPacket,
  MemoryRoot,
  type Packet,
  parsePacket,
  TFTP_PORT,
  type TftpEvent,
  type TftpRoot,
  TftpServer,
} from "./mod.ts";

export interface Sent {
  readonly packet: Packet;
  readonly to: { readonly address: string; readonly port: number };
  readonly port: number;
}

export const CLIENT = { address: "198.51.100.2", port: 1234 };

export class Lab {
  readonly events: TftpEvent[] = [];
  readonly open = new Set<number>();
  server: TftpServer;
  now = 0;
  #sent: Sent[] = [];
  #port = 49152;

  constructor(readonly root: TftpRoot = new MemoryRoot(), limits: { transfers?: number } = {}) {
    this.server = this.start(limits);
  }

  /** A new server in place of the old one, as after a restore. */
  start(limits: { transfers?: number } = {}): TftpServer {
    return this.server = new TftpServer({
      root: this.root,
      largest: 100_000,
      ...limits,
      transport: {
        now: () => this.now,
        openPort: () => {
          this.open.add(++this.#port);
          return this.#port;
        },
        closePort: (port) => void this.open.delete(port),
        send: (bytes, route) => void this.#sent.push({ packet: parsePacket(bytes)!, ...route }),
        wakeChanged: () => {},
      },
      onEvent: (event) => this.events.push(event),
    });
  }

  /** What the server has sent since this was asked last. */
  sent(): Sent[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  give(packet: Packet, port: number = TFTP_PORT, from = CLIENT): Packet[] {
    this.server.receive(formatPacket(packet), { from, port });
    return this.sent().map(({ packet }) => packet);
  }

  request(type: "RRQ" | "WRQ", file: string, options: Record<string, string> = {}): Sent[] {
    this.server.receive(
      formatPacket({ type, file, mode: "octet", options: new Map(Object.entries(options)) }),
      { from: CLIENT, port: TFTP_PORT },
    );
    return this.sent();
  }

  ack(block: number, port: number = this.port): Packet[] {
    return this.give({ type: "ACK", block }, port);
  }

  data(block: number, data: Uint8Array, port: number = this.port): Packet[] {
    return this.give({ type: "DATA", block, data }, port);
  }

  /** Of the transfer that is under way. */
  get port(): number {
    return [...this.open].at(-1) ?? this.#port;
  }

  /** Moves the clock to when the server wants to be woken. */
  wake(): Packet[] {
    this.now = this.server.nextAt!;
    this.server.wake();
    return this.sent().map(({ packet }) => packet);
  }

  /**
   * Reads a file as a client that loses packets does: `loses` is asked for each packet of either
   * direction. Lock-step, or in windows if it asks for them.
   */
  read(file: string, options: Record<string, string>, loses: () => boolean): Uint8Array {
    const blockSize = Number(options["blksize"] ?? 512);
    const window = Number(options["windowsize"] ?? 1);
    const content: number[] = [];
    let [block, inWindow] = [0, 0];
    let packets = this.request("RRQ", file, options);
    while (true) {
      if (packets.length === 0) {
        this.wake2();
        packets = this.sent();
        if (packets.length === 0) throw new Error("the server gave up");
      }
      const { packet, port } = packets.shift()!;
      if (loses()) continue;
      if (packet.type === "ERROR") throw new Error(packet.message);
      const isNext = packet.type === "DATA" && packet.block === ((block + 1) & 0xffff);
      if (isNext) {
        content.push(...packet.data);
        block++;
        inWindow++;
      }
      const isLast = isNext && packet.data.length < blockSize;
      if (isNext && !isLast && inWindow < window) continue;
      inWindow = 0;
      if (!loses() || isLast) {
        const ack = formatPacket({ type: "ACK", block: block & 0xffff });
        this.server.receive(ack, { from: CLIENT, port });
        packets.push(...this.sent());
      }
      if (isLast) return new Uint8Array(content);
    }
  }

  private wake2(): void {
    this.now = this.server.nextAt ?? this.now;
    this.server.wake();
  }
}

/** So many bytes, each one telling where it is. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >>> 8)) & 0xff);
}
