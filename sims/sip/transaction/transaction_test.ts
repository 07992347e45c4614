import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { VirtualClock } from "sims/engine/mod.ts";
import { cseqOf, parseMessage, replyTo, request, summary } from "../message/mod.ts";
import { type Protocol, SimNetwork } from "../transport/mod.ts";
import { TransactionLayer } from "./layer.ts";
import type { ServerTransaction } from "./server.ts";

const CLIENT = { host: "198.51.100.7", port: 5060 };
const SERVER = { host: "198.51.100.1", port: 5060 };

/** A client and a server whose answers the test gives. */
function pair(
  { protocol = "UDP" as Protocol, loss = 0, doubles = 0, jitterNs = 0, seed = 1 } = {},
) {
  const clock = new VirtualClock("sip");
  const weather = { delayNs: 1_000_000, jitterNs, loss, doubles };
  const network = new SimNetwork(clock, new Random(seed), weather);
  const sent: { t: number; by: string; what: string }[] = [];
  network.tap(({ t, from, bytes }) => {
    const message = parseMessage(bytes);
    const what = message.type === "request"
      ? message.method
      : `${message.status} ${cseqOf(message).method}`;
    sent.push({ t: t / 1e9, by: from.host === CLIENT.host ? "client" : "server", what });
  });
  const asked: ServerTransaction[] = [];
  const acks: string[] = [];
  const cancelled: ServerTransaction[] = [];
  const layer = (local: typeof CLIENT, name: string) =>
    new TransactionLayer({
      transport: network.socket(local, { protocol }),
      timers: clock,
      random: new Random(`${seed}${name}`),
      user: {
        request: (transaction) => asked.push(transaction),
        ack: (ack) => acks.push(summary(ack)),
        cancel: (invite) => cancelled.push(invite),
      },
    });
  const got: string[] = [];
  const client = layer(CLIENT, "client");
  const send = (method: string, to = SERVER) =>
    client.send(
      request(method, "sip:600@pbx.example", [
        ["Max-Forwards", "70"],
        ["From", "<sip:7@pbx.example>;tag=f"],
        ["To", "<sip:600@pbx.example>"],
        ["Call-ID", "c1"],
        ["CSeq", `1 ${method}`],
      ]),
      to,
      { response: (r) => got.push(`${r.status}`), failed: (reason) => got.push(reason) },
    );
  return { clock, network, sent, asked, acks, cancelled, got, client, layer, send };
}

type Pair = ReturnType<typeof pair>;
const times = ({ sent }: Pair, what: string) =>
  sent.filter((s) => s.what === what).map(({ t }) => t);
const answer = (transaction: ServerTransaction, status: number) =>
  transaction.respond(replyTo(transaction.request, status, { toTag: "t" }));

Deno.test("timers A and B: an INVITE that nobody hears is sent seven times in 32 s", () => {
  const p = pair({ loss: 1 });
  p.send("INVITE");
  p.clock.runTo(60e9);
  assert.deepEqual(times(p, "INVITE"), [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]);
  assert.deepEqual(p.got, ["timeout"]);
  assert.equal(p.client.size, 0);
});

