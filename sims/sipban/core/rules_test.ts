import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "hil/time/mod.ts";
import { BAD, OWN, S, times, type Try, Wire } from "./_wire.ts";
import { BanEngine } from "./engine.ts";
import { DEFAULTS } from "./settings.ts";

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
