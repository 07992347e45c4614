import assert from "node:assert/strict";
import { ms } from "hil/time/mod.ts";
import { RawPeer } from "../raw_peer.ts";
import { serveWebSocket } from "../server.ts";
import { runCase } from "./case.ts";
import { CASES } from "./cases.ts";

Deno.test("our server passes every case, with compression and without", async () => {
  for (const deflate of [undefined, {}]) {
    const server = serveWebSocket({ port: 0, hostname: "127.0.0.1", deflate });
    const all = (async () => {
      for await (const socket of server) socket.serve((message) => socket.send(message));
    })();
    const wrong: string[] = [];
    for (const one of CASES) {
      const { verdict, seen } = await runCase(one, server.url);
      if (verdict !== "pass") wrong.push(`${verdict} ${one.section} ${one.rule}: ${seen}`);
    }
    await server.shutdown(ms(100));
    await all;
    assert.deepEqual(wrong, []);
  }
});

Deno.test("a server that takes everything and says nothing passes next to none", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const peers: Promise<RawPeer>[] = [];
  const all = (async () => {
    for await (const conn of listener) peers.push(RawPeer.accept(conn));
  })();
  const url = `ws://127.0.0.1:${listener.addr.port}`;
  const passed: string[] = [];
  for (const one of CASES) {
    if ((await runCase(one, url, ms(5))).verdict === "pass") passed.push(one.rule);
  }
  listener.close();
  await all;
  for (const peer of await Promise.all(peers)) peer.close();
  // It answers the handshake as it should, and speaks no compression.
  assert.deepEqual(passed.filter((rule) => /fails|refuses|puts|takes a|ping|close/.test(rule)), []);
  assert.ok(passed.length < 15, passed.join("\n"));
});
