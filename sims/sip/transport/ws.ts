/** SIP over WebSockets (RFC 7118): sub-protocol "sip", a message of the one is one of the other. */
import {
  type ConnectOptions,
  connectWebSocket,
  type Message,
  type Socket,
  type WebSocketServer,
} from "sims/websocket/mod.ts";
import { ConnectionTransport, type Link, type LinkEvents } from "./connections.ts";
import { deliver } from "./deliver.ts";
import { type Endpoint, formatEndpoint } from "./transport.ts";
import { localOf } from "./tcp.ts";
import { endpointOf } from "./udp.ts";

export interface WsOptions {
  /** What Via and Contact say. Default: where the server is. */
  readonly local?: Endpoint;
  /** Of the peer. Default: "/ws", as Asterisk has it. */
  readonly path?: string;
  /** Connects by TLS. */
  readonly secure?: boolean;
  readonly connect?: ConnectOptions["connect"];
  readonly caCerts?: string[];
  /** Takes connections too, of a server that speaks {@link SUB_PROTOCOL}; closed with the transport. */
  readonly server?: WebSocketServer;
}

export const SUB_PROTOCOL = "sip";

/** @throws TypeError when it has neither a server nor an address of its own */
export function wsTransport(options: WsOptions): ConnectionTransport {
  const { path = "/ws", secure = false, connect, caCerts, server } = options;
  const listener = server && { addr: server.address } as Deno.Listener;
  const transport = new ConnectionTransport({
    protocol: secure ? "WSS" : "WS",
    local: localOf("WS", { ...options, listener }),
    dial: async (to, events) => {
      const url = `${secure ? "wss" : "ws"}://${formatEndpoint(to)}${path}`;
      const socket = await connectWebSocket(url, {
        protocols: [SUB_PROTOCOL],
        ...(connect && { connect }),
        ...(caCerts && { caCerts }),
      });
      if (socket.protocol !== SUB_PROTOCOL) {
        socket.abort();
        throw new Error(`Cannot speak SIP to "${url}": it did not take sub-protocol "sip"`);
      }
      return new WsLink(socket, to, events);
    },
  });
  if (server) {
    transport.onClose(() => void server.shutdown());
    void acceptAll(transport, server);
  }
  return transport;
}

async function acceptAll(transport: ConnectionTransport, server: WebSocketServer): Promise<void> {
  for await (const socket of server) {
    if (socket.protocol !== SUB_PROTOCOL) void socket.close(1002, "the sub-protocol is sip");
    else {
      const from = endpointOf(socket.remote);
      transport.accept(from, (events) => new WsLink(socket, from, events));
    }
  }
}

class WsLink implements Link {
  #over = false;

  constructor(
    readonly socket: Socket,
    readonly remote: Endpoint,
    readonly events: LinkEvents,
  ) {
    void socket.serve((message) => this.#take(message));
    void socket.closed.then(({ code }) => {
      if (!this.#over) this.events.lost(new Error(`Cannot go on: the WebSocket ended (${code})`));
    });
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (!await this.socket.send(asText(bytes))) {
      throw new Error("Cannot send: the WebSocket has ended");
    }
  }

  close(): void {
    this.#over = true;
    void this.socket.close();
  }

  #take(data: Message): void {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    deliver(bytes, this.remote, this.events);
  }
}

/** Text where it is one (section 5). */
function asText(bytes: Uint8Array): Message {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}
