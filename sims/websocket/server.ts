/**
 * A WebSocket server over Deno's TCP and TLS listeners (RFC 6455, RFC 7692): what a peer may cost is
 * bounded from its first octet on.
 *
 * @example
 * ```ts ignore
 * import { serveWebSocket } from "sims/websocket/mod.ts";
 *
 * for await (const socket of serveWebSocket({ port: 9001 })) {
 *   socket.serve((message) => socket.send(message));
 * }
 * ```
 */
import { randomSeed } from "hil/time/chance.ts";
import { type Duration, ms, pause, seconds, withLimit } from "hil/time/mod.ts";
import { HandshakeError, type HandshakeRequest, type Head } from "./core/mod.ts";
import { accept, checkRequest, Connection, HeadReader, refusal } from "./core/mod.ts";
import { DEFAULT_LIMITS, type DeflateWishes, type Limits, SendMemory } from "./core/mod.ts";
import { Arrivals } from "./_arrivals.ts";
import { HOST_TIME, type SocketLimits, type Time } from "./limits.ts";
import { Socket, type SocketOptions } from "./socket.ts";

export interface ServeOptions {
  /** Default 0: one that is free. */
  readonly port?: number;
  /** Listens already, perhaps in another network namespace; in place of port, hostname and tls. */
  readonly listener?: Deno.Listener;
  /** Default: all addresses. */
  readonly hostname?: string;
  /** PEM; with it the server speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Sub-protocols that it speaks; of these the client's favourite is taken. */
  readonly protocols?: readonly string[];
  /**
   * Whether a handshake is granted: the place to check where a page comes from (`request.origin`,
   * RFC 6455, section 10.2) or who asks. False is 403; a {@link HandshakeError} is its own answer.
   */
  readonly allow?: (
    request: HandshakeRequest,
    remote: Deno.NetAddr,
  ) => boolean | Promise<boolean>;
  /** permessage-deflate; default: not spoken. */
  readonly deflate?: DeflateWishes;
  /** Messages shorter than this are sent as they are; default 1024. */
  readonly compressFromBytes?: number;
  readonly limits?: Partial<Limits> & SocketLimits & {
    /** A handshake must be done by then, TLS and all. Default 10 s. */
    readonly handshakeLimit?: Duration;
    /** Open connections; one more is answered 503. Default 16,384. */
    readonly maxConnections?: number;
    /** Handshakes under way; one more is hung up on. Default 1024. */
    readonly maxHandshakes?: number;
  };
  /** Of the limits of open connections; default: the host's. */
  readonly time?: Time;
  /** Told of every handshake that failed, and why. */
  readonly onRefused?: (error: Error, remote: Deno.NetAddr) => void;
}

/** A socket, and what its client asked for. */
export class ServerSocket extends Socket {
  readonly request: HandshakeRequest;
  readonly remote: Deno.NetAddr;
  /** The sub-protocol that is spoken. */
  readonly protocol: string | undefined;

  constructor(
    options: SocketOptions,
    { request, remote, protocol }: Pick<ServerSocket, "request" | "remote" | "protocol">,
  ) {
    super(options);
    this.request = request;
    this.remote = remote;
    this.protocol = protocol;
  }
}

const SWEEP = ms(250);
const DEFAULTS = { handshakeLimit: seconds(10), maxConnections: 16_384, maxHandshakes: 1024 };

/**
 * Listens at once, and gives the sockets whose handshake is done.
 *
 * @throws Error of `Deno.listen`: the port is taken
 */
export function serveWebSocket(options: ServeOptions): WebSocketServer {
  return new WebSocketServer(options);
}

export class WebSocketServer implements AsyncIterable<ServerSocket> {
  readonly #options: ServeOptions;
  readonly #limits: NonNullable<ServeOptions["limits"]> & Limits & typeof DEFAULTS;
  readonly #listener: Deno.Listener;
  readonly #sockets = new Set<ServerSocket>();
  readonly #handshakes = new Set<Deno.Conn>();
  readonly #arrivals = new Arrivals<ServerSocket>();
  readonly #memory = new SendMemory();
  readonly #endSweep: () => void;
  #down = false;

