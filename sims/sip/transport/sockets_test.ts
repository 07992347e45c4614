import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { Random, seconds, withLimit } from "hil/time/mod.ts";
import { AUTHORITY, LOCALHOST } from "sims/websocket/_test_certificate.ts";
import { serveWebSocket } from "sims/websocket/mod.ts";
import { type Answer, type Outcome, UserAgent } from "../agent/mod.ts";
import { formatMessage, parseMessage, request } from "../message/mod.ts";
import { Pbx, type PbxOptions } from "../pbx/mod.ts";
import { VirtualClock } from "sims/engine/mod.ts";
import { hostTimers } from "./host_timers.ts";
import { StreamLink } from "./stream_link.ts";
import { type ConnectionTransport, SUB_PROTOCOL, tcpTransport, tlsTransport } from "./mod.ts";
import { type Endpoint, type SipTransport, UdpTransport, wsTransport } from "./mod.ts";

/** Deno looks for what is left behind only when told to. */
function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: true, sanitizeResources: true });
}

const LIMIT = seconds(20);

async function done<T>(outcome: Outcome<T>): Promise<T> {
  return await withLimit(outcome.done, LIMIT, () => assert.fail(`no end within ${LIMIT}`));
}

function udp(hostname: string): UdpTransport {
  return new UdpTransport(Deno.listenDatagram({ transport: "udp", hostname, port: 0 }));
}

function pbxOn(transport: SipTransport, options: Partial<PbxOptions> = {}): Pbx {
  return new Pbx({
    transport,
    timers: hostTimers,
    random: new Random(1),
    variant: "sim",
    phones: { 1001: "one", 1002: "two" },
    echo: "600",
    ...options,
  });
}

function phoneOn(transport: SipTransport, peer: Endpoint, user = "1001"): UserAgent {
  return new UserAgent({
    transport,
    timers: hostTimers,
    random: new Random(`phone ${user}`),
    identity: `sip:${user}@pbx.example`,
    peer,
    credentials: { user, password: user === "1001" ? "one" : "two" },
    onCall: (call) => call.answer("v=0"),
  });
}

/** A server's transport and two phones' on loopback, for each kind. */
const KINDS: Readonly<Record<string, () => readonly [SipTransport, () => SipTransport]>> = {
  "UDP": () => [udp("127.0.0.1"), () => udp("127.0.0.1")],
  "UDP by IPv6": () => [udp("::1"), () => udp("::1")],
  "TCP": () => [
    tcpTransport({ listener: Deno.listen({ hostname: "127.0.0.1", port: 0 }) }),
    () => tcpTransport({ local: { host: "127.0.0.1", port: 5060 } }),
  ],
  "TCP by IPv6": () => [
    tcpTransport({ listener: Deno.listen({ hostname: "::1", port: 0 }) }),
    () => tcpTransport({ local: { host: "::1", port: 5060 } }),
  ],
  "TLS": () => [
    tlsTransport({ listener: Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...LOCALHOST }) }),
    () => tlsTransport({ local: { host: "127.0.0.1", port: 5061 }, caCerts: [AUTHORITY] }),
  ],
  "WS": () => [
    wsTransport({ server: serveWebSocket({ hostname: "127.0.0.1", protocols: [SUB_PROTOCOL] }) }),
    () => wsTransport({ local: { host: "127.0.0.1", port: 8088 } }),
  ],
};

for (const [name, open] of Object.entries(KINDS)) {
  test(`over ${name}: phones register, call the echo and each other`, async () => {
    const [server, client] = open();
    const pbx = pbxOn(server);
    const phones = ["1001", "1002"].map((user) => phoneOn(client(), server.local, user));
    try {
      for (const phone of phones) {
        const answer = await done(phone.register());
        assert.equal((answer as { status?: number }).status, 200);
      }
      for (const target of ["600", "1002"]) {
        const call = phones[0]!.call(`sip:${target}@pbx.example`, { body: "v=0" });
        const up = Promise.withResolvers<void>();
        call.onState = (state) => state === "up" || state === "ended" ? up.resolve() : undefined;
        await withLimit(up.promise, LIMIT, () => assert.fail("the call does not come up"));
        assert.equal(call.state, "up", target);
        assert.equal((await done(call.reinvite())).status, 200);
        call.hangUp();
        await done(call.farewell);
      }
    } finally {
      for (const phone of phones) phone.close();
      pbx.close();
    }
  });
}

