/** Servers that give back every message, of this machine's own: what the table is made of. */
import { WebSocketServer as WsServer } from "ws";
import { seconds } from "hil/time/mod.ts";
import { serveWebSocket } from "../server.ts";
import type { ServerUnderTest } from "./servers.ts";

export interface RunningServer extends ServerUnderTest {
  stop(): Promise<void>;
}

const HOSTNAME = "127.0.0.1";
const LOCAL = { port: 0, hostname: HOSTNAME };

/** Compression is on where there is one: its rules are looked at too. */
export const ECHO_SERVERS = {
  ours: (): Promise<RunningServer> => {
    const server = serveWebSocket({ ...LOCAL, deflate: {}, compressFromBytes: 100 });
    (async () => {
      for await (const socket of server) socket.serve((message) => socket.send(message));
    })();
    return Promise.resolve({ url: server.url, stop: () => server.shutdown(seconds(1)) });
  },

  ws: (): Promise<RunningServer> =>
    new Promise((resolve) => {
      const server = new WsServer({
        port: 0,
        host: HOSTNAME,
        perMessageDeflate: { threshold: 100 },
      });
      server.on("connection", (socket: WsSocket) => {
        socket.on("error", () => {}); // A client's fault; without a listener it ends the process.
        socket.on("message", (bytes, binary) => socket.send(bytes, { binary }));
      });
      const stop = () => {
        for (const client of server.clients) client.terminate();
        return new Promise<void>((resolve) => server.close(() => resolve()));
      };
      server.on("listening", () => resolve({ url: urlOf(server.address().port), stop }));
    }),

  deno: (): Promise<RunningServer> => {
    const controller = new AbortController();
    const options = {
      ...LOCAL,
      signal: controller.signal,
      onListen: () => {},
      onError: refused,
    };
    const server = Deno.serve(options, (request) => {
      if (request.headers.get("upgrade") === null) return refused();
      const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
      socket.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) => socket.send(data);
      socket.onerror = () => {};
      return response;
    });
    const stop = () => {
      controller.abort();
      return server.finished;
    };
    return Promise.resolve({ url: urlOf(server.addr.port), stop });
  },
} as const;

interface WsSocket {
  on(event: "message", listener: (bytes: Uint8Array, binary: boolean) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  send(bytes: Uint8Array, options: { binary: boolean }): void;
}

const refused = () => new Response("no WebSocket", { status: 400 });

function urlOf(port: number): string {
  return `ws://${HOSTNAME}:${port}/`;
}
