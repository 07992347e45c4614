import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "hil/time/mod.ts";
import type { Decision } from "./decision.ts";
import { BanEngine } from "./engine.ts";
import type { RequestFacts, ResponseFacts, Seen } from "./event.ts";
import { DEFAULTS, type Settings } from "./settings.ts";

const OWN = "198.51.100.1";
const BAD = "203.0.113.66";
const S = 1e9;

interface Try {
  readonly host?: string;
  readonly protocol?: Seen["protocol"];
  readonly method?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly branch?: string;
  readonly user?: string;
  readonly target?: string;
  /** The nonce that the request carries; its answer is what `guess` says. */
  readonly nonce?: string;
  readonly guess?: string;
  readonly username?: string;
  readonly toTag?: string;
}

/** A wire between the PBX and others; each method is what one of them sends. */
class Wire {
  readonly engine: BanEngine;
  readonly decisions: Decision[] = [];
  now = 0;
  #serial = 0;

  constructor(chosen: Partial<Settings> = {}) {
    this.engine = new BanEngine({ own: [OWN], maxHosts: 1000, maxTransactions: 1000, ...chosen });
  }

  unique(name: string): string {
    return `${name}${this.#serial++}`;
  }

  request(t: Try): void {
    const credentials = t.nonce === undefined ? {} : {
      credentials: { username: t.username ?? "7", nonce: t.nonce, response: t.guess ?? "wrong" },
    };
    const target = t.target ?? "7";
    this.#see(t, { type: "request", ...this.#common(t), target, ...credentials }, "in");
  }

  answer(
    status: number,
    t: Try & { nonces?: string[]; stale?: boolean; registeredS?: number },
  ): void {
    const { nonces = [], stale = false, registeredS = 0 } = t;
    const more = { status, nonces, stale, registeredS };
    this.#see(t, { type: "response", ...this.#common(t), ...more }, "out");
  }

  /** A request and its answer, a transaction of its own. */
  turn(status: number, t: Try = {}): Try {
    const whole = {
      callId: this.unique("call"),
      branch: this.unique("b"),
      toTag: this.unique("t"),
      ...t,
    };
    this.request({ ...whole, toTag: "" });
    this.answer(status, whole);
    return whole;
  }

  /** A challenge, and a guess that is refused as PJSIP (401) or chan_sip (403) does. */
  guess(refusal: number, t: Try = {}): void {
    const callId = t.callId ?? this.unique("call");
    const nonce = this.unique("n");
    const cseq = t.cseq ?? 1;
    const first = { ...t, callId, cseq, branch: this.unique("b"), toTag: this.unique("t") };
    this.request({ ...first, toTag: "" });
    this.answer(401, { ...first, nonces: [nonce] });
    const second = {
      ...first,
      cseq: cseq + 1,
      branch: this.unique("b"),
      nonce,
      guess: this.unique("g"),
    };
    this.request({ ...second, toTag: "" });
    const more = refusal === 401
      ? { nonces: [this.unique("n")] }
      : refusal === 200
      ? { registeredS: 60 }
      : {};
    this.answer(refusal, { ...second, ...more });
  }

  ack(t: Try): void {
    this.#see(t, { type: "request", ...this.#common({ ...t, method: "ACK" }), target: "7" }, "in");
  }

  tick(): void {
    this.decisions.push(...this.engine.tick(this.now));
  }

  said(type: Decision["type"]): Decision[] {
    return this.decisions.filter((decision) => decision.type === type);
  }

  get banned(): string[] {
    return this.engine.bans().map(({ host }) => host);
  }

  #common(
    { method = "REGISTER", callId = "c", cseq = 1, branch = "b", user = "sip:7@pbx", toTag = "" }:
      Try,
  ) {
    return { method, callId, cseq, branch, user, toTag };
  }

  #see(t: Try, sip: RequestFacts | ResponseFacts, way: "in" | "out"): void {
    const [them, us] = [{ host: t.host ?? BAD, port: 5060 }, { host: OWN, port: 5060 }];
    const [from, to] = way === "in" ? [them, us] : [us, them];
    const protocol = t.protocol ?? "UDP";
    this.decisions.push(...this.engine.see({ t: this.now, protocol, from, to, sip }));
  }
}