test("what comes over UDP and is no message is told, or was a keep-alive", async () => {
  const transport = udp("127.0.0.1");
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const heard = Promise.withResolvers<string>();
  transport.listen({
    message: () => heard.resolve("a message"),
    malformed: (error, from) => heard.resolve(`${error.where} ${from.host}`),
  });
  const to = { transport: "udp", hostname: "127.0.0.1", port: transport.local.port } as const;
  for (const text of ["\r\n\r\n", "what?\r\n\r\n"]) {
    await socket.send(new TextEncoder().encode(text), to);
  }
  assert.equal(await heard.promise, "start line 127.0.0.1");
  socket.close();
  transport.close();
});

const OPTIONS = formatMessage(request("OPTIONS", "sip:pbx.example", [
  ["Via", "SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK1;rport"],
  ["Max-Forwards", "70"],
  ["From", "<sip:7@pbx.example>;tag=1"],
  ["To", "<sip:pbx.example>"],
  ["Call-ID", "a"],
  ["CSeq", "1 OPTIONS"],
  ["Content-Type", "text/plain"],
], "a body"));

/** A plain connection to a PBX over TCP. */
async function raw(work: (conn: Deno.TcpConn, server: ConnectionTransport) => Promise<void>) {
  const server = tcpTransport({ listener: Deno.listen({ hostname: "127.0.0.1", port: 0 }) });
  const pbx = pbxOn(server);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.local.port });
  try {
    await work(conn, server);
  } finally {
    conn.close();
    pbx.close();
  }
}

async function readText(conn: Deno.Conn, isWhole: (text: string) => boolean): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(4096);
  while (!isWhole(text)) {
    const late = () => assert.fail(`within ${LIMIT} only ${JSON.stringify(text)}`);
    const count = await withLimit(conn.read(buffer), LIMIT, late);
    if (count === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text;
}

test("a message in pieces, two at once and a keep-alive are each answered", async () => {
  await raw(async (conn) => {
    const again = parseMessage(OPTIONS);
    const second = formatMessage({
      ...again,
      headers: again.headers.map(({ name, value }) => ({
        name,
        value: value.replace("K1;", "K2;").replace("1 OPTIONS", "2 OPTIONS"),
      })),
    });
    const all = new Uint8Array([...OPTIONS, ...second, 13, 10, 13, 10]);
    for (const [from, to] of [[0, 7], [7, OPTIONS.length - 3], [OPTIONS.length - 3, all.length]]) {
      await conn.write(all.subarray(from, to));
    }
    const pong = (text: string) => text.replace(/SIP[^]*?\r\n\r\n/g, "") === "\r\n";
    const text = await readText(conn, (text) => text.includes("2 OPTIONS") && pong(text));
    assert.deepEqual(text.match(/^SIP.*|^CSeq.*/gm), [
      "SIP/2.0 200 OK",
      "CSeq: 1 OPTIONS",
      "SIP/2.0 200 OK",
      "CSeq: 2 OPTIONS",
    ]);
    assert.match(text, new RegExp(`received=127.0.0.1`));
  });
});

test("who sends what is no message over TCP is hung up on, and the server goes on", async () => {
  await raw(async (conn, server) => {
    await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
    assert.equal(await readText(conn, () => false), "");
    const other = phoneOn(tcpTransport({ local: { host: "127.0.0.1", port: 1 } }), server.local);
    const answer = await done(other.ping("sip:pbx.example"));
    assert.equal(answer.type, "response");
    other.close();
  });
});

test("a connection that is refused ends what waits for it at once", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  for (const open of [tcpTransport, wsTransport]) {
    const phone = phoneOn(open({ local: { host: "127.0.0.1", port: 1 } }), {
      host: "127.0.0.1",
      port,
    });
    const answer: Answer = await done(phone.register());
    assert.equal(answer.type, "transport");
    phone.close();
  }
});

