/** A WebSocket client over TCP or TLS that keeps to the rules; raw_peer.ts has the one that does not. */
import { randomSeed } from "hil/time/chance.ts";
import { type Duration, ms, seconds, withLimit } from "hil/time/mod.ts";
import { checkResponse, Connection, DEFAULT_LIMITS, type DeflateWishes } from "./core/mod.ts";
import { formatRequest, HandshakeError, type Limits, type RequestOptions } from "./core/mod.ts";
import { readHead, writeAll } from "./server.ts";
import { HOST_TIME, type SocketLimits, type Time } from "./limits.ts";
import { Socket, type SocketOptions } from "./socket.ts";

export interface ConnectOptions {
  readonly protocols?: readonly string[];
  /** Opens the TCP connection: from another network namespace. */
  readonly connect?: (
    to: { readonly hostname: string; readonly port: number },
  ) => Promise<Deno.Conn>;
  readonly origin?: string;
  /** permessage-deflate; default: not offered. */
  readonly deflate?: DeflateWishes;
  readonly compressFromBytes?: number;
  /** More header fields: cookies, authorization. */
  readonly fields?: readonly (readonly [string, string])[];
  /** PEM of who may sign the server's certificate, besides those that Deno trusts. */
  readonly caCerts?: string[];
  readonly limits?: Partial<Limits> & SocketLimits & {
    /** Default 10 s. */
    readonly handshakeLimit?: Duration;
  };
  readonly time?: Time;
}

export class ClientSocket extends Socket {
  /** The sub-protocol that the server took. */
  readonly protocol: string | undefined;

  constructor(options: SocketOptions, protocol: string | undefined) {
    super(options);
    this.protocol = protocol;
  }
}

const SWEEP = ms(250);

/**
 * Connects to `ws://…` or `wss://…`.
 *
 * @throws HandshakeError when the server refuses or breaks the handshake, with its status
 * @throws TypeError when the URL is none of a WebSocket (RFC 6455, section 3)
 */
export function connectWebSocket(url: string, options: ConnectOptions = {}): Promise<ClientSocket> {
  return oneAtATime(URL.parse(url)?.host ?? url, () => connect(url, options));
}

async function connect(url: string, options: ConnectOptions): Promise<ClientSocket> {
  const { conn, host, resource } = await dial(url, options.caCerts, options.connect);
  const limit = options.limits?.handshakeLimit ?? seconds(10);
  try {
    const request = { ...options, host, resource, nonce: nonce() };
    return await withLimit(shakeHands(conn, request, options), limit, () => {
      throw new HandshakeError(`The server took more than ${limit}`, 0, "RFC 6455, section 4.1");
    });
  } catch (error) {
    conn.close();
    throw error;
  }
}

/** By host and port: what is being opened, or waits to be. */
const opening = new Map<string, Promise<unknown>>();

/** No more than one connection to a host is in the state CONNECTING (section 4.1). */
async function oneAtATime<T>(host: string, open: () => Promise<T>): Promise<T> {
  const before = opening.get(host);
  const own = before ? before.then(open, open) : open();
  opening.set(host, own);
  try {
    return await own;
  } finally {
    if (opening.get(host) === own) opening.delete(host);
  }
}

async function shakeHands(
  conn: Deno.Conn,
  request: RequestOptions,
  options: ConnectOptions,
): Promise<ClientSocket> {
  await writeAll(conn, formatRequest(request));
  const head = await readHead(conn, { ...DEFAULT_LIMITS, ...options.limits });
  const { protocol, deflate } = checkResponse(head, request);
  const { limits, compressFromBytes, time = HOST_TIME } = options;
  const connection = new Connection({
    ...{ role: "client", limits, compressFromBytes, deflate, maskKey: randomSeed },
  });
  const socket = new ClientSocket(
    { wire: conn, connection, role: "client", limits, time, rest: head.rest },
    protocol,
  );
  const endSweep = time.every(SWEEP, () => socket.tick(time.now()));
  socket.whenEnded(endSweep);
  return socket;
}

/** Opens the connection that a URL names. */
export async function dial(
  url: string,
  caCerts?: string[],
  connect: NonNullable<ConnectOptions["connect"]> = (to) => Deno.connect(to),
): Promise<{ conn: Deno.Conn; host: string; resource: string }> {
  const parsed = URL.parse(url);
  if (!parsed || !/^wss?:$/.test(parsed.protocol) || parsed.hash) {
    throw new TypeError(
      `Cannot connect to "${url}": it is no URL of a WebSocket; ` +
        `give ws://host:port/path or wss://…, without a fragment`,
    );
  }
  const secure = parsed.protocol === "wss:";
  const hostname = parsed.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(parsed.port || (secure ? 443 : 80));
  const tcp = await connect({ hostname, port });
  if ("setNoDelay" in tcp) (tcp as Deno.TcpConn).setNoDelay(true);
  const conn = secure
    ? await Deno.startTls(tcp as Deno.TcpConn, { hostname, ...(caCerts && { caCerts }) })
    : tcp;
  return { conn, host: parsed.host, resource: `${parsed.pathname}${parsed.search}` };
}

/** 16 octets that nobody can foresee. */
function nonce(): Uint8Array {
  return new Uint8Array(Uint32Array.from({ length: 4 }, randomSeed).buffer);
}