  constructor(options: ServeOptions) {
    this.#options = options;
    this.#limits = {
      ...DEFAULT_LIMITS,
      ...DEFAULTS,
      ...options.limits,
    };
    const { port = 0, hostname, tls, listener } = options;
    const where = { port, ...(hostname !== undefined && { hostname }) };
    this.#listener = listener ??
      (tls ? Deno.listenTls({ ...where, ...tls }) : Deno.listen(where));
    const time = options.time ?? HOST_TIME;
    this.#endSweep = time.every(SWEEP, () => {
      const now = time.now();
      for (const socket of this.#sockets) socket.tick(now);
    });
    this.#acceptAll();
  }

  /** Where it listens. */
  get address(): Deno.NetAddr {
    return this.#listener.addr as Deno.NetAddr;
  }

  /** The address as clients write it. */
  get url(): string {
    const { hostname, port } = this.address;
    const host = hostname === "0.0.0.0" || hostname === "::" ? "localhost" : hostname;
    return `${this.#options.tls ? "wss" : "ws"}://${
      host.includes(":") ? `[${host}]` : host
    }:${port}`;
  }

  /** Sockets that are open. */
  get sockets(): ReadonlySet<ServerSocket> {
    return this.#sockets;
  }

  [Symbol.asyncIterator](): AsyncIterator<ServerSocket> {
    return {
      next: () => this.#arrivals.next(),
      return: async () => {
        await this.shutdown();
        return { done: true, value: undefined };
      },
    };
  }

  /**
   * Takes no more connections, tells all that it goes away (1001), and waits for them; whoever is
   * there after `limit` is cut off. Default 5 s.
   */
  async shutdown(limit: Duration = seconds(5)): Promise<void> {
    if (!this.#down) {
      this.#down = true;
      this.#listener.close();
      for (const conn of this.#handshakes) hangUp(conn);
      this.#arrivals.end();
    }
    const all = Promise.all([...this.#sockets].map((socket) => socket.close(1001)));
    await withLimit<unknown>(all, limit, () => {
      for (const socket of this.#sockets) socket.abort();
    });
    this.#endSweep();
  }

  async #acceptAll(): Promise<void> {
    while (!this.#down) {
      try {
        const conn = await this.#listener.accept();
        if (this.#handshakes.size >= this.#limits.maxHandshakes) hangUp(conn);
        else this.#greet(conn);
      } catch {
        // Out of file descriptors, or the client was gone: others may come, once some have left.
        if (!this.#down) await pause(ms(10));
      }
    }
  }

  async #greet(conn: Deno.Conn): Promise<void> {
    const remote = conn.remoteAddr as Deno.NetAddr;
    this.#handshakes.add(conn);
    if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
    try {
      const limit = this.#limits.handshakeLimit;
      const socket = await withLimit(this.#shakeHands(conn, remote), limit, () => {
        throw new HandshakeError(`The handshake took more than ${limit}`, 408, "RFC 9110, 15.5.9");
      });
      this.#sockets.add(socket);
      socket.whenEnded(() => this.#sockets.delete(socket));
      if (this.#down) socket.close(1001);
      else this.#arrivals.put(socket);
    } catch (error) {
      this.#options.onRefused?.(error as Error, remote);
      await refuse(conn, error as Error);
    } finally {
      this.#handshakes.delete(conn);
    }
  }

  /** @throws HandshakeError, or what the connection throws */
  async #shakeHands(conn: Deno.Conn, remote: Deno.NetAddr): Promise<ServerSocket> {
    const head = await readHead(conn, this.#limits);
    const request = checkRequest(head);
    if (this.#sockets.size + 1 > this.#limits.maxConnections) {
      throw new HandshakeError("The server has no room", 503, "RFC 9110, 15.6.4");
    }
    const { allow, protocols = [], deflate, compressFromBytes, time } = this.#options;
    if (allow && !await allow(request, remote)) {
      throw new HandshakeError("The server does not want it", 403, "RFC 6455, 4.2.2");
    }
    const protocol = request.protocols.find((name) => protocols.includes(name));
    const answer = accept(request, { protocol, deflate });
    await writeAll(conn, answer.response);
    const limits = this.#limits;
    const connection = new Connection({
      ...{ role: "server", limits, compressFromBytes, deflate: answer.deflate },
      ...{ maskKey: randomSeed, memory: this.#memory },
    });
    return new ServerSocket(
      { wire: conn, connection, role: "server", limits, time, rest: head.rest },
      { request, remote, protocol },
    );
  }
}

/** @throws HandshakeError */
export async function readHead(wire: Pick<Deno.Conn, "read">, limits: Limits): Promise<Head> {
  const reader = new HeadReader(limits);
  const buffer = new Uint8Array(1024);
  for (;;) {
    const count = await wire.read(buffer);
    if (count === null) {
      throw new HandshakeError("The connection ended within the head", 400, "RFC 9112, section 8");
    }
    const head = reader.push(buffer.subarray(0, count));
    if (head) return { ...head, rest: head.rest.slice() };
  }
}

export async function writeAll(wire: Pick<Deno.Conn, "write">, bytes: Uint8Array): Promise<void> {
  for (let left = bytes; left.length > 0;) left = left.subarray(await wire.write(left));
}

const REFUSAL_LIMIT = seconds(2);
const REFUSAL_READS = 64;

/** Says why, and reads on a little, so that the answer is not lost by a reset. */
async function refuse(conn: Deno.Conn, error: Error): Promise<void> {
  const answer = async () => {
    if (error instanceof HandshakeError) await writeAll(conn, refusal(error));
    await conn.closeWrite();
    const buffer = new Uint8Array(4096);
    for (let i = 0; i < REFUSAL_READS && await conn.read(buffer) !== null; i++);
  };
  await withLimit(answer().catch(() => {}), REFUSAL_LIMIT, () => {});
  hangUp(conn);
}

function hangUp(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch { /* It was closed by what went wrong. */ }
}
