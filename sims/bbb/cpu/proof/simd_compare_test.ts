import assert from "node:assert/strict";
import { STATE } from "../layout.ts";
import { openSimdComparer } from "./open.ts";
import { report } from "./report.ts";
import { makeSimdCase } from "./simd_case.ts";
import { Tally } from "./tally.ts";

const CASES = 60_000;

Deno.test("random VFP and NEON instructions do the same on our Cortex-A8 and on libunicorn's", () => {
  const { comparer, disassemble, unicorn } = openSimdComparer();
  const tally = new Tally();
  for (let index = 0; index < CASES; index++) {
    const test = makeSimdCase("test", index);
    tally.add(test, comparer.run(test));
  }
  unicorn.close();
  assert.equal(
    tally.divergences.length,
    0,
    tally.divergences.slice(0, 3).map((one) => report(one, disassemble)).join("\n"),
  );
  assert.ok(tally.compared > CASES * 0.75, "most cases have something to compare");
});

Deno.test("a wrong lane and a missing flag of FPSCR are found out", () => {
  const { comparer, ours, unicorn } = openSimdComparer();
  const run = ours.run.bind(ours);
  const { i32 } = ours.memory;
  let wrong = (): void => {};
  ours.run = (before, steps) => {
    const outcome = run(before, steps);
    wrong();
    return outcome;
  };
  const verdict = (index: number) => comparer.run(makeSimdCase("wrong", index));
  const agreed = [...Array(50).keys()].find((index) => verdict(index) === undefined)!;
  wrong = () => i32[(STATE.VFP >>> 2) + 63]! ^= 1;
  assert.match(JSON.stringify(verdict(agreed)), /D31 /);
  wrong = () => i32[STATE.FPSCR >>> 2]! ^= 0x10;
  assert.match(JSON.stringify(verdict(agreed)), /FPSCR /);
  unicorn.close();
});
