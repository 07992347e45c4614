import assert from "node:assert/strict";
import { type Duration, ms, seconds, withLimit } from "hil/time/mod.ts";
import { connectWebSocket } from "./client.ts";
import { HandshakeError } from "./core/mod.ts";
import { describe, RawPeer } from "./raw_peer.ts";
import { type ServeOptions, type ServerSocket, serveWebSocket } from "./server.ts";
import type { Time } from "./limits.ts";

const SOON = { within: seconds(10) };
const LOCAL = { port: 0, hostname: "127.0.0.1" };

function soon<T>(work: Promise<T>): Promise<T> {
  return withLimit(work, SOON.within, () => assert.fail("it did not come"));
}

/** A server that gives back what it gets, for as long as a test runs. */
async function withEcho(
  options: Partial<ServeOptions>,
  test: (url: string, sockets: ServerSocket[]) => Promise<void>,
): Promise<void> {
  const server = serveWebSocket({ ...LOCAL, ...options });
  const sockets: ServerSocket[] = [];
  const all = (async () => {
    for await (const socket of server) {
      sockets.push(socket);
      socket.serve((message) => socket.send(message));
    }
  })();
  try {
    await test(server.url, sockets);
  } finally {
    await server.shutdown(ms(100));
    await all;
  }
}

/** Time that a test moves. */
class HandTime implements Time {
  #now = 0;
  readonly #callbacks = new Set<() => void>();

  now(): number {
    return this.#now;
  }

  every(_interval: Duration, callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  pass(time: Duration): void {
    this.#now += time.ns;
    for (const callback of this.#callbacks) callback();
  }
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: true, sanitizeResources: true });
}

test("messages of all sizes and kinds come back", async () => {
  await withEcho({ deflate: {} }, async (url) => {
    for (const deflate of [undefined, {}, { serverNoContextTakeover: true }]) {
      const socket = await connectWebSocket(url, { deflate });
      for (const size of [0, 1, 125, 126, 65535, 65536, 1_000_000]) {
        const text = "ö".repeat(size / 2);
        await socket.send(text);
        assert.equal(await soon(socket.receive()), text);
        const bytes = new Uint8Array(size).fill(size);
        await socket.send(bytes);
        assert.deepEqual(await soon(socket.receive()), bytes);
      }
      const closed = await soon(socket.close(4000, "done"));
      assert.deepEqual([closed.code, closed.clean], [4000, true]);
    }
  });
});

test("a message is sent in fragments as a stream gives them, others wait", async () => {
  await withEcho({}, async (url) => {
    const socket = await connectWebSocket(url);
    async function* parts() {
      yield "one ";
      await Promise.resolve();
      yield "two ";
      yield "three";
    }
    const sent = socket.sendStream("text", parts());
    assert.ok(await socket.send("after"));
    assert.ok(await sent);
    assert.equal(await soon(socket.receive()), "one two three");
    assert.equal(await soon(socket.receive()), "after");
    await soon(socket.close());
  });
});

test("web streams: what is written comes back, and closing one closes the connection", async () => {
  const server = serveWebSocket(LOCAL);
  const one = (async () => {
    for await (const socket of server) {
      await socket.readable.pipeTo(socket.writable);
      return (await socket.closed).code;
    }
  })();
  const socket = await connectWebSocket(server.url);
  const writer = socket.writable.getWriter();
  const reader = socket.readable.getReader();
  await writer.write("a");
  await writer.write(Uint8Array.of(1));
  assert.deepEqual(await soon(reader.read()), { done: false, value: "a" });
  assert.deepEqual(await soon(reader.read()), { done: false, value: Uint8Array.of(1) });
  await soon(writer.close());
  assert.deepEqual(await soon(reader.read()), { done: true, value: undefined });
  assert.equal(await soon(one), 1000);
});

