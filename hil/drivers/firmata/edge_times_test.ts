import assert from "node:assert/strict";
import { ms } from "../../time/mod.ts";
import { EdgeTimes } from "./edge_times.ts";
import { STAMP_WRAPS_US } from "./sysex.ts";

Deno.test("stamps say how long after the last act an edge was, whenever that is told", () => {
  const times = new EdgeTimes(ms(1));
  assert.equal(times.acted(50e6, 9_000), 50e6);
  assert.equal(times.told(300e6, 9_020), 50e6 + 20_000);
  assert.equal(times.told(50.01e6, 9_020), 50.01e6, "it was not after it was told");
  times.acted(60e6, STAMP_WRAPS_US - 5);
  assert.equal(times.told(300e6, 15), 60e6 + 20_000, "the stamps have begun again");
});

Deno.test("an edge long after the last act, or without a stamp, was as long ago as telling takes", () => {
  const times = new EdgeTimes(ms(1));
  assert.equal(times.told(10e6, 77), 9e6, "nothing was done yet");
  times.acted(50e6, 9_000);
  assert.equal(times.told(1e9 + 60e6, 1_009_001), 1e9 + 59e6);
  assert.equal(times.told(70e6, undefined), 69e6);
  assert.equal(times.told(50.5e6, undefined), 50e6, "and not before the act");
});