Deno.test("timers E and F: another request eleven times, every 4 s at last", () => {
  const p = pair({ loss: 1 });
  p.send("OPTIONS");
  p.clock.runTo(60e9);
  const [a, b, c, d, ...rest] = times(p, "OPTIONS");
  assert.deepEqual([a, b, c, d], [0, 0.5, 1.5, 3.5]);
  assert.deepEqual(rest, [7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
  assert.deepEqual(p.got, ["timeout"]);
});

Deno.test("a reliable transport sends once, and gives up at the same time", () => {
  for (const method of ["INVITE", "OPTIONS"]) {
    const p = pair({ protocol: "TCP" });
    p.layer(SERVER, "server");
    p.send(method);
    p.clock.runTo(31e9);
    assert.deepEqual([times(p, method), method === "INVITE" ? p.got : []], [
      [0],
      method === "INVITE" ? ["100"] : [],
    ]);
  }
});

Deno.test("timers G and H: a refusal that nobody acknowledges is sent eleven times in 31.5 s", () => {
  const p = pair();
  p.layer(SERVER, "server");
  const spoofed =
    "INVITE sip:600@pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.9;branch=z9hG4bKx\r\n" +
    "From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: s\r\nCSeq: 1 INVITE\r\n\r\n";
  p.network.inject(
    "UDP",
    { host: "198.51.100.9", port: 5060 },
    SERVER,
    new TextEncoder().encode(spoofed),
  );
  p.clock.runTo(1_000_000);
  answer(p.asked[0]!, 401);
  p.clock.runTo(100e9);
  const from = times(p, "401 INVITE").map((t) => Math.round((t - 0.001) * 10) / 10);
  assert.deepEqual(from, [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
});

Deno.test("a refusal is acknowledged within the transaction, each time it comes", () => {
  const p = pair();
  const server = p.layer(SERVER, "server");
  p.send("INVITE");
  p.clock.runTo(2_000_000);
  answer(p.asked[0]!, 486);
  p.clock.runTo(1e9);
  assert.deepEqual([times(p, "486 INVITE").length, times(p, "ACK").length, p.got], [1, 1, ["486"]]);
  assert.deepEqual(p.acks, []);
  p.clock.runTo(60e9);
  assert.deepEqual([p.client.size, server.size], [0, 0]);
});

Deno.test("after 200 ms without an answer the server says 100, and A stops", () => {
  const p = pair();
  p.layer(SERVER, "server");
  p.send("INVITE");
  p.clock.runTo(20e9);
  assert.deepEqual([times(p, "100 INVITE"), times(p, "INVITE")], [[0.201], [0]]);
});

Deno.test("a CANCEL waits for a provisional response", () => {
  const p = pair();
  p.layer(SERVER, "server");
  p.send("INVITE").cancel();
  p.clock.runTo(100_000_000);
  assert.equal(times(p, "CANCEL").length, 0);
  p.clock.runTo(1e9);
  assert.deepEqual([times(p, "CANCEL"), times(p, "200 CANCEL")], [[0.202], [0.203]]);
  answer(p.cancelled[0]!, 487);
  p.clock.runTo(2e9);
  assert.deepEqual(p.got, ["100", "487"]);
});

Deno.test("K and J: a repeat of a request is answered again and not asked twice", () => {
  const p = pair({ doubles: 1 });
  p.layer(SERVER, "server");
  p.send("OPTIONS");
  p.clock.runTo(2_000_000);
  answer(p.asked[0]!, 200);
  p.clock.runTo(60e9);
  assert.deepEqual([p.asked.length, p.got, p.client.size], [1, ["200"], 0]);
});

Deno.test("a stateless answer is sent once for each time that it is asked for", () => {
  const p = pair();
  const server = p.layer(SERVER, "server");
  p.send("INVITE");
  p.clock.runTo(1_000_000);
  p.asked[0]!.respondStateless(replyTo(p.asked[0]!.request, 401, { toTag: "t" }));
  assert.equal(server.size, 0);
  p.clock.runTo(40e9);
  assert.deepEqual([times(p, "401 INVITE").length, p.acks], [1, ["ACK sip:600@pbx.example"]]);
});

Deno.test("who cannot be reached ends what was sent there, and nothing else (section 8.1.3.1)", () => {
  const p = pair({ protocol: "TCP" });
  for (const silent of [{ ...SERVER, port: 5070 }, { ...SERVER, host: "198.51.100.2" }]) {
    p.network.socket(silent, { protocol: "TCP" });
    p.send("OPTIONS", silent);
  }
  p.send("OPTIONS");
  p.clock.runTo(1e9);
  assert.deepEqual([p.got, p.client.size], [["transport"], 2]);
  p.clock.runTo(40e9);
  assert.deepEqual([p.got, p.client.size], [["transport", "timeout", "timeout"], 0]);
});

Deno.test("in bad weather both sides end, once each, whatever the seed", () => {
  for (let seed = 0; seed < 60; seed++) {
    const p = pair({ seed, loss: 0.4, doubles: 0.3, jitterNs: 400_000_000 });
    const server = p.layer(SERVER, "server");
    for (const method of ["INVITE", "OPTIONS"]) p.send(method);
    for (let at = 1; at <= 40; at++) {
      p.clock.runTo(at * 1e9);
      for (const transaction of p.asked) if (transaction.isOpen) answer(transaction, 404);
    }
    p.clock.runTo(200e9);
    const finals = p.got.filter((what) => what !== "100");
    assert.equal(finals.length, 2, `seed ${seed}: ${p.got}`);
    assert.ok(p.asked.length <= 2, `seed ${seed}`);
    assert.deepEqual([p.client.size, server.size], [0, 0], `seed ${seed}`);
  }
});

Deno.test("what breaks RFC 3261 is answered by its status, what has no Via is dropped", () => {
  const p = pair();
  const server = p.layer(SERVER, "server");
  const via = "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKx;rport\r\n";
  const rest = "From: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: s\r\nCSeq: 1 OPTIONS\r\n\r\n";
  for (const start of ["sip:b SIP/7.0", "foo:b SIP/2.0", "sip:b SIP/2.0\r\nMax-Forwards: 999"]) {
    p.network.inject(
      "UDP",
      CLIENT,
      SERVER,
      new TextEncoder().encode(`OPTIONS ${start}\r\n${via}${rest}`),
    );
  }
  p.network.inject(
    "UDP",
    CLIENT,
    SERVER,
    new TextEncoder().encode(`OPTIONS sip:b SIP/2.0\r\n${rest}`),
  );
  p.clock.runTo(1e9);
  const answers = p.sent.filter(({ by }) => by === "server").map(({ what }) => what);
  assert.deepEqual(answers, ["505 OPTIONS", "416 OPTIONS", "400 OPTIONS"]);
  assert.deepEqual(server.refused, { requests: 3, responses: 0, malformed: 1 });
});
