import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { VirtualClock } from "sims/engine/mod.ts";
import { formatMessage, parseMessage, type SipRequest, withHeaders } from "../message/mod.ts";
import { Pbx } from "../pbx/mod.ts";
import { type Protocol, SimNetwork, type Weather } from "../transport/mod.ts";
import type { IncomingCall } from "./incoming_call.ts";
import { UserAgent, type UserAgentOptions } from "./user_agent.ts";

const A = { host: "198.51.100.10", port: 5060 };
const B = { host: "198.51.100.11", port: 5060 };

/** Two phones that call each other without a PBX. */
function pair({ weather = {} as Partial<Weather>, seed = 1 } = {}) {
  const clock = new VirtualClock("sip");
  const network = new SimNetwork(clock, new Random(seed), weather);
  const wire: string[] = [];
  network.tap(({ from, bytes }) => {
    const m = parseMessage(bytes);
    wire.push(`${from === A ? "A" : "B"} ${m.type === "request" ? m.method : m.status}`);
  });
  let incoming: IncomingCall | undefined;
  const agent = (local: typeof A, peer: typeof A, more: Partial<UserAgentOptions> = {}) =>
    new UserAgent({
      transport: network.socket(local),
      timers: clock,
      random: new Random(`${seed} ${local.host}`),
      identity: `sip:phone@${local.host}`,
      peer,
      ...more,
    });
  const a = agent(A, B);
  const b = agent(B, A, {
    onCall: (call) => {
      incoming = call;
      call.answer("v=0 b");
    },
  });
  const call = a.call(`sip:phone@${B.host}`, { body: "v=0 a" });
  clock.runTo(1e9);
  assert.equal(call.state, "up");
  return { clock, network, wire, a, b, call, incoming: incoming! };
}

const text = (body: Uint8Array | undefined) => new TextDecoder().decode(body);

Deno.test("an INVITE within a call is accepted from either side, and says what was said before", () => {
  const { clock, call, incoming } = pair();
  const hold = call.reinvite("v=0 hold");
  clock.runTo(2e9);
  assert.deepEqual([hold.value?.status, text(hold.value?.body)], [200, "v=0 b"]);
  assert.equal(text(incoming.remoteBody), "v=0 hold");
  const back = incoming.reinvite("v=0 new");
  clock.runTo(3e9);
  assert.deepEqual([back.value?.status, text(back.value?.body)], [200, "v=0 hold"]);
  assert.equal(text(call.remoteBody), "v=0 new");
  clock.runTo(60e9);
  assert.equal(call.state, "up", "it was acknowledged");
});

Deno.test("what a phone does not like of it is refused with 488, and the call goes on", () => {
  const { clock, call, incoming } = pair();
  incoming.onReinvite = () => undefined;
  const outcome = call.reinvite("v=0 video");
  clock.runTo(2e9);
  assert.equal(outcome.value?.status, 488);
  assert.deepEqual([call.state, incoming.state], ["up", "up"]);
});

Deno.test("two at once cross and are both told so (491)", () => {
  const { clock, call, incoming } = pair();
  const outcomes = [call.reinvite(), incoming.reinvite()];
  clock.runTo(2e9);
  assert.deepEqual(outcomes.map(({ value }) => value?.status), [491, 491]);
  const later = call.reinvite();
  clock.runTo(3e9);
  assert.equal(later.value?.status, 200);
});

Deno.test("in bad weather every INVITE within a call ends, and the call is still one", () => {
  for (let seed = 0; seed < 20; seed++) {
    const { clock, network, call, incoming } = pair({ seed });
    network.weather = { delayNs: 1e6, jitterNs: 50e6, loss: 0.2, doubles: 0.2 };
    const outcome = call.reinvite("v=0 c");
    clock.runTo(100e9);
    const { status } = outcome.value!;
    assert.ok(status === 200 || status === undefined, `seed ${seed}: ${status}`);
    if (status === 200 && call.state === "up") assert.equal(incoming.state, "up", `seed ${seed}`);
  }
});

Deno.test("a call of which the other side knows nothing ends with the 481", () => {
  const { clock, network, call, incoming } = pair();
  network.admits = ({ from, bytes }) => from.host !== B.host || !text(bytes).startsWith("BYE");
  incoming.hangUp();
  clock.runTo(2e9);
  assert.deepEqual([call.state, incoming.state], ["up", "ended"]);
  const outcome = call.reinvite();
  clock.runTo(3e9);
  assert.equal(outcome.value?.status, 481);
  assert.deepEqual([call.state, incoming.state], ["ended", "ended"]);
  assert.throws(() => call.reinvite(), {
    message: "Cannot change a call that is ended: wait until it is up",
  });
});

