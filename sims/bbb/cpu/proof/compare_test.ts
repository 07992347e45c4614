import assert from "node:assert/strict";
import { makeCase } from "./case.ts";
import { Comparer } from "./compare.ts";
import { openComparer, openTranslatedComparer, pair } from "./open.ts";
import { makeProgram } from "./program.ts";
import { report } from "./report.ts";
import { Tally } from "./tally.ts";

const CASES = 300_000;
const PROGRAMS = 2_000;
const TRANSLATED = 400;

/** Compares `count` cases of a seed. */
function compare(comparer: Comparer, seed: string, count: number): Tally {
  const tally = new Tally();
  for (let index = 0; index < count; index++) {
    const test = makeCase(seed, index);
    tally.add(test, comparer.run(test));
  }
  return tally;
}

Deno.test("300,000 random instructions do the same on our Cortex-A8 and on libunicorn's", () => {
  const { comparer, disassemble, unicorn } = openComparer();
  const tally = compare(comparer, "test", CASES);
  unicorn.close();
  assert.equal(
    tally.divergences.length,
    0,
    tally.divergences.slice(0, 3).map((one) => report(one, disassemble)).join("\n"),
  );
  assert.ok(tally.compared > CASES / 2, "most cases have something to compare");
  assert.ok(tally.encodings.size > 300, `${tally.encodings.size} encodings were met`);
});

Deno.test("random programs end in the same state on both", () => {
  const { comparer, unicorn } = openComparer();
  const { programs } = comparer;
  for (let index = 0; index < PROGRAMS; index++) {
    assert.equal(programs.run(makeProgram("test", index)), undefined);
  }
  unicorn.close();
});

Deno.test("programs that are translated to WebAssembly end in the same state too", () => {
  const { comparer, unicorn, tier } = openTranslatedComparer();
  const { programs } = comparer;
  for (let index = 0; index < TRANSLATED; index++) {
    assert.equal(programs.run(makeProgram("translated", index)), undefined);
  }
  assert.ok(tier.translated > TRANSLATED / 2, `${tier.translated} regions were translated`);
  unicorn.close();
});

Deno.test("a CPU that forgets a carry is found out, with the command that replays it", () => {
  const { ours, unicorn, fill } = pair();
  const comparer = new Comparer(ours, unicorn, fill);
  const run = ours.run.bind(ours);
  ours.run = (before, steps) => {
    const outcome = run(before, steps);
    const carry = (before.cpsr ^ outcome.after.cpsr) & 0x2000_0000;
    outcome.after.cpsr = (outcome.after.cpsr ^ carry) >>> 0;
    return outcome;
  };
  const tally = compare(comparer, "carry", 500);
  unicorn.close();
  const found = tally.divergences[0];
  assert.ok(found, "nothing was found");
  assert.deepEqual(found.what, ["CPSR"]);
  const text = report(found, () => "an instruction");
  assert.match(text, /differs: CPSR/);
  assert.match(
    text,
    new RegExp(
      `replay: deno run .*sims/bbb/cpu/proof/main.ts --seed carry --index ${found.test.index}$`,
    ),
  );
});

Deno.test("a CPU that drops a store is found out", () => {
  const { ours, unicorn, fill } = pair();
  const comparer = new Comparer(ours, unicorn, fill);
  const run = ours.run.bind(ours);
  ours.run = (before, steps) => {
    const old = ours.scratch.slice();
    const outcome = run(before, steps);
    ours.scratch.set(old);
    return outcome;
  };
  const tally = compare(comparer, "store", 500);
  unicorn.close();
  assert.ok(
    tally.divergences.some(({ what }) => what.some((text) => text.startsWith("memory at"))),
  );
});

Deno.test("a case depends on its seed and index alone", () => {
  const first = makeCase("a", 7), again = makeCase("a", 7), other = makeCase("b", 7);
  assert.deepEqual([first.word, [...first.before.r]], [again.word, [...again.before.r]]);
  assert.notDeepEqual([...first.before.r], [...other.before.r]);
});
