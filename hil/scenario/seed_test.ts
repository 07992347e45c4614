import assert from "node:assert/strict";
import { inside, makeLab } from "./_lab.ts";
import { seed } from "./seed.ts";

Deno.test("a scenario knows its seed", () => {
  const lab = makeLab();
  assert.equal(inside({ ...lab, context: { ...lab.context, seed: 7 } }, seed), 7);
});

Deno.test("there is no seed outside a scenario", () => {
  assert.throws(seed, /Cannot call "seed": no scenario is running/);
});