const times = (n: number, does: (i: number) => void) => {
  for (let i = 0; i < n; i++) does(i);
};

for (const refusal of [401, 403] as const) {
  Deno.test(`ten wrong passwords do not ban and the eleventh does (refused by ${refusal})`, () => {
    const wire = new Wire();
    times(10, () => wire.guess(refusal));
    assert.deepEqual(wire.decisions, []);
    wire.guess(refusal);
    assert.deepEqual(wire.decisions, [
      { type: "ban", t: 0, host: BAD, rule: "failures", untilNs: 3600 * S, level: 1 },
    ]);
    times(30, () => wire.guess(refusal));
    assert.equal(wire.decisions.length, 1);
  });
}

Deno.test("a branch that is the Call-ID hides no transaction behind another", () => {
  const wire = new Wire();
  times(11, (i) => wire.turn(403, { protocol: "TCP", callId: `same${i}`, branch: `same${i}` }));
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("one Call-ID for all guesses: each challenge after the first is a failure", () => {
  const wire = new Wire();
  let nonce: string | undefined;
  times(12, (i) => {
    const next = wire.unique("n");
    const t = {
      callId: "one",
      cseq: i,
      branch: wire.unique("b"),
      ...(nonce && { nonce, guess: `${i}` }),
    };
    wire.request(t);
    wire.answer(401, { ...t, nonces: [next] });
    nonce = next;
    assert.equal(wire.banned.length, i === 11 ? 1 : 0);
  });
});

Deno.test("the limit and the window are what is set; 0 is for ever", () => {
  const strict = new Wire({ maxFailures: 0 });
  strict.guess(403);
  assert.equal(strict.banned.length, 1);
  const slow = (windowS: number, pauseS: number) => {
    const wire = new Wire({ windowS });
    times(11, () => {
      wire.guess(403);
      wire.now += pauseS * S;
    });
    return wire.banned.length;
  };
  assert.deepEqual([slow(100, 9), slow(100, 10), slow(100, 11), slow(0, 1e6)], [1, 0, 0, 1]);
});

Deno.test("one INVITE never ACKed and its eleven answers are one unproven failure", () => {
  const wire = new Wire();
  const invite = { method: "INVITE", branch: "spoofed", callId: "x", toTag: "t" };
  wire.request({ ...invite, toTag: "" });
  for (const at of [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]) {
    wire.now = at * S;
    wire.answer(401, { ...invite, nonces: ["n"] });
  }
  wire.now = 100 * S;
  wire.tick();
  assert.deepEqual(wire.decisions, []);
  assert.deepEqual([wire.engine.sizes.unproven, wire.engine.sizes.proven], [1, 0]);
});

Deno.test("fifty phones behind one NAT address register rightly, all challenged at first", () => {
  for (const protocol of ["UDP", "TCP"] as const) {
    const wire = new Wire();
    const phones = Array.from({ length: 50 }, (_, i) => ({
      host: BAD,
      protocol,
      user: `sip:${i}@pbx`,
      target: `${i}`,
      username: `${i}`,
      callId: `c${i}`,
    }));
    for (const [i, phone] of phones.entries()) {
      wire.request({ ...phone, branch: `a${i}` });
      wire.answer(401, { ...phone, branch: `a${i}`, nonces: [`n${i}`] });
    }
    wire.now = 5 * S;
    for (const [i, phone] of phones.entries()) {
      const again = { ...phone, cseq: 2, branch: `z${i}`, nonce: `n${i}` };
      wire.request(again);
      wire.answer(200, { ...again, registeredS: 60 });
    }
    wire.now = 100 * S;
    wire.tick();
    assert.deepEqual([wire.decisions, wire.engine.sizes.challenges], [[], 0]);
  }
});

Deno.test("phones whose nonces are stale after a restart are no guessers", () => {
  const wire = new Wire();
  times(50, (i) => {
    const t = {
      callId: `c${i}`,
      user: `sip:${i}@pbx`,
      branch: `b${i}`,
      nonce: "old",
      protocol: "TCP" as const,
    };
    wire.request(t);
    wire.answer(401, { ...t, nonces: [`n${i}`], stale: true });
  });
  assert.deepEqual(wire.decisions, []);
});

Deno.test("100 forgives nothing: 100 and 403 for ever bans", () => {
  const wire = new Wire();
  times(11, () => {
    const t = {
      method: "INVITE",
      protocol: "TCP" as const,
      callId: wire.unique("c"),
      branch: wire.unique("b"),
    };
    wire.request(t);
    wire.answer(100, t);
    wire.answer(183, t);
    wire.answer(403, t);
  });
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("unanswered challenges with new Call-IDs count when their time is over", () => {
  for (const [protocol, type] of [["TCP", "ban"], ["UDP", "limit"]] as const) {
    const wire = new Wire();
    times(11, (i) => {
      wire.now = i * S;
      wire.turn(401, { protocol });
    });
    assert.equal(wire.engine.nextNs(), 32 * S);
    wire.now = 41 * S;
    wire.tick();
    assert.equal(wire.decisions.length, 0);
    wire.now = 42 * S;
    wire.tick();
    assert.deepEqual(wire.decisions.map((d) => [d.type, d.t]), [[type, 42 * S]]);
  }
});

Deno.test("unanswered challenges of one Call-ID count too, whatever their CSeq", () => {
  for (const cseq of [() => 1, (i: number) => 100 - i, (i: number) => i]) {
    const wire = new Wire();
    times(12, (i) => wire.turn(401, { protocol: "TCP", callId: "same", cseq: cseq(i) }));
    wire.now = 33 * S;
    wire.tick();
    assert.deepEqual(wire.banned, [BAD]);
  }
});

Deno.test("where requests are not seen, a second challenge of a Call-ID is a failure", () => {
  const wire = new Wire();
  times(12, (i) => {
    assert.deepEqual(wire.banned, []);
    wire.answer(401, { protocol: "TCP", callId: "same", cseq: i, branch: `${i}` });
  });
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("a wrong password that is tried again without credentials first counts once each time", () => {
  const wire = new Wire();
  times(11, (i) => {
    assert.deepEqual(wire.banned, []);
    wire.guess(401, { protocol: "TCP", callId: "same", cseq: 2 * i });
  });
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("more challenges than there is room for are no hiding place", () => {
  const wire = new Wire({ maxTransactions: 5 });
  times(17, () => wire.turn(401, { protocol: "TCP" }));
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("a success forgives its own user only, and only by credentials", () => {
  const wire = new Wire({ breachFailures: 0, scanTargets: 0 });
  times(10, () => wire.guess(403, { user: "sip:victim@pbx", username: "victim" }));
  times(3, () => wire.guess(200, { user: "sip:own@pbx", username: "own" }));
  // A guest's call says that it is from the victim.
  wire.turn(200, { method: "INVITE", user: "sip:victim@pbx", protocol: "TCP" });
  // The victim's name, but proved by the credentials of another.
  wire.guess(200, { user: "sip:victim@pbx", username: "own" });
  assert.deepEqual(wire.banned, []);
  wire.guess(403, { user: "sip:victim@pbx", username: "victim" });
  assert.deepEqual(wire.banned, [BAD]);
  const forgiven = new Wire({ breachFailures: 0 });
  times(5, () => {
    times(10, () => forgiven.guess(403));
    forgiven.guess(200);
  });
  assert.deepEqual(forgiven.decisions, []);
});

Deno.test("a guest's call does not settle the challenge of its Call-ID", () => {
  const wire = new Wire();
  times(11, (i) => {
    wire.turn(401, { method: "INVITE", callId: `c${i}`, protocol: "TCP" });
    wire.turn(200, { method: "INVITE", callId: `c${i}`, protocol: "TCP" });
  });
  wire.now = 40 * S;
  wire.tick();
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("guesses under one branch, CSeq and Call-ID are counted by their credentials", () => {
  const wire = new Wire();
  const fixed = { callId: "c", cseq: 2, branch: "fixed" };
  wire.turn(401, { callId: "c", cseq: 1 });
  wire.answer(401, { callId: "c", branch: "first", nonces: ["n"] });
  times(11, (i) => {
    wire.request({ ...fixed, nonce: "n", guess: `${i}` });
    wire.answer(401, { ...fixed });
  });
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("an old branch is no hiding place after its transaction is over", () => {
  const wire = new Wire();
  times(11, () => {
    wire.turn(404, { method: "INVITE", branch: "same", callId: "same", protocol: "TCP" });
    wire.now += 32 * S;
  });
  assert.deepEqual(wire.banned, [BAD]);
});

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

Deno.test("a scan of extensions bans before the failures would", () => {
  const wire = new Wire();
  times(6, (i) => {
    assert.deepEqual(wire.banned, []);
    wire.turn(404, { method: "INVITE", target: `10${i}`, protocol: "TCP" });
  });
  assert.deepEqual(wire.decisions.map((d) => d.type === "ban" && d.rule), ["scan"]);
});

Deno.test("one user from many hosts is reported, once a window", () => {
  const wire = new Wire({ userHosts: 3, windowS: 100 });
  times(9, (i) => wire.guess(403, { host: `203.0.113.${i}` }));
  assert.deepEqual(wire.decisions.map((d) => d.type === "alert" && [d.rule, d.user, d.count]), [
    ["distributed", "sip:7@pbx", 4],
  ]);
  wire.now = 200 * S;
  times(3, (i) => wire.guess(403, { host: `203.0.113.${i}` }));
  assert.equal(wire.decisions.length, 1);
});

Deno.test("a success after many failures is reported as a breach", () => {
  const wire = new Wire();
  times(5, () => wire.guess(403));
  wire.guess(200);
  assert.deepEqual(wire.decisions, [
    { type: "alert", t: 0, rule: "breach", host: BAD, user: "sip:7@pbx", count: 5 },
  ]);
});

Deno.test("bans end, grow for repeaters up to the longest, and begin again after a long quiet", () => {
  const wire = new Wire({ banS: 10, escalation: 4, maxBanS: 100, forgetS: 1000 });
  const lengths: number[] = [];
  times(4, () => {
    times(11, () => wire.guess(403));
    const [ban] = wire.engine.bans();
    lengths.push((ban!.untilNs! - wire.now) / S);
    wire.now = ban!.untilNs! - 1;
    wire.tick();
    assert.equal(wire.banned.length, 1);
    wire.now++;
    wire.tick();
    assert.equal(wire.banned.length, 0);
  });
  assert.deepEqual(lengths, [10, 40, 100, 100]);
  assert.equal(wire.said("unban").length, 4);
  wire.now += 1001 * S;
  times(11, () => wire.guess(403));
  assert.equal((wire.engine.bans()[0]!.untilNs! - wire.now) / S, 10);
});

Deno.test("a ban lasts for ever when so set; unban by hand forgets all", () => {
  const wire = new Wire({ banS: 0 });
  times(11, () => wire.guess(403));
  wire.now = 1e9 * S;
  wire.tick();
  assert.equal(wire.banned.length, 1);
  assert.deepEqual(wire.engine.unban("::ffff:203.0.113.66", wire.now).map(({ type }) => type), [
    "unban",
  ]);
  assert.deepEqual(wire.engine.unban(BAD, wire.now), []);
  times(10, () => wire.guess(403));
  assert.deepEqual(wire.banned, []);
});

Deno.test("bans of an earlier run go on without doubles, and grow from where they were", () => {
  const before = new Wire({ banS: 10 });
  times(11, () => before.guess(403));
  const after = new Wire({ banS: 10 });
  after.now = 5 * S;
  after.engine.restore(before.engine.bans(), after.now);
  times(11, () => after.guess(403));
  assert.deepEqual([after.decisions, after.banned], [[], [BAD]]);
  after.now = 10 * S;
  times(11, () => after.guess(403));
  assert.deepEqual(after.decisions.map((d) => d.type === "ban" ? d.level : d.type), ["unban", 2]);
  const late = new Wire();
  late.engine.restore(before.engine.bans(), 10 * S);
  assert.deepEqual(late.banned, []);
});

Deno.test("memory has a bound, and a spoofed flood does not push out what is proved", () => {
  const wire = new Wire({ maxHosts: 100, maxTransactions: 100 });
  times(10, () => wire.guess(403));
  times(5000, (i) => wire.turn(i % 2 ? 404 : 401, { host: `2001:db8::${i.toString(16)}` }));
  const { transactions, challenges, unproven } = wire.engine.sizes;
  assert.ok(transactions <= 100 && challenges <= 100 && unproven <= 100);
  wire.guess(403);
  assert.deepEqual(wire.banned, [BAD]);
});

Deno.test("settings that cannot be are refused by their name", () => {
  assert.throws(() => new BanEngine({ windowS: -1 }), {
    message: 'Cannot set windowS to "-1": it is below 0; give a number from 0 on',
  });
  assert.throws(() => new BanEngine({ maxHosts: 0 }), RangeError);
  assert.throws(() => new BanEngine({ own: ["pbx.example"] }), RangeError);
});

/** Whatever is seen, in whatever order: what must never be is not. */
Deno.test("no messages whatever ban the innocent, ban twice, or fill the memory", () => {
  const hosts = [BAD, "127.0.0.1", "203.0.113.7", "2001:db8::7", OWN, "198.51.100.9"];
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed);
      const wire = new Wire({
        allow: ["2001:db8::/32"],
        maxFailures: 2,
        banS: 5,
        maxHosts: 4,
        maxTransactions: 8,
      });
      const pick = <T>(list: readonly T[]) => list[random.below(list.length)]!;
      const live = new Set<string>();
      for (let n = 0; n < 300; n++) {
        wire.now += random.below(3) * S;
        const t: Try = {
          host: pick(hosts),
          method: pick(["REGISTER", "INVITE", "OPTIONS"]),
          callId: `c${random.below(6)}`,
          cseq: random.below(4),
          branch: `b${random.below(6)}`,
          user: `sip:${random.below(4)}@pbx`,
          // Never one that the PBX has given: nothing is proved.
          ...(random.chance(0.5) && { nonce: "never offered", guess: `${random.below(3)}` }),
        };
        const way = random.below(4);
        if (way === 0) wire.request(t);
        else if (way === 1) wire.ack({ ...t, toTag: "forged" });
        else {wire.answer(pick([100, 200, 401, 403, 404, 407, 503]), {
            ...t,
            nonces: ["x"],
            registeredS: 9,
            toTag: "real",
          });}
      }
      for (const decision of wire.decisions) {
        if (decision.type === "ban") live.add(decision.host);
        assert.ok(!["127.0.0.1", OWN].includes((decision as { host: string }).host));
      }
      assert.deepEqual([...live], [], "nothing was proved, so nobody is banned");
      assert.ok(wire.engine.sizes.challenges <= 8 && wire.engine.sizes.unproven <= 4);
    }),
    { numRuns: 200 },
  );
});

Deno.test("however guesses are spread within the window, the ban comes with the eleventh", () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 11, maxLength: 11 });
  const refusals = fc.array(fc.constantFrom(401 as const, 403 as const), {
    minLength: 11,
    maxLength: 11,
  });
  fc.assert(fc.property(pauses, refusals, fc.boolean(), (pauses, refusals, oneCall) => {
    const wire = new Wire({ windowS: DEFAULTS.windowS });
    pauses.forEach((pause, i) => {
      wire.now += pause * S;
      wire.guess(refusals[i]!, oneCall ? { callId: "one", cseq: 2 * i } : {});
      assert.equal(wire.banned.length, i === 10 ? 1 : 0);
    });
  }));
});
