import assert from "node:assert/strict";
import { Random } from "../../engine/mod.ts";
import { planOf } from "./_bench.ts";
import { FaultPlanError, parsePlan, parsePlanText } from "./plan.ts";

const FULL = planOf([
  {
    kind: "error",
    operations: ["write", "flush"],
    lba: [8, 15],
    from: { request: 3, flush: 1, ns: 5 },
    until: { request: 100 },
    count: "persistent",
    chance: 0.5,
  },
  { kind: "latency", ns: 10 },
  { kind: "misdirect", by: -1, count: 2 },
], { torn: true, survivors: "in order" });

Deno.test("a plan goes through JSON and back", () => {
  assert.deepEqual(parsePlanText(JSON.stringify(FULL)), FULL);
});

Deno.test("what is wrong with a plan is said, and where", () => {
  const one = (fault: unknown) => ({ version: 1, seed: 1, faults: [{ kind: "rot" }, fault] });
  const cases: [unknown, string][] = [
    [[], "the plan is no object"],
    [{ version: 1, seed: 1 }, 'the plan has no "faults"'],
    [{ version: 2, seed: 1, faults: [] }, "version is not 1, the one version that there is"],
    [{ version: 1, seed: -1, faults: [] }, "seed is no whole number from 0"],
    [
      { version: 1, seed: 1, faults: [], tron: true },
      'the plan has "tron", which is none of version, seed, faults, torn, survivors',
    ],
    [
      one({ kind: "fire" }),
      "faults[1].kind is none of error, latency, hold, drop, misdirect, rot, power cut",
    ],
    [one({ kind: "error", lba: [9, 8] }), "faults[1].lba ends before it begins"],
    [one({ kind: "error", until: { ns: 0.5 } }), "faults[1].until.ns is no whole number from 0"],
    [one({ kind: "error", chance: 2 }), "faults[1].chance is no number from 0 to 1"],
    [one({ kind: "latency" }), 'faults[1] is a latency without "ns"'],
    [one({ kind: "error", ns: 1 }), 'faults[1].ns says nothing for "error"'],
    [one({ kind: "error", by: 1 }), 'faults[1].by says nothing for "error"'],
    [
      one({ kind: "rot", operations: ["write"] }),
      'faults[1].operations has "write", which "rot" cannot befall',
    ],
  ];
  for (const [plan, problem] of cases) {
    assert.throws(() => parsePlan(plan), {
      name: "FaultPlanError",
      message: `Cannot take the fault plan: ${problem}`,
    });
  }
  assert.throws(() => parsePlanText("{"), /^FaultPlanError: Cannot take .*: the text is no JSON/);
});

Deno.test("10,000 damaged plans are taken or refused with a FaultPlanError, never anything else", () => {
  const random = new Random(1);
  const values = ["-1", "null", "[]", "{}", '"error"', "1e99", "0.5", "true", '"persistent"'];
  const text = JSON.stringify(FULL);
  const tokens = [...text.matchAll(/"[^"]*"|-?\d+(\.\d+)?|true/g)];
  let refused = 0;
  for (let turn = 0; turn < 10_000; turn++) {
    const token = tokens[random.below(tokens.length)]!;
    const value = values[random.below(values.length)]!;
    const end = token.index + token[0].length;
    const damaged = random.chance(0.2)
      ? text.slice(0, random.below(text.length))
      : text.slice(0, token.index) + value + text.slice(end);
    try {
      parsePlanText(damaged);
    } catch (error) {
      assert.ok(error instanceof FaultPlanError, `${damaged}: ${error}`);
      refused++;
    }
  }
  assert.ok(refused > 5000 && refused < 10_000, `${refused} refused`);
});
