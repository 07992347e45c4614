import assert from "node:assert/strict";
import { BAD, S, times, Wire } from "./_wire.ts";

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
