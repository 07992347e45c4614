/** Round trips with npm `ws` as the other end, and TLS. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import fc from "fast-check";
import { WebSocket as WsClient, WebSocketServer as WsServer } from "ws";
import { ms, seconds, withLimit } from "hil/time/mod.ts";
import { AUTHORITY, LOCALHOST } from "./_test_certificate.ts";
import { connectWebSocket } from "./client.ts";
import { serveWebSocket } from "./server.ts";
import type { Message } from "./socket.ts";

const LOCAL = { port: 0, hostname: "127.0.0.1" };

function soon<T>(work: Promise<T>): Promise<T> {
  return withLimit(work, seconds(20), () => assert.fail("it did not come"));
}

const message = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.uint8Array({ maxLength: 200 }),
  fc.integer({ min: 0, max: 200_000 }).map((length) => "ab€".repeat(length / 5)),
  fc.integer({ min: 0, max: 200_000 }).map((length) => new Uint8Array(length).fill(length)),
);
const deflate = fc.option(
  fc.record({
    serverNoContextTakeover: fc.boolean(),
    clientNoContextTakeover: fc.boolean(),
    serverMaxWindowBits: fc.integer({ min: 9, max: 15 }),
    clientMaxWindowBits: fc.integer({ min: 9, max: 15 }),
  }),
  { nil: undefined },
);
const messages = fc.array(message, { minLength: 1, maxLength: 8 });
const RUNS = { numRuns: 40, seed: 8 };

/** What `ws` gives, as ours. */
function ours(bytes: Buffer, binary: boolean): Message {
  return binary ? new Uint8Array(bytes) : bytes.toString();
}

Deno.test("npm ws as the client: what it sends our server gives back, compressed or not", async () => {
  await fc.assert(
    fc.asyncProperty(messages, deflate, fc.boolean(), async (messages, deflate, offered) => {
      const server = serveWebSocket({ ...LOCAL, deflate, compressFromBytes: 0 });
      const all = (async () => {
        for await (const socket of server) socket.serve((message) => socket.send(message));
      })();
      const perMessageDeflate = offered ? { threshold: 0 } : false;
      const client = new WsClient(server.url, { perMessageDeflate });
      const got: Message[] = [];
      const whole = new Promise<void>((resolve) =>
        client.on("message", (bytes: Buffer, binary: boolean) => {
          if (got.push(ours(bytes, binary)) === messages.length) resolve();
        })
      );
      await soon(once(client, "open"));
      assert.equal(client.extensions !== "", offered && deflate !== undefined);
      for (const message of messages) client.send(message);
      await soon(whole);
      assert.deepEqual(got, messages);
      client.close(4321, "bye");
      const [code] = await soon(once(client, "close"));
      assert.equal(code, 4321);
      await server.shutdown(ms(100));
      await all;
    }),
    RUNS,
  );
});

Deno.test("npm ws as the server: what our client sends it gives back, compressed or not", async () => {
  await fc.assert(
    fc.asyncProperty(messages, deflate, fc.boolean(), async (messages, deflate, taken) => {
      const perMessageDeflate = taken ? { threshold: 0 } : false;
      const server = new WsServer({ port: 0, host: "127.0.0.1", perMessageDeflate });
      server.on("connection", (socket: WsClient) => {
        socket.on("message", (bytes: Buffer, binary: boolean) => socket.send(bytes, { binary }));
      });
      await soon(once(server, "listening"));
      const { port } = server.address() as { port: number };
      const socket = await connectWebSocket(`ws://127.0.0.1:${port}`, {
        ...{ deflate, compressFromBytes: 0 },
      });
      for (const message of messages) socket.send(message);
      const got: (Message | undefined)[] = [];
      while (got.length < messages.length) got.push(await soon(socket.receive()));
      assert.deepEqual(got, messages);
      assert.equal((await soon(socket.close(4321))).code, 4321);
      await new Promise((resolve) => server.close(resolve));
    }),
    RUNS,
  );
});

Deno.test("over TLS the same; who does not know the authority does not connect", async () => {
  const server = serveWebSocket({ ...LOCAL, tls: LOCALHOST });
  const all = (async () => {
    for await (const socket of server) socket.serve((message) => socket.send(message));
  })();
  assert.match(server.url, /^wss:/);
  const socket = await connectWebSocket(server.url, { caCerts: [AUTHORITY] });
  const large = new Uint8Array(1_000_000).fill(5);
  assert.ok(await socket.send("secret"));
  assert.ok(await socket.send(large));
  assert.equal(await soon(socket.receive()), "secret");
  assert.deepEqual(await soon(socket.receive()), large);
  assert.equal((await soon(socket.close())).clean, true);
  await assert.rejects(soon(connectWebSocket(server.url)), { name: "InvalidData" });
  const { port } = server.address;
  const ws = new WsClient(`wss://localhost:${port}`, { ca: AUTHORITY });
  await soon(once(ws, "open"));
  ws.send("from ws");
  const [echo] = await soon(once(ws, "message"));
  assert.equal(`${echo}`, "from ws");
  ws.close();
  await soon(once(ws, "close"));
  await server.shutdown(ms(100));
  await all;
});