test("the client's favourite of the sub-protocols is spoken, and the origin is asked about", async () => {
  const refusals: string[] = [];
  const options: Partial<ServeOptions> = {
    protocols: ["b", "a"],
    allow: ({ origin, resource }) => {
      if (resource === "/gone") throw new HandshakeError("Gone", 410, "RFC 9110");
      return origin === undefined || origin === "https://good.example";
    },
    onRefused: ({ message }) => void refusals.push(message),
  };
  await withEcho(options, async (url, sockets) => {
    const socket = await connectWebSocket(url, { protocols: ["x", "a", "b"] });
    assert.equal(socket.protocol, "a");
    assert.equal(sockets[0]!.protocol, "a");
    await soon(socket.close());
    const none = await connectWebSocket(`${url}/path?q`, { origin: "https://good.example" });
    assert.equal(none.protocol, undefined);
    assert.equal(sockets[1]!.request.resource, "/path?q");
    await soon(none.close());
    const statusOf = (path: string, origin?: string) =>
      connectWebSocket(`${url}${path}`, { origin }).then(() => 101, ({ status }) => status);
    assert.equal(await statusOf("/", "https://bad.example"), 403);
    assert.equal(await statusOf("/gone"), 410);
    assert.deepEqual(refusals, [
      "The server does not want it (RFC 6455, 4.2.2)",
      "Gone (RFC 9110)",
    ]);
  });
});

test("one connection too many is answered 503, and there is room when one has left", async () => {
  await withEcho({ limits: { maxConnections: 1 } }, async (url, sockets) => {
    const first = await connectWebSocket(url);
    await assert.rejects(connectWebSocket(url), { name: "HandshakeError", status: 503 });
    await soon(first.close());
    await soon(sockets[0]!.closed);
    const second = await connectWebSocket(url);
    await soon(second.close());
  });
});

test("a handshake that dawdles is answered 408", async () => {
  await withEcho({ limits: { handshakeLimit: ms(50) } }, async (url) => {
    const { hostname, port } = new URL(url);
    const conn = await Deno.connect({ hostname, port: Number(port) });
    await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n"));
    const answer = await soon(new Response(conn.readable).text());
    assert.match(answer, /^HTTP\/1.1 408 Request Timeout\r\n/);
  });
});

