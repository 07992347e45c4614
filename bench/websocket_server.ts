/**
 * An echo server in a process of its own, for the benchmark: `websocket_server.ts ours|ws|deno`. Says
 * its port in a line, and for each line that it is told how many bytes of memory it has, and how many
 * microseconds of a processor it has used.
 */
import process from "node:process";
import { WebSocketServer as WsServer } from "ws";
import { serveWebSocket } from "sims/websocket/mod.ts";

const HOSTNAME = "127.0.0.1";

/** Each starts, and gives its port. */
const SERVERS: Readonly<Record<string, () => Promise<number>>> = {
  ours: () => {
    const server = serveWebSocket({ port: 0, hostname: HOSTNAME });
    (async () => {
      for await (const socket of server) socket.serve((message) => socket.send(message));
    })();
    return Promise.resolve(server.address.port);
  },
  ws: () =>
    new Promise((resolve) => {
      const server = new WsServer({ port: 0, host: HOSTNAME, backlog: 511 });
      server.on("connection", (socket: WsSocket) => {
        socket.on("error", () => {}); // A client's fault; without a listener it ends the process.
        socket.on("message", (bytes, binary) => socket.send(bytes, { binary }));
      });
      server.on("listening", () => resolve(server.address().port));
    }),
  deno: () => {
    const server = Deno.serve({ port: 0, hostname: HOSTNAME, onListen: () => {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
      socket.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    });
    return Promise.resolve(server.addr.port);
  },
};

interface WsSocket {
  on(event: "message", listener: (bytes: Uint8Array, binary: boolean) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  send(bytes: Uint8Array, options: { binary: boolean }): void;
}

const say = (...numbers: number[]) =>
  Deno.stdout.writeSync(new TextEncoder().encode(`${numbers.join(" ")}\n`));
say(await SERVERS[Deno.args[0]!]!());
for await (const _line of Deno.stdin.readable) {
  const { user, system } = process.cpuUsage();
  say(Deno.memoryUsage().rss, user + system);
}
Deno.exit(0);