test("a certificate that nobody trusts ends it too", async () => {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...LOCALHOST });
  const server = tlsTransport({ listener });
  const pbx = pbxOn(server);
  const phone = phoneOn(tlsTransport({ local: { host: "127.0.0.1", port: 1 } }), server.local);
  assert.equal((await done(phone.register())).type, "transport");
  phone.close();
  pbx.close();
});

for (const kind of ["TCP", "WS"]) {
  test(`over ${kind}: a phone that keeps registered is back after its connection was lost`, async () => {
    const [server, client] = KINDS[kind]!();
    const pbx = pbxOn(server);
    const registrations: Answer[] = [];
    const twice = Promise.withResolvers<void>();
    const phone = new UserAgent({
      transport: client(),
      timers: hostTimers,
      random: new Random(2),
      identity: "sip:1001@pbx.example",
      peer: server.local,
      credentials: { user: "1001", password: "one" },
      keepRegistered: true,
      timing: { t1Ns: 10e6, t2Ns: 80e6, t4Ns: 100e6 },
      onRegistered: (answer) => registrations.push(answer) === 2 ? twice.resolve() : undefined,
    });
    await done(phone.register());
    const [before] = pbx.bindings.of("1001");
    (server as ConnectionTransport).hangUp();
    await withLimit(twice.promise, LIMIT, () => assert.fail("it does not come back"));
    const [after] = pbx.bindings.of("1001");
    assert.ok(registrations.every((answer) => answer.type === "response" && answer.status === 200));
    assert.notEqual(after!.from.port, before!.from.port);
    phone.close();
    pbx.close();
  });
}

test("no address and no listener: it says what is missing", () => {
  assert.throws(() => tcpTransport({}), {
    name: "TypeError",
    message: 'Cannot open SIP over "TCP": neither a listener nor "local" is given; ' +
      "give what Via and Contact are to say",
  });
});

test("the host's timers ring in their order, not early, and not when cancelled", async () => {
  const rung: string[] = [];
  const began = hostTimers.now();
  const last = Promise.withResolvers<number>();
  hostTimers.after(3e6, () => last.resolve(hostTimers.now()));
  hostTimers.after(1e6, () => rung.push("first"));
  hostTimers.after(2e6, () => rung.push("never")).cancel();
  assert.ok(await last.promise - began >= 3e6);
  assert.deepEqual(rung, ["first"]);
});

/** Both ends of a TCP connection. */
async function connected(): Promise<[Deno.TcpConn, Deno.TcpConn]> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const both = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  listener.close();
  return both;
}

test("a keep-alive is sent when nothing was heard, and who does not answer it is lost", async () => {
  const clock = new VirtualClock("link");
  const [conn, peer] = await connected();
  const lost = Promise.withResolvers<string>();
  const events = {
    message: () => {},
    malformed: () => {},
    lost: ({ message }: Error) => lost.resolve(message),
  };
  const link = new StreamLink(conn, events, "caller", { pingEveryNs: 30e9, timers: clock });
  for (let round = 1; round <= 2; round++) {
    clock.runTo(clock.now() + 30e9);
    assert.equal(await readText(peer, (text) => text.length >= 4), "\r\n\r\n");
    if (round === 2) break;
    const heard = link.heard;
    await peer.write(new TextEncoder().encode("\r\n"));
    while (link.heard === heard) await new Promise((resolve) => setImmediate(resolve));
  }
  clock.runTo(clock.now() + 10e9);
  assert.equal(
    await lost.promise,
    "Cannot go on: a keep-alive was not answered within 10 s",
  );
  peer.close();
});

test("TCP and WS go over the connection that they are given", async () => {
  for (const [n, open] of [tcpTransport, wsTransport].entries()) {
    const [server] = KINDS[["TCP", "WS"][n]!]!();
    const pbx = pbxOn(server);
    const given: number[] = [];
    const connect = (to: { hostname: string; port: number }) => {
      given.push(to.port);
      return Deno.connect(to);
    };
    const phone = phoneOn(open({ local: { host: "127.0.0.1", port: 1 }, connect }), server.local);
    assert.equal((await done(phone.register())).type, "response");
    assert.deepEqual(given, [server.local.port]);
    phone.close();
    pbx.close();
  }
});
