import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { interleave } from "./_toys.ts";
import { quiet } from "./choice.ts";
import { type DecisionLog, DecisionLogError, formatLog, parseLog } from "./log.ts";
import { recording } from "./recorder.ts";
import { replay } from "./replay.ts";
import { pct, random, STRATEGIES } from "./strategies.ts";
import { swarm } from "./swarm.ts";

function logOf(seed: number): DecisionLog {
  const recorder = recording(random(seed), { seed, strategy: "random" });
  interleave(recorder, 4, 5);
  return recorder.log;
}

Deno.test("a log that went through its file replays bit for bit, under each strategy", () => {
  for (const [strategy, make] of Object.entries(STRATEGIES)) {
    for (let seed = 1; seed <= 50; seed++) {
      const first = recording(make(seed), { seed, strategy });
      const order = interleave(first, 4, 5);
      const again = recording(replay(parseLog(formatLog(first.log))), { seed, strategy });
      assert.deepEqual(interleave(again, 4, 5), order);
      assert.deepEqual(again.log, first.log);
    }
  }
});

Deno.test("a choice of one way is no decision", () => {
  const recorder = recording(pct(1), { seed: 1, strategy: "pct" });
  interleave(recorder, 1, 5);
  assert.deepEqual(recorder.log.decisions, []);
});

Deno.test("a run that asks something else than the log is told where", () => {
  const log = logOf(3);
  const more = replay(log);
  assert.throws(() => interleave(more, 5, 5), {
    name: "DivergenceError",
    decision: 0,
    message: 'Cannot replay the decision log beyond decision "0": the log has "thread" of 4 ways ' +
      'there and the run asks "thread" of 5 ways; replay with the code, load and options of the ' +
      "recording",
  });
  const other = replay(log);
  assert.throws(() => other.choose({ kind: "fault", ways: 4 }), {
    wanted: '"thread" of 4 ways',
    found: '"fault" of 4 ways',
  });
  const longer = replay(log);
  interleave(longer, 4, 5);
  assert.throws(() => longer.choose({ kind: "fault", ways: 2 }), {
    decision: log.decisions.length,
    wanted: "its end",
    found: '"fault" of 2 ways',
  });
});

Deno.test("a log without what was asked is followed as far as it makes sense", () => {
  const chooser = replay({ version: 1, seed: 1, strategy: "", decisions: [1, 7, 1] });
  const ways = [2, 2, 1, 2, 2].map((ways) => chooser.choose({ kind: "any", ways }));
  assert.deepEqual(ways, [1, 0, 0, 1, 0]);
});

Deno.test("a chooser that gives a way that there is not is noticed", () => {
  const recorder = recording({ choose: () => 2 }, { seed: 1, strategy: "" });
  assert.throws(() => recorder.choose({ kind: "thread", ways: 2 }), {
    name: "RangeError",
    message: 'Cannot go way "2" at a choice of "thread": it has 2 ways; give 0 to 1, of fewer ' +
      "than 65536",
  });
});

Deno.test("choices are counted by kind, and those that were not quiet", () => {
  const recorder = recording({ choose: ({ kind }) => kind === "fault" ? 1 : 0 }, {
    seed: 1,
    strategy: "",
  });
  for (const kind of ["fault", "thread", "fault"]) recorder.choose({ kind, ways: 2 });
  assert.deepEqual([...recorder.counts].map(([kind, { asked, fired }]) => [kind, asked, fired]), [
    ["fault", 2, 2],
    ["thread", 1, 0],
  ]);
  assert.equal(quiet.choose({ kind: "fault", ways: 2 }), 0);
});

Deno.test("a swarm mask switches each kind of fault off under about half of the seeds", () => {
  const fires = (seed: number, kind: string) =>
    swarm({ choose: () => 1 }, seed).choose({ kind, ways: 2 }) === 1;
  const seeds = Array.from({ length: 1000 }, (_, seed) => seed);
  const reads = seeds.filter((seed) => fires(seed, "fault read error"));
  assert.ok(Math.abs(reads.length - 500) < 60, `${reads.length}`);
  const both = reads.filter((seed) => fires(seed, "fault lost interrupt"));
  assert.ok(Math.abs(both.length - 250) < 60, `${both.length}`);
  assert.equal(seeds.filter((seed) => fires(seed, "thread")).length, 1000);
});

Deno.test("a swarm mask does not depend on what is asked first", () => {
  const mask = (seed: number, kinds: readonly string[]) => {
    const chooser = swarm({ choose: () => 1 }, seed);
    return new Map(kinds.map((kind) => [kind, chooser.choose({ kind, ways: 2 })]));
  };
  const kinds = ["fault a", "fault b", "fault c"];
  for (let seed = 0; seed < 20; seed++) {
    const [one, other] = [mask(seed, kinds), mask(seed, kinds.toReversed())];
    for (const kind of kinds) assert.equal(one.get(kind), other.get(kind));
  }
});

Deno.test("what is no log is refused with its place and the reason", () => {
  const good = JSON.parse(formatLog(logOf(1)));
  const cases: [unknown, string, RegExp][] = [
    ["{", "not-json", /"the text": it is no JSON/],
    ["[]", "not-a-log", /it is no object/],
    [{}, "not-a-log", /"decisionLog": it has no version/],
    [{ ...good, decisionLog: 2 }, "newer", /of version 2 and this harness reads 1; update it/],
    [{ ...good, seed: 1.5 }, "damaged", /"seed": it is 1.5, and ought to be: a whole number/],
    [{ ...good, strategy: 1 }, "damaged", /"strategy": it is 1, and ought to be: a name/],
    [{ ...good, decisions: undefined }, "damaged", /"decisions": it is nothing/],
    [{ ...good, decisions: [-1] }, "damaged", /"decisions\[0\]": it is -1/],
    [{ ...good, decisions: [1] }, "damaged", /"places": it is "\d+ items", .* 1 as in decisions/],
    [{ ...good, kinds: 5 }, "damaged", /"kinds": it is 5/],
    [{ ...good, decisions: [4, ...good.decisions.slice(1)] }, "damaged", /4, .* one of 4 ways/],
  ];
  for (const [value, reason, message] of cases) {
    const isRight = (error: unknown) =>
      error instanceof DecisionLogError && error.reason === reason && message.test(error.message);
    const name = `${reason} ${message}`;
    assert.throws(() => parseLog(value), isRight, name);
    const text = typeof value === "string" ? value : JSON.stringify(value);
    assert.throws(() => parseLog(text), isRight, name);
  }
});

Deno.test("2,000 damaged logs are read to a good log or refused as DecisionLogError", () => {
  const chance = new Random(1);
  const text = formatLog(logOf(1));
  const bits = ['"', "[", "]", "{", "}", ",", "-", ".", "e9", "0", "null", "99999", "\u2028"];
  let refused = 0;
  for (let i = 0; i < 2000; i++) {
    const at = chance.below(text.length);
    const cut = chance.below(4);
    const broken = text.slice(0, at) + bits[chance.below(bits.length)] + text.slice(at + cut);
    try {
      const log = parseLog(broken);
      assert.deepEqual(parseLog(formatLog(log)), log);
    } catch (error) {
      assert.ok(error instanceof DecisionLogError, `${broken}: ${error}`);
      refused++;
    }
  }
  assert.ok(refused > 500 && refused < 2000, `${refused}`);
});
