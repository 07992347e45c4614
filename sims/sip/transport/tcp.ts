/** SIP over TCP (RFC 3261 section 18). */
import type { Endpoint } from "./transport.ts";
import { ConnectionTransport } from "./connections.ts";
import { StreamLink, type StreamLinkOptions } from "./stream_link.ts";
import { endpointOf } from "./udp.ts";

export interface TcpOptions extends StreamLinkOptions {
  /** What Via and Contact say. Default: where the listener is. */
  readonly local?: Endpoint;
  /** Default: `Deno.connect`. A lab's host has its own. */
  readonly connect?: (to: { hostname: string; port: number }) => Promise<Deno.TcpConn>;
  /** Takes connections too; it is closed with the transport. */
  readonly listener?: Deno.Listener;
}

/** @throws TypeError when it has neither a listener nor an address of its own */
export function tcpTransport(options: TcpOptions): ConnectionTransport {
  const { connect = (to) => Deno.connect(to), listener } = options;
  const transport = new ConnectionTransport({
    protocol: "TCP",
    local: localOf("TCP", options),
    dial: async (to, events) => {
      const conn = await connect({ hostname: to.host, port: to.port });
      conn.setNoDelay(true);
      return new StreamLink(conn, events, "caller", options);
    },
  });
  if (listener) acceptAll(transport, listener, options);
  return transport;
}

/** For TLS and WebSockets too. */
export function localOf(
  protocol: string,
  { local, listener }: Pick<TcpOptions, "local" | "listener">,
): Endpoint {
  if (local) return local;
  if (listener) return endpointOf(listener.addr);
  throw new TypeError(
    `Cannot open SIP over "${protocol}": neither a listener nor "local" is given; ` +
      `give what Via and Contact are to say`,
  );
}

/** Until the listener is closed, which the transport's end does. */
export function acceptAll(
  transport: ConnectionTransport,
  listener: Deno.Listener,
  options: StreamLinkOptions,
): void {
  transport.onClose(() => listener.close());
  void (async () => {
    while (!transport.closed) {
      let conn: Deno.Conn;
      try {
        conn = await listener.accept();
      } catch (error) {
        if (transport.closed) return;
        // A peer that was gone before it was let in; or a TLS handshake that failed.
        if (error instanceof Deno.errors.BadResource) throw error;
        continue;
      }
      if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
      const from = endpointOf(conn.remoteAddr);
      transport.accept(from, (events) => new StreamLink(conn, events, "called", options));
    }
  })();
}
