/**
 * SIP over UDP (RFC 3261 section 18): a datagram is a message. A port that nobody listens on goes
 * unnoticed, as the socket is not connected: what is sent there ends by its timers.
 */
import { formatMessage, type SipMessage } from "../message/mod.ts";
import { deliver } from "./deliver.ts";
import type { Endpoint, SipTransport, TransportListener } from "./transport.ts";

/** What is needed of a `Deno.DatagramConn`. */
export type DatagramSocket = Pick<Deno.DatagramConn, "addr" | "receive" | "send" | "close">;

export interface UdpOptions {
  /** What Via and Contact say. Default: where the socket is bound. */
  readonly local?: Endpoint;
}

/** Only line ends, or nothing: a keep-alive. */
const KEEP_ALIVE_BYTES = 4;

export class UdpTransport implements SipTransport {
  readonly protocol = "UDP";
  readonly reliable = false;
  readonly local: Endpoint;
  readonly #socket: DatagramSocket;
  #listener: TransportListener | undefined;
  #closed = false;

  /** @param socket from now on its own */
  constructor(socket: DatagramSocket, { local }: UdpOptions = {}) {
    this.#socket = socket;
    this.local = local ?? endpointOf(socket.addr);
    void this.#receiveAll();
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
  }

  send(message: SipMessage, to: Endpoint): void {
    if (this.#closed) return;
    const address = { transport: "udp", hostname: to.host, port: to.port } as const;
    this.#socket.send(formatMessage(message), address).catch((error: Error) => {
      if (!this.#closed) this.#listener?.unreachable?.(to, error);
    });
  }

  close(): void {
    if (!this.#closed) this.#socket.close();
    this.#closed = true;
  }

  async #receiveAll(): Promise<void> {
    while (!this.#closed) {
      try {
        const [bytes, from] = await this.#socket.receive();
        if (bytes.length > KEEP_ALIVE_BYTES) deliver(bytes, endpointOf(from), this.#listener);
      } catch (error) {
        // Closed; or what the kernel tells of an earlier datagram.
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
          return;
        }
        if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      }
    }
  }
}

export function endpointOf(address: Deno.Addr): Endpoint {
  const { hostname, port } = address as Deno.NetAddr;
  return { host: hostname, port };
}
