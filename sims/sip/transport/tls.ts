/** SIP over TLS (RFC 3261 section 26.2.1): as over TCP, once the peer's certificate is checked. */
import { ConnectionTransport } from "./connections.ts";
import { StreamLink } from "./stream_link.ts";
import { acceptAll, localOf, type TcpOptions } from "./tcp.ts";

export interface TlsOptions extends TcpOptions {
  /** PEM of who may sign the peer's certificate, besides those that Deno trusts. */
  readonly caCerts?: string[];
  /** What the certificate is to say. Default: the address that is connected to. */
  readonly serverName?: string;
  /** Of `Deno.listenTls`. */
  readonly listener?: Deno.TlsListener;
}

/** @throws TypeError when it has neither a listener nor an address of its own */
export function tlsTransport(options: TlsOptions): ConnectionTransport {
  const { connect = (to) => Deno.connect(to), listener, caCerts = [], serverName } = options;
  const transport = new ConnectionTransport({
    protocol: "TLS",
    local: localOf("TLS", options),
    dial: async (to, events) => {
      const tcp = await connect({ hostname: to.host, port: to.port });
      tcp.setNoDelay(true);
      const conn = await Deno.startTls(tcp, { hostname: serverName ?? to.host, caCerts });
      try {
        await conn.handshake();
      } catch (error) {
        conn.close();
        throw error;
      }
      return new StreamLink(conn, events, "caller", options);
    },
  });
  if (listener) acceptAll(transport, listener, options);
  return transport;
}
