/**
 * A TFTP server (RFC 1350, 2347, 2348, 2349, 7440) without sockets and without a clock: packets go in,
 * packets and a time to be woken come out. A virtual LAN carries them, or UDP sockets do.
 */
import type { Json } from "hil/trace/mod.ts";
import { fromNetascii, toNetascii } from "./netascii.ts";
import { negotiate } from "./options.ts";
import { ERRORS, formatPacket, type Packet, parsePacket, type RequestPacket } from "./packet.ts";
import { Receiver } from "./receiver.ts";
import { TftpRefusal, type TftpRoot } from "./root.ts";
import { Sender } from "./sender.ts";
import type { Transfer } from "./transfer.ts";

export const TFTP_PORT = 69;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What the server stands on. */
export interface TftpTransport {
  /** Nanoseconds. */
  now(): number;
  /** A port for one transfer (its TID). */
  openPort(): number;
  closePort(port: number): void;
  send(packet: Uint8Array, route: { readonly to: Endpoint; readonly port: number }): void;
  /** {@link TftpServer.nextAt} has changed. */
  wakeChanged(): void;
}

export type TftpEvent =
  & {
    readonly client: Endpoint;
    readonly file: string;
    readonly direction: "read" | "write";
  }
  & (
    | { readonly type: "begun"; readonly options: Readonly<Record<string, string>> }
    | { readonly type: "repeated" }
    | { readonly type: "done"; readonly bytes: number }
    | {
      readonly type: "failed";
      readonly bytes: number;
      readonly code: number;
      readonly message: string;
    }
  );

export interface TftpServerOptions {
  readonly root: TftpRoot;
  readonly transport: TftpTransport;
  /** Bytes of the largest file that a client may write. Default: 64 MiB. */
  readonly largest?: number;
  /** Transfers at a time. Default: 64. */
  readonly transfers?: number;
  readonly onEvent?: (event: TftpEvent) => void;
}

interface Session {
  readonly port: number;
  readonly client: Endpoint;
  readonly request: RequestPacket;
  readonly transfer: Transfer;
}

const MODES = ["octet", "netascii"];

export class TftpServer {
  readonly #options: TftpServerOptions;
  readonly #transport: TftpTransport;
  /** By the server's port. */
  readonly #sessions = new Map<number, Session>();
  #dropped = 0;

  constructor(options: TftpServerOptions) {
    this.#options = options;
    this.#transport = options.transport;
  }

  /** Packets that were no TFTP, or none that a server takes. */
  get dropped(): number {
    return this.#dropped;
  }

  get transfers(): number {
    return this.#sessions.size;
  }

  /** When {@link wake} has to be called; undefined: not at all. */
  get nextAt(): number | undefined {
    let next: number | undefined;
    for (const { transfer } of this.#sessions.values()) {
      if (next === undefined || transfer.deadline < next) next = transfer.deadline;
    }
    return next;
  }

  /** @param port the server's own, that the packet came to */
  receive(bytes: Uint8Array, route: { readonly from: Endpoint; readonly port: number }): void {
    const packet = parsePacket(bytes);
    const { from, port } = route;
    if (!packet) this.#dropped++;
    else if (port !== TFTP_PORT) this.#continue(packet, from, port);
    else if (packet.type === "RRQ" || packet.type === "WRQ") this.#begin(packet, from);
    else this.#dropped++;
  }

  /** Repeats what is due. */
  wake(): void {
    for (const session of [...this.#sessions.values()]) {
      if (session.transfer.deadline > this.#transport.now()) continue;
      session.transfer.timeout();
      this.#after(session);
    }
    this.#transport.wakeChanged();
  }

  #continue(packet: Packet, from: Endpoint, port: number): void {
    const session = this.#sessions.get(port);
    if (!session || !same(session.client, from)) {
      // RFC 1350, section 4: who comes to a transfer that is not his gets an error; the transfer goes on.
      if (packet.type === "ERROR") return;
      return this.#send(
        { type: "ERROR", code: ERRORS.UNKNOWN_TRANSFER_ID, message: "Unknown transfer ID" },
        from,
        port,
      );
    }
    session.transfer.receive(packet);
    this.#after(session);
    this.#transport.wakeChanged();
  }

