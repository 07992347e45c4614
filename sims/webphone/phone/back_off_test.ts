import assert from "node:assert/strict";
import fc from "fast-check";
import { backOffS } from "./back_off.ts";

const RANGE = { minS: 1, maxS: 8 };

Deno.test("waits double from attempt to attempt, up to the longest", () => {
  const waits = [1, 2, 3, 4, 5, 6].map((n) => backOffS(RANGE, n, 1));
  assert.deepEqual(waits, [1, 2, 4, 8, 8, 8]);
});

Deno.test("whatever the attempt, a wait is within its range, and chance scatters it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1 }), (n, chance) => {
      if (Number.isNaN(chance)) return;
      const wait = backOffS(RANGE, n, chance);
      assert.ok(wait >= RANGE.minS && wait <= RANGE.maxS);
    }),
  );
  assert.equal(backOffS(RANGE, 4, 0), 4);
});
