import assert from "node:assert/strict";
import { seconds, type TargetContext } from "hil";
import { Timeline, type TraceEvent } from "hil/trace/mod.ts";
import { formatMessage, request } from "sims/sip/mod.ts";
import { ADDRESSES, passwordOf, type Pbx, pbxLabOf, phoneTable } from "../mod.ts";
import target from "./sim.ts";

async function start(options: Record<string, unknown> = {}, seed = 1) {
  const events: TraceEvent[] = [];
  const timeline = new Timeline({ write: (event) => void events.push(event) });
  const context = { role: "pbx", target: "sim", options, seed, timeline, defer() {} };
  const pbx: Pbx = await target.start(context as unknown as TargetContext);
  return { pbx, timeline, events };
}

/** An INVITE that nobody will acknowledge. */
function invite(from: string, user = "1001"): Uint8Array {
  return formatMessage(request("INVITE", `sip:600@${ADDRESSES.pbx}`, [
    ["Via", `SIP/2.0/UDP ${from}:5060;branch=z9hG4bKraw`],
    ["Max-Forwards", "70"],
    ["From", `<sip:${user}@${ADDRESSES.pbx}>;tag=1`],
    ["To", `<sip:600@${ADDRESSES.pbx}>`],
    ["Call-ID", "raw"],
    ["CSeq", "1 INVITE"],
    ["Contact", `<sip:${from}>`],
  ]));
}

Deno.test("the same seed gives the same trace, another seed another one", async () => {
  const traces: string[] = [];
  for (const seed of [7, 7, 8]) {
    const weather = { loss: 0.2, jitterNs: 3e6, doubles: 0.1 };
    const { pbx, events } = await start({ weather, phones: 5 }, seed);
    const office = await pbx.site("office", { nat: true });
    const phones = await Promise.all(Object.keys(pbx.phones).map((user) => office.phone(user)));
    const answers = await Promise.all(phones.map((phone) => phone.register()));
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 200, 200]);
    traces.push(JSON.stringify(events));
  }
  assert.equal(traces[0], traces[1]);
  assert.notEqual(traces[0], traces[2]);
});

Deno.test("what is on the wire is in the trace, with whom the PBX saw", async () => {
  const { pbx } = await start();
  const office = await pbx.site("office", { nat: true, addresses: 2 });
  const phone = await office.phone("1001", { address: 1 });
  assert.equal((await phone.register()).status, 200);
  assert.equal(phone.local.host, "10.77.0.11");
  assert.deepEqual(
    pbx.messages.occurrences.map(({ kind, data }) =>
      `${data.direction} ${kind} ${data.peer} ${data.cseq}`
    ),
    [
      "in REGISTER 198.51.100.2:5060 1 REGISTER",
      "out 401 198.51.100.2:5060 1 REGISTER",
      "in REGISTER 198.51.100.2:5060 2 REGISTER",
      "out 200 198.51.100.2:5060 2 REGISTER",
    ],
  );
  assert.deepEqual(
    pbx.events.occurrences.map(({ kind, data }) => `${kind} ${data.user} ${data.address}`),
    ["challenged 1001 198.51.100.2", "registered 1001 198.51.100.2"],
  );
});

Deno.test("one INVITE without an ACK is answered as the profile has it, whoever is named", async () => {
  for (const [profile, count] of [["asterisk22", 1], ["chan_sip", 11]] as const) {
    const { pbx } = await start({ profile });
    const attackers = await pbx.site("attackers", { outside: true });
    const from = { host: ADDRESSES.phones, port: 5060 };
    await attackers.send(invite(from.host), { from });
    await pbx.wait(seconds(60));
    const answers = pbx.messages.occurrences.filter(({ kind }) => kind === "401");
    assert.equal(answers.length, count, profile);
    assert.equal(answers[0]!.data.peer, `${ADDRESSES.phones}:5060`);
    assert.equal(attackers.seenAs[0], ADDRESSES.outside);
  }
});

Deno.test("bytes that are no message are in the trace as such", async () => {
  const { pbx } = await start();
  const attackers = await pbx.site("attackers", { outside: true });
  await attackers.send(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  await pbx.wait(seconds(1));
  const [first] = pbx.messages.occurrences;
  assert.deepEqual([first!.kind, first!.data.firstLine], ["malformed", "GET / HTTP/1.1"]);
});

Deno.test("what the filter drops was on the wire, and the PBX never sees it", async () => {
  const { pbx, timeline } = await start();
  const lab = pbxLabOf(timeline);
  assert.ok(lab.type === "sim");
  assert.equal(lab.clock, pbx.clock);
  const attackers = await pbx.site("attackers", { outside: true });
  lab.filter.blocked = (address) => address === attackers.seenAs[0];
  const guesser = await attackers.phone("1001", { password: "guess" });
  const answer = await guesser.register();
  assert.deepEqual([answer.status, answer.answered], [408, false]);
  assert.equal(lab.filter.dropped, 11);
  assert.ok(pbx.messages.occurrences.every(({ kind }) => kind === "REGISTER"));
  assert.equal(pbx.events.occurrences.length, 0);
  const home = await (await pbx.site("home")).phone("1001");
  assert.equal((await home.register()).status, 200);
});

Deno.test("a PBX that is down answers nobody; killed it is unreachable, started again it is there", async () => {
  const { pbx } = await start();
  const phone = await (await pbx.site("home")).phone("1001");
  await pbx.setLink("down");
  assert.deepEqual((await phone.register()).status, 408);
  assert.equal(pbx.messages.occurrences.length, 0);
  await pbx.setLink("up");
  await pbx.kill();
  assert.deepEqual((await phone.register()).status, 503);
  await pbx.restart();
  assert.equal((await phone.register()).status, 200);
});

Deno.test("calls go out over the trunk and come in from it without a challenge", async () => {
  const trunk = { address: "198.51.100.5" };
  const { pbx } = await start({ trunk, profile: "asterisk22" });
  const provider = await (await pbx.site("provider", trunk)).phone("provider", { port: 5060 });
  const phone = await (await pbx.site("home")).phone("1001");
  await phone.register();
  const out = await phone.call("94930123");
  assert.equal(out.status, 200);
  assert.equal(provider.current.length, 1);
  await provider.current[0]!.hangUp();
  assert.equal((await out.end({ within: seconds(1) }))?.by, "them");
  const incoming = await provider.call("1001");
  assert.equal(incoming.status, 200);
  await incoming.hangUp();
  await pbx.wait(seconds(1));
  assert.equal(phone.current.length, 0);
});

Deno.test("asked too early or for too much, it says what to do", async () => {
  const { timeline } = await start();
  assert.throws(() => pbxLabOf(new Timeline({ write() {} })), {
    message: 'Cannot find the network of role "pbx": none was started before; ' +
      "name the PBX first among what the scenario uses",
  });
  assert.ok(pbxLabOf(timeline));
  const { pbx } = await start();
  const home = await pbx.site("home");
  assert.throws(() => pbx.site("home"), {
    message: 'Cannot make site "home": there is one; give it another name',
  });
  assert.throws(() => home.phone("1001", { address: 1 }), {
    message: 'Cannot use address "1" of site "home": it has 1; ask for more when you make it',
  });
  assert.throws(() => pbx.site("six", { nat: true, family: 6 }), /IPv6 needs no NAT/);
  assert.throws(() => pbx.site("big", { outside: true, addresses: 241 }), /all 240 are taken/);
  assert.deepEqual(phoneTable(1), { 1001: passwordOf("1001") });
});
