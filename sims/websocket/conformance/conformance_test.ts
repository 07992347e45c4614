import assert from "node:assert/strict";
import { ms } from "hil/time/mod.ts";
import { RawPeer } from "../raw_peer.ts";
import { nameOf, type Role } from "./case.ts";
import { casesFor } from "./cases/mod.ts";
import { ECHO_CLIENTS } from "./echo_clients.ts";
import { ECHO_SERVERS } from "./echo_servers.ts";
import { runServerCase } from "./servers.ts";
import { differences, formatDeviations, knownDeviations } from "./deviations.ts";
import { deviationsOf, type Row, runTable } from "./table.ts";

const ROLES: readonly Role[] = ["server", "client"];

/** In words: the difference of two cases, with all that they send, takes gigabytes to be told. */
function notPassed(rows: readonly Row[]): string[] {
  return rows.filter(({ verdict }) => verdict !== "pass")
    .map(({ one, verdict, seen }) => `${verdict}: ${nameOf(one)}: ${seen}`);
}

Deno.test("our server passes every case, and nothing is not applicable", async () => {
  const server = await ECHO_SERVERS.ours();
  const rows = await runTable({ role: "server", server });
  await server.stop();
  assert.deepEqual(notPassed(rows), []);
});

Deno.test("our client passes every case, and nothing is not applicable", async () => {
  const client = await ECHO_CLIENTS.ours();
  const rows = await runTable({ role: "client", client });
  await client.stop();
  assert.deepEqual(notPassed(rows), []);
});

Deno.test("no two cases have the same name", () => {
  for (const role of ROLES) {
    const names = casesFor(role).map(nameOf);
    assert.deepEqual(names.filter((name, i) => names.indexOf(name) !== i), []);
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
  for (const one of casesFor("server")) {
    if ((await runServerCase(one, { url }, ms(5))).verdict === "pass") passed.push(one.rule);
  }
  listener.close();
  await all;
  for (const peer of await Promise.allSettled(peers)) {
    if (peer.status === "fulfilled") peer.value.close();
  }
  // It answers the handshake as it should, and speaks no compression.
  const suspicious = /^(fails|refuses|puts|keeps messages|answers a (ping|close)|ends)/;
  assert.deepEqual(passed.filter((rule) => suspicious.test(rule)), []);
  assert.ok(passed.length < 30, passed.join("\n"));
});

Deno.test("known deviations are read back; new ones and those that have vanished are told", () => {
  const [first, second, third] = casesFor("server");
  const row = (one = first!, verdict: "pass" | "lax" | "FAIL" = "FAIL") => ({
    ...{ one, verdict, seen: "a | b" },
  });
  const rows = [row(), row(second, "lax"), row(third, "pass")];
  const document = `# Head\n\n${formatDeviations("server", "x", rows)}\n## The server "y"\n`;
  const known = knownDeviations(document, "server", "x")!;
  assert.deepEqual([...known.values()], ["FAIL", "lax"]);
  assert.equal(knownDeviations(document, "client", "x"), undefined);
  assert.deepEqual(differences(rows, known), []);
  assert.deepEqual(differences([row(second, "FAIL"), row(third, "lax")], known), [
    `FAIL, lax so far: ${nameOf(second!)}: a | b`,
    `lax, not known so far: ${nameOf(third!)}: a | b`,
    `gone: ${nameOf(first!)}`,
  ]);
  assert.equal(deviationsOf(rows).length, 2);
});
