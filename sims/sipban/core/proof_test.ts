import assert from "node:assert/strict";
import { BAD, OWN, S, times, Wire } from "./_wire.ts";
import { BanEngine } from "./engine.ts";
import { DEFAULTS } from "./settings.ts";

Deno.test("spoofed failures slow an address down and do not ban it", () => {
  const wire = new Wire();
  times(500, () => wire.turn(404, { method: "INVITE" }));
  assert.deepEqual(wire.decisions, [
    { type: "limit", t: 0, host: BAD, rule: "failures", untilNs: 60 * S },
  ]);
  wire.now = 61 * S;
  times(20, () => wire.turn(404, { method: "INVITE" }));
  assert.equal(wire.said("limit").length, 2);
});

Deno.test("a spoofed burst that names a registered phone is reported and nothing more", () => {
  const wire = new Wire();
  wire.guess(200, { host: BAD });
  times(100, () => wire.turn(403, { host: BAD }));
  assert.deepEqual(wire.decisions.map((d) => d.type === "alert" && d.rule), ["spoofed"]);
  // The registration is over: then it is a stranger's address again.
  wire.now = 700 * S;
  times(11, () => wire.turn(403, { host: BAD }));
  assert.equal(wire.said("limit").length, 1);
});

Deno.test("a registered phone that guesses for others, proved, is banned", () => {
  const wire = new Wire();
  wire.guess(200);
  times(11, () => wire.guess(403, { user: "sip:boss@pbx", username: "boss" }));
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("a nonce that was given to another host proves nothing", () => {
  const wire = new Wire();
  times(30, () => {
    const nonce = wire.unique("n");
    wire.answer(401, {
      host: "203.0.113.9",
      callId: wire.unique("c"),
      branch: wire.unique("b"),
      nonces: [nonce],
    });
    wire.turn(403, { nonce });
  });
  assert.deepEqual(wire.banned, []);
});

Deno.test("an ACK proves with the tag that it was sent, also after the failure; another does not", () => {
  for (const [tag, banned] of [[undefined, [BAD]], ["forged", []]] as const) {
    const wire = new Wire();
    times(11, () => {
      const invite = wire.turn(404, { method: "INVITE" });
      wire.ack(tag === undefined ? invite : { ...invite, toTag: tag });
    });
    assert.deepEqual(wire.banned, banned);
  }
});

Deno.test("the PBX's own addresses, loopback and the allow list are never banned; their neighbours are", () => {
  const never = [
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "203.0.113.64",
    "203.0.113.95",
    "2001:db8::5",
    "::ffff:203.0.113.70",
  ];
  const banned = ["203.0.113.63", "203.0.113.96", "2001:db9::5"];
  const wire = new Wire({
    allow: ["203.0.113.64/27", "2001:db8::/32"],
    own: [OWN, "198.51.100.2"],
  });
  for (const host of [...never, "198.51.100.2", ...banned]) {
    times(11, () => wire.guess(403, { host }));
  }
  assert.deepEqual(wire.banned, ["203.0.113.63", "203.0.113.96", "2001:db9:0:0:0:0:0:0/64"]);
  for (const host of [...never, OWN]) assert.deepEqual(wire.engine.ban(host, 0), []);
  wire.engine.restore([{ host: OWN, level: 1 }, { host: "203.0.113.70", level: 1 }], 0);
  assert.equal(wire.banned.length, 3);
});

Deno.test("a trunk's answers that come in ban neither the PBX nor the trunk", () => {
  const wire = new Wire();
  times(50, (i) => {
    const sip = {
      type: "response",
      method: "INVITE",
      callId: `${i}`,
      cseq: 1,
      branch: `${i}`,
      user: "sip:x@y",
      toTag: "",
      status: 403,
      nonces: [],
      stale: false,
      registeredS: 0,
    } as const;
    const [trunk, own] = [{ host: BAD, port: 5060 }, { host: OWN, port: 5060 }];
    wire.decisions.push(...wire.engine.see({ t: 0, protocol: "TCP", from: trunk, to: own, sip }));
    wire.decisions.push(...wire.engine.see({ t: 0, protocol: "TCP", from: own, to: own, sip }));
  });
  assert.deepEqual(wire.decisions, []);
});

Deno.test("between two of its own addresses nothing counts, whichever way it goes", () => {
  const engine = new BanEngine({ own: [OWN, "198.51.100.2"], maxFailures: 0, maxHosts: 9 });
  const other = { host: "198.51.100.2", port: 5060 };
  const own = { host: OWN, port: 5060 };
  const sip = {
    type: "response",
    method: "INVITE",
    callId: "c",
    cseq: 1,
    branch: "b",
    user: "sip:x@y",
    toTag: "",
    status: 403,
    nonces: [],
    stale: false,
    registeredS: 0,
  } as const;
  const seen = { t: 0, protocol: "TCP", from: own, to: other, sip } as const;
  assert.deepEqual(engine.see(seen), []);
  assert.deepEqual(engine.sizes.transactions, 0);
  // And an answer from a stranger to a stranger, as a mirror port shows it.
  const stranger = { host: BAD, port: 5060 };
  engine.see({ ...seen, from: stranger, to: { host: "203.0.113.1", port: 5060 } });
  // A request of the PBX's own, and one that passes by.
  const request = { ...sip, type: "request", target: "x" } as const;
  engine.see({ ...seen, from: own, to: stranger, sip: request });
  engine.see({ ...seen, from: stranger, to: { host: "203.0.113.1", port: 5060 }, sip: request });
  engine.see({ ...seen, from: stranger, to: own, sip });
  assert.deepEqual(engine.sizes.transactions, 0);
  engine.see({ ...seen, to: stranger });
  assert.deepEqual(engine.sizes.transactions, 1);
});

Deno.test("an answer that is said again counts once, also another one to the same request", () => {
  const wire = new Wire({ maxFailures: 1 });
  const t = wire.turn(403, { protocol: "TCP" });
  for (const status of [403, 401, 404, 603]) wire.answer(status, { ...t, nonces: ["n"] });
  wire.now = 31 * S;
  wire.answer(403, t);
  wire.tick();
  assert.deepEqual(wire.decisions, []);
  assert.equal(wire.engine.sizes.challenges, 0);
  // A 200 after its 403 is none either: it forgives nothing.
  const guessed = wire.turn(403, { protocol: "TCP", nonce: "n", guess: "g" });
  wire.answer(200, { ...guessed, registeredS: 60 });
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("what a banned host still sends is not kept", () => {
  const wire = new Wire({ banS: 100 });
  assert.equal(wire.engine.ban(BAD, 0).length, 1);
  times(30, () => wire.guess(403, { protocol: "TCP" }));
  assert.deepEqual(wire.engine.sizes, {
    ...{ transactions: 0, challenges: 0, proven: 0, unproven: 0 },
    bans: 1,
  });
  // When the ban is over it begins anew, with nothing from before.
  wire.now = 100 * S;
  times(10, () => wire.guess(403, { protocol: "TCP" }));
  assert.deepEqual(wire.said("ban"), []);
  wire.guess(403, { protocol: "TCP" });
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("of one Call-ID 32 challenges wait; each more has the first of them counted", () => {
  const wire = new Wire();
  times(32 + 10, () => wire.turn(401, { protocol: "TCP", callId: "same" }));
  assert.deepEqual([wire.engine.sizes.challenges, wire.banned], [32, []]);
  wire.turn(401, { protocol: "TCP", callId: "same" });
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("an ACK proves only an INVITE that was answered, whose tag it brings", () => {
  const wire = new Wire({ maxFailures: 0 });
  const invite = { method: "INVITE", callId: "c", branch: "b" };
  wire.request(invite);
  wire.ack({ ...invite, toTag: "" }); // nothing was answered: there is no tag to know
  wire.ack({ ...invite, toTag: "guessed" });
  wire.answer(404, { ...invite, toTag: "real" });
  assert.deepEqual(wire.banned, []);
  wire.ack({ ...invite, toTag: "" });
  wire.ack({ ...invite, toTag: "real", branch: "other" });
  wire.ack({ ...invite, toTag: "real", host: "203.0.113.67" });
  assert.deepEqual(wire.banned, []);
  // An answer without a tag gives nothing to prove by.
  const bare = { method: "INVITE", callId: "d", branch: "d" };
  wire.turn(404, { ...bare, toTag: "" });
  wire.ack({ ...bare, toTag: "" });
  assert.deepEqual(wire.banned, []);
  wire.now = 33 * S; // and an old one proves nothing any more
  wire.ack({ ...invite, toTag: "real" });
  assert.deepEqual(wire.banned, []);
  wire.turn(404, { ...invite, toTag: "new" });
  wire.ack({ ...invite, toTag: "new" });
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("a user's password found by many hosts is a breach; its own phone's registering is none", () => {
  const wire = new Wire();
  const home = "203.0.113.7";
  wire.guess(200, { host: home });
  times(6, (i) => wire.guess(403, { host: `203.0.113.${100 + i}` }));
  wire.guess(200, { host: home }); // registered there before
  wire.guess(200, { host: "203.0.113.100", user: "sip:8@pbx", username: "8" }); // another user
  assert.deepEqual(wire.decisions, []);
  wire.guess(200, { host: "203.0.113.200" });
  wire.guess(200, { host: "203.0.113.200" }); // told once
  assert.deepEqual(wire.decisions, [
    { type: "alert", t: 0, rule: "breach", host: "203.0.113.200", user: "sip:7@pbx", count: 6 },
  ]);
});

Deno.test("spoofed failures at a user make no breach of its success", () => {
  const wire = new Wire();
  times(40, (i) => wire.turn(404, { method: "INVITE", host: `203.0.113.${i}` }));
  wire.guess(200, { host: "203.0.113.200" });
  assert.deepEqual(wire.decisions, []);
});

Deno.test("other methods do not count; exempt statuses do not either", () => {
  const wire = new Wire({ exempt: [486, 487] });
  times(50, () => {
    for (const method of ["OPTIONS", "BYE", "SUBSCRIBE"]) {
      wire.turn(404, { method, protocol: "TCP" });
    }
    for (const status of [486, 487, 302]) wire.turn(status, { method: "INVITE", protocol: "TCP" });
  });
  assert.deepEqual(wire.decisions, []);
});

Deno.test("how the calls of a user end is no failure, and leaves no challenge that waits", () => {
  const wire = new Wire();
  for (const status of [302, ...DEFAULTS.exempt]) {
    times(11, () => wire.guess(status, { method: "INVITE" }));
  }
  assert.equal(wire.engine.sizes.challenges, 0);
  wire.now = 60 * S;
  wire.tick();
  assert.deepEqual(wire.decisions, []);
});