  #begin(request: RequestPacket, client: Endpoint): void {
    for (const session of this.#sessions.values()) {
      if (!same(session.client, client)) continue;
      // It has not heard yet what it was answered: that is repeated in time.
      if (!session.transfer.hasBegun && sameRequest(session.request, request)) return;
      // It has started anew and happens to use the port that it used before.
      this.#abandon(session);
    }
    const port = this.#transport.openPort();
    try {
      const session = this.#session(request, client, port);
      this.#sessions.set(port, session);
      this.#tell(session, {
        type: "begun",
        options: Object.fromEntries(request.options),
      });
      session.transfer.begin();
      this.#after(session);
    } catch (error) {
      if (!(error instanceof TftpRefusal)) throw error;
      const { code, message } = error;
      this.#send({ type: "ERROR", code, message }, client, port);
      this.#transport.closePort(port);
      this.#tell({ client, request }, { type: "failed", bytes: 0, code, message });
    }
    this.#transport.wakeChanged();
  }

  /** @throws TftpRefusal */
  #session(request: RequestPacket, client: Endpoint, port: number): Session {
    const most = this.#options.transfers ?? 64;
    if (this.#sessions.size >= most) {
      throw new TftpRefusal(ERRORS.NOT_DEFINED, `Busy: ${most} transfers are under way`);
    }
    if (!MODES.includes(request.mode)) {
      throw new TftpRefusal(ERRORS.ILLEGAL_OPERATION, `Mode "${request.mode}" is not known here`);
    }
    const about = { client, request };
    const line = {
      now: () => this.#transport.now(),
      send: (packet: Packet) => this.#send(packet, client, port),
      repeated: () => this.#tell(about, { type: "repeated" }),
    };
    return { port, ...about, transfer: this.#transfer(request, line) };
  }

  #transfer(request: RequestPacket, line: ConstructorParameters<typeof Sender>[1]): Transfer {
    const { root, largest = 64 * 2 ** 20 } = this.#options;
    const isText = request.mode === "netascii";
    if (request.type === "RRQ") {
      const content = root.read(request.file);
      const sent = isText ? toNetascii(content) : content;
      return new Sender(negotiate(request, sent.length), line, sent);
    }
    root.mayWrite(request.file);
    const settings = negotiate(request, undefined);
    if ((settings.announcedSize ?? 0) > largest) {
      throw new TftpRefusal(ERRORS.DISK_FULL, `Disk full: more than ${largest} bytes`);
    }
    const store = (content: Uint8Array) =>
      root.write(request.file, isText ? fromNetascii(content) : content);
    return new Receiver(settings, line, { largest, store });
  }

  #abandon(session: Session): void {
    this.#forget(session);
    const { bytes } = session.transfer;
    const message = "The client has asked anew";
    this.#tell(session, { type: "failed", bytes, code: ERRORS.NOT_DEFINED, message });
  }

  #forget({ port }: Session): void {
    this.#sessions.delete(port);
    this.#transport.closePort(port);
  }

  #after(session: Session): void {
    const { transfer } = session;
    if (!transfer.ended) return;
    this.#forget(session);
    const { bytes, error } = transfer;
    if (error) {
      this.#tell(session, { type: "failed", bytes, code: error.code, message: error.message });
    } else this.#tell(session, { type: "done", bytes });
  }

  #send(packet: Packet, to: Endpoint, port: number): void {
    this.#transport.send(formatPacket(packet), { to, port });
  }

  #tell(about: { client: Endpoint; request: RequestPacket }, what: EventBody): void {
    const { client, request: { file, type } } = about;
    const direction = type === "RRQ" ? "read" : "write";
    this.#options.onEvent?.({ client, file, direction, ...what });
  }

  /** Contents of files that are read are not in it: the same root is expected when it is loaded. */
  save(): Json {
    return {
      dropped: this.#dropped,
      sessions: [...this.#sessions.values()].map(({ port, client, request, transfer }) => ({
        port,
        client: { ...client },
        request: { ...request, options: [...request.options] },
        transfer: transfer.save(),
      })),
    };
  }

  /** @throws TftpRefusal when a file that is being read is gone */
  load(state: Json): void {
    const saved = state as unknown as { dropped: number; sessions: SavedSession[] };
    this.#dropped = saved.dropped;
    this.#sessions.clear();
    for (const { port, client, request, transfer } of saved.sessions) {
      const whole = { ...request, options: new Map(request.options) };
      const session = this.#session(whole, client, port);
      session.transfer.load(transfer);
      this.#sessions.set(port, session);
    }
  }
}

type EventBody = TftpEvent extends infer Event
  ? Event extends TftpEvent ? Omit<Event, "client" | "file" | "direction"> : never
  : never;

interface SavedSession {
  readonly port: number;
  readonly client: Endpoint;
  readonly request: Omit<RequestPacket, "options"> & { options: [string, string][] };
  readonly transfer: Json;
}

function same(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

function sameRequest(a: RequestPacket, b: RequestPacket): boolean {
  return a.type === b.type && a.file === b.file;
}
