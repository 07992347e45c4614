import assert from "node:assert/strict";
import { ms, seconds, timer, withLimit } from "hil/time/mod.ts";
import { connectWebSocket } from "./client.ts";
import { Connection, encodeRawFrame } from "./core/mod.ts";
import { describe, RawPeer } from "./raw_peer.ts";
import { type ServeOptions, serveWebSocket, type WebSocketServer } from "./server.ts";
import { Socket } from "./socket.ts";
import type { Wire } from "./_writer.ts";

const SOON = { within: seconds(10) };

function soon<T>(work: Promise<T>): Promise<T> {
  return withLimit(work, SOON.within, () => assert.fail("it did not come"));
}

async function withEcho(
  options: Partial<ServeOptions>,
  test: (server: WebSocketServer) => Promise<void>,
): Promise<void> {
  const server = serveWebSocket({ port: 0, hostname: "127.0.0.1", ...options });
  const all = (async () => {
    for await (const socket of server) socket.serve((message) => socket.send(message));
  })();
  try {
    await test(server);
  } finally {
    await server.shutdown(ms(100));
    await all;
  }
}

/** Resolves when there is room: the server hears of those who have left when it does. */
async function connectsAgain(url: string): Promise<void> {
  for (;;) {
    const socket = await connectWebSocket(url).catch(() => undefined);
    if (socket) return void await socket.close();
    await new Promise<void>((resolve) => timer(ms(10), resolve));
  }
}

async function answerOf(conn: Deno.Conn): Promise<string> {
  return await soon(new Response(conn.readable).text().catch(() => "reset"));
}

Deno.test("slow handshakes take the room that there is for them, and then make room again", async () => {
  const limits = { maxHandshakes: 20, handshakeLimit: ms(300) };
  await withEcho({ limits }, async (server) => {
    const { hostname, port } = server.address;
    const slow = [];
    for (let i = 0; i < 20; i++) {
      const conn = await Deno.connect({ hostname, port });
      await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\n"));
      slow.push(conn);
    }
    const late = await Deno.connect({ hostname, port });
    assert.match(await answerOf(late), /^(reset)?$/, "one more is hung up on");
    for (const conn of slow) assert.match(await answerOf(conn), /^HTTP\/1.1 408 /);
    await soon(connectsAgain(server.url));
  });
});

Deno.test("a flood of connections that say nothing leaves nothing behind", async () => {
  const limits = { maxHandshakes: 50, handshakeLimit: ms(300) };
  await withEcho({ limits }, async (server) => {
    const { hostname, port } = server.address;
    const conns = await Promise.all(
      Array.from({ length: 200 }, () => Deno.connect({ hostname, port })),
    );
    const answers = await Promise.all(conns.map(answerOf));
    const told = answers.filter((answer) => answer.startsWith("HTTP/1.1 408 ")).length;
    assert.ok(told <= 50, `${told} had a place`);
    assert.equal(server.sockets.size, 0);
    await soon(connectsAgain(server.url));
  });
});

const DEFLATE = {
  ...{ serverNoContextTakeover: false, clientNoContextTakeover: false },
  ...{ serverMaxWindowBits: 15, clientMaxWindowBits: 15 },
};

Deno.test("a bomb is given up long before it has gone off", () => {
  const limits = { maxMessageBytes: 1 << 20 };
  const server = new Connection({ role: "server", maskKey: () => 0, limits, deflate: DEFLATE });
  const client = new Connection({ role: "client", maskKey: () => 1, deflate: DEFLATE });
  client.send(new Uint8Array(64 << 20));
  const bomb = client.take();
  client.abandon();
  assert.ok(bomb.length < limits.maxMessageBytes, `it is small: ${bomb.length}`);
  const before = Deno.memoryUsage();
  const [event] = server.receive(bomb);
  const after = Deno.memoryUsage();
  assert.ok(event?.type === "failed" && event.error.closeCode === 1009);
  const grown = after.external + after.heapUsed - before.external - before.heapUsed;
  assert.ok(grown < 32 << 20, `${grown} octets were taken`);
});

Deno.test("a message in fragments without end is kept to its size, empty ones take nothing", () => {
  const limits = { maxMessageBytes: 1000 };
  const server = new Connection({ role: "server", maskKey: () => 0, limits });
  server.receive(encodeRawFrame({ opcode: 1, fin: false, payload: "a" }));
  const empty = encodeRawFrame({ opcode: 0, fin: false });
  const before = Deno.memoryUsage();
  for (let i = 0; i < 100_000; i++) assert.equal(server.receive(empty).length, 0);
  assert.ok(Deno.memoryUsage().external - before.external < 1 << 20);
  const one = encodeRawFrame({ opcode: 0, fin: false, payload: "b" });
  let taken = 1;
  while (!server.ended && taken < 2000) {
    server.receive(one);
    taken++;
  }
  assert.equal(taken, 1001);
});

/** A peer that sends pings without end, and takes what is sent to it when it is told to. */
function pinger() {
  const pings = new Uint8Array(131 * 1000);
  const ping = encodeRawFrame({ opcode: 9, payload: new Uint8Array(125) });
  for (let at = 0; at < pings.length; at += ping.length) pings.set(ping, at);
  const peer = { readBytes: 0, mostBytes: 4 << 20, take: () => {} };
  const wire: Wire = {
    read(into) {
      if (peer.readBytes >= peer.mostBytes) return new Promise(() => {});
      const from = peer.readBytes % pings.length;
      const chunk = pings.subarray(from, from + into.length);
      into.set(chunk);
      peer.readBytes += chunk.length;
      return Promise.resolve(chunk.length);
    },
    write: ({ length }) => new Promise((resolve) => peer.take = () => resolve(length)),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
  return { peer, wire };
}

/** Resolves when all that could go on has gone on. */
function idle(): Promise<void> {
  return new Promise((resolve) => timer(ms(0), resolve));
}

Deno.test("who pings and does not take the pongs is not read from until it does", async () => {
  const { peer, wire } = pinger();
  const highWaterBytes = 64 * 1024;
  const connection = new Connection({ role: "server", maskKey: () => 0 });
  const socket = new Socket({ wire, connection, role: "server", limits: { highWaterBytes } });
  for (let round = 0; round < 5; round++) {
    const before = peer.readBytes;
    await idle();
    const bytes = peer.readBytes - before;
    assert.ok(bytes > highWaterBytes / 2, `only ${bytes} octets of pings were read`);
    // What was over the mark, and one read more.
    assert.ok(bytes < highWaterBytes + 192 * 1024, `${bytes} octets of pings were read`);
    const { pendingBytes } = connection;
    assert.ok(pendingBytes < highWaterBytes + 192 * 1024, `${pendingBytes} octets wait`);
    peer.take();
  }
  socket.abort();
});

Deno.test("where a client is from is told by its connection, whatever its request says", async () => {
  const seen: string[] = [];
  const allow: ServeOptions["allow"] = (_request, remote) => {
    seen.push(remote.hostname);
    return true;
  };
  await withEcho({ allow }, async (server) => {
    const fields = { "X-Forwarded-For": "192.0.2.1", Forwarded: "for=192.0.2.1" };
    const peer = await RawPeer.connect(server.url, { head: { fields } });
    assert.match(peer.head.startLine, / 101 /);
    assert.deepEqual(seen, ["127.0.0.1"]);
    await peer.play([{ do: "frame", frame: { opcode: 8 } }]);
    assert.equal(describe(await peer.next(SOON)), "CLOSE without a code");
    peer.close();
  });
});