test("what breaks the protocol is answered with its code, and the connection ends in order", async () => {
  await withEcho({}, async (url, sockets) => {
    const peer = await RawPeer.connect(url);
    const frame = { opcode: 1, rsv: 2, payload: "x".repeat(5000) };
    await peer.play([{ do: "frame", frame }, { do: "frame", frame }]);
    assert.match(describe(await peer.next(SOON)), /^CLOSE 1002 "A frame has RSV bits/);
    assert.equal(describe(await peer.next(SOON)), "end of the connection");
    peer.close();
    const closed = await soon(sockets[0]!.closed);
    assert.deepEqual([closed.code, closed.clean], [1006, false]);
    assert.equal(closed.error?.section, "RFC 6455, section 5.2");
  });
});

test("octet by octet is no fault; an early end is no crash", async () => {
  await withEcho({}, async (url, sockets) => {
    const peer = await RawPeer.connect(url);
    await peer.play([
      { do: "pace", chunkBytes: 1 },
      { do: "frame", frame: { opcode: 1, payload: "slow" } },
    ]);
    assert.equal(describe(await peer.next(SOON)), "TEXT of 4 octets");
    await peer.play([{ do: "bytes", bytes: Uint8Array.of(0x81, 0xfe) }, { do: "hang-up" }]);
    assert.deepEqual((await soon(sockets[0]!.closed)).code, 1006);
  });
});

test("one who is silent is asked, and cut off when no answer comes", async () => {
  const time = new HandTime();
  const limits = { pingEvery: seconds(30), pongLimit: seconds(20) };
  await withEcho({ time, limits }, async (url, sockets) => {
    const peer = await RawPeer.connect(url);
    time.pass(seconds(31));
    assert.equal(describe(await peer.next(SOON)), "PING of 0 octets");
    await peer.play([{ do: "frame", frame: { opcode: 10 } }]);
    await peer.play([{ do: "frame", frame: { opcode: 1, payload: "heard" } }]);
    assert.equal(describe(await peer.next(SOON)), "TEXT of 5 octets");
    time.pass(seconds(31));
    assert.equal(describe(await peer.next(SOON)), "PING of 0 octets");
    time.pass(seconds(21));
    assert.equal((await soon(sockets[0]!.closed)).code, 1006);
    peer.close();
  });
});

test("who is idle, sends a message for ever, or does not answer a close is not waited for", async () => {
  const time = new HandTime();
  const limits = {
    ...{ pingEvery: undefined, idleLimit: seconds(100), messageLimit: seconds(60) },
    closeLimit: seconds(5),
  };
  await withEcho({ time, limits }, async (url, sockets) => {
    const idle = await RawPeer.connect(url);
    const slow = await RawPeer.connect(url);
    await slow.play([{ do: "frame", frame: { opcode: 1, fin: false, payload: "a" } }]);
    await slow.play([{ do: "frame", frame: { opcode: 9 } }]);
    assert.equal(describe(await slow.next(SOON)), "PONG of 0 octets");
    time.pass(seconds(61));
    assert.equal(describe(await slow.next(SOON)), 'CLOSE 1008 "a message took too long"');
    time.pass(seconds(40));
    assert.equal(describe(await idle.next(SOON)), 'CLOSE 1001 "idle"');
    time.pass(seconds(6));
    await soon(Promise.all(sockets.map(({ closed }) => closed)));
    slow.close();
    idle.close();
  });
});

test("who does not read is not read from: what waits is bounded", async () => {
  const time = new HandTime();
  const limits = { highWaterBytes: 64 * 1024, writeLimit: seconds(60) };
  await withEcho({ time, limits }, async (url, sockets) => {
    const peer = await RawPeer.connect(url);
    const frame = { opcode: 2, payload: new Uint8Array(60_000) };
    // It takes what the sockets' buffers take, and then no more.
    let sent = 0;
    const sending = (async () => {
      for (; sent < 2000; sent++) await peer.play([{ do: "frame", frame }]);
    })();
    let before = -1;
    while (before !== sent) {
      before = sent;
      await withLimit(sending, ms(200), () => {});
    }
    assert.ok(sent < 1000, `${sent} messages of 60,000 octets were taken`);
    time.pass(seconds(61));
    await soon(sockets[0]!.closed);
    peer.close();
    await sending;
  });
});

test("shutdown tells all, waits for them, and cuts off who does not go", async () => {
  const server = serveWebSocket(LOCAL);
  const all = (async () => {
    for await (const socket of server) socket.serve((message) => socket.send(message));
    return "ended";
  })();
  const polite = await connectWebSocket(server.url);
  const rude = await RawPeer.connect(server.url);
  const down = server.shutdown(ms(100));
  const closed = await soon(polite.closed);
  assert.deepEqual([closed.code, closed.clean], [1001, true]);
  assert.equal(describe(await rude.next(SOON)), "CLOSE 1001");
  await soon(down);
  assert.equal(await soon(all), "ended");
  assert.equal(server.sockets.size, 0);
  rude.close();
  await assert.rejects(connectWebSocket(server.url), Deno.errors.ConnectionRefused);
});

test("who closes behind a message gets its answer first, unless nobody takes the message", async () => {
  const steps = [
    { do: "frame", frame: { opcode: 1, payload: "question" } },
    { do: "frame", frame: { opcode: 8, payload: Uint8Array.of(3, 232) } },
  ] as const;
  await withEcho({}, async (url) => {
    const peer = await RawPeer.connect(url);
    await peer.play(steps);
    assert.equal(describe(await peer.next(SOON)), "TEXT of 8 octets");
    assert.equal(describe(await peer.next(SOON)), "CLOSE 1000");
    peer.close();
  });
  const time = new HandTime();
  const server = serveWebSocket({ ...LOCAL, time });
  const first = server[Symbol.asyncIterator]().next();
  const peer = await RawPeer.connect(server.url);
  const socket: ServerSocket = (await soon(first)).value;
  await peer.play(steps);
  const answer = peer.next(SOON);
  while (!socket.ending) await withLimit<unknown>(answer, ms(1), () => {});
  time.pass(seconds(6));
  assert.equal(describe(await answer), "CLOSE 1000");
  assert.equal(await soon(socket.receive()), "question");
  peer.close();
  await server.shutdown(ms(100));
});