Deno.test("a request of a call out of its order is refused with 500", () => {
  const { clock, network, call, wire } = pair();
  const hold = call.reinvite();
  clock.runTo(2e9);
  assert.equal(hold.value?.status, 200);
  const old = call.dialog!.request("INFO", [], { number: 1 });
  const via = ["Via", `SIP/2.0/UDP ${A.host};branch=z9hG4bKold`] as const;
  const sent: SipRequest = withHeaders(old, [via]);
  network.inject("UDP", A, B, formatMessage(sent));
  clock.runTo(3e9);
  assert.deepEqual(wire.slice(-2), ["A INFO", "B 500"]);
});

/** A phone that keeps itself registered at a PBX. */
function registered(
  {
    protocol = "UDP" as Protocol,
    expiresS = 60,
    weather = {} as Partial<Weather>,
    keepNonce = false,
  } = {},
) {
  const clock = new VirtualClock("sip");
  const network = new SimNetwork(clock, new Random(1), weather);
  const pbx = new Pbx({
    transport: network.socket(B, { protocol }),
    timers: clock,
    random: new Random(2),
    variant: "asterisk22",
    phones: { 1001: "one" },
  });
  const times: { s: number; how: string }[] = [];
  const phone = new UserAgent({
    transport: network.socket(A, { protocol }),
    timers: clock,
    random: new Random(3),
    identity: `sip:1001@${B.host}`,
    peer: B,
    credentials: { user: "1001", password: "one" },
    keepRegistered: true,
    keepNonce,
    onRegistered: (answer) => {
      const how = answer.type === "response" ? `${answer.status}` : answer.type;
      times.push({ s: Math.round(clock.now() / 1e9), how });
    },
  });
  phone.register({ expiresS });
  return { clock, network, pbx, phone, times };
}

Deno.test("a registration renews itself at half its time, until it is taken back", () => {
  const { clock, phone, pbx, times } = registered();
  clock.runTo(100e9);
  // Asterisk says 59 s when it was asked for 60 s.
  assert.deepEqual(times.map(({ s, how }) => `${s} ${how}`), [
    "0 200",
    "30 200",
    "59 200",
    "89 200",
  ]);
  phone.register({ expiresS: 0 });
  clock.runTo(1000e9);
  assert.equal(times.length, 5);
  assert.equal(pbx.bindings.all().length, 0);
});

Deno.test("a phone that keeps its nonce is asked again only when that is old", () => {
  // The PBX's nonces live for 32 s; a phone renews at half of its time.
  for (const [expiresS, rounds] of [[60, 1], [80, 2]] as const) {
    const { clock, network, times } = registered({ keepNonce: true, expiresS });
    clock.runTo(1e9);
    const statuses: number[] = [];
    network.tap(({ bytes }) => {
      const message = parseMessage(bytes);
      if (message.type === "response") statuses.push(message.status);
    });
    clock.runTo((expiresS / 2 + 1) * 1e9);
    assert.deepEqual(statuses, rounds === 1 ? [200] : [401, 200]);
    assert.deepEqual(times.map(({ how }) => how), ["200", "200"]);
  }
});

Deno.test("with a fifth of all datagrams lost it never runs out", () => {
  const { clock, pbx } = registered({ expiresS: 120, weather: { loss: 0.2 } });
  clock.runTo(60e9);
  for (let t = 60; t < 3600; t += 10) {
    clock.runTo(t * 1e9);
    assert.equal(pbx.bindings.of("1001").length, 1, `at ${t} s`);
  }
});

Deno.test("without an answer it tries again after half a minute, until its plug is pulled", () => {
  const { clock, network, phone, times } = registered();
  clock.runTo(1e9);
  network.setLink(B.host, "down");
  clock.runTo(130e9);
  network.setLink(B.host, "up");
  clock.runTo(160e9);
  assert.deepEqual(times.map(({ s, how }) => `${s} ${how}`), [
    "0 200",
    "62 timeout",
    "124 timeout",
    "154 200",
  ]);
  phone.close();
  clock.runTo(1000e9);
  assert.equal(times.length, 4);
});

Deno.test("whose connection is lost registers anew after a second, if it was registered", () => {
  const { clock, network, pbx, phone, times } = registered({ protocol: "TCP" });
  const lose = (exchange: Pbx) => {
    exchange.close();
    phone.ping("sip:pbx.example"); // RFC 5626 section 4.5.
    clock.runTo(clock.now() + 5e8);
    return new Pbx({ ...pbx.options, transport: network.socket(B, { protocol: "TCP" }) });
  };
  clock.runTo(1e9);
  const next = lose(pbx);
  clock.runTo(10e9);
  assert.deepEqual(times.map(({ s, how }) => `${s} ${how}`), ["0 200", "2 200"]);
  assert.equal(next.bindings.of("1001").length, 1);
  phone.register({ expiresS: 0 });
  clock.runTo(20e9);
  const last = lose(next);
  clock.runTo(100e9);
  assert.deepEqual([times.length, last.bindings.all()], [3, []]);
});

Deno.test("who is refused does not ask again", () => {
  const { clock, pbx, times } = registered();
  Object.assign(pbx.options.phones, { 1001: "changed" });
  clock.runTo(1000e9);
  assert.deepEqual(times.map(({ how }) => how), ["401"]);
});
