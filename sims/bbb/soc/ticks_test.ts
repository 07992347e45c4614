import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { Rate } from "./ticks.ts";

Deno.test("ticks are those of exact arithmetic, at any rate and after days", () => {
  const random = new Random(1);
  for (let i = 0; i < 20_000; i++) {
    const hz = i % 3 === 0 ? [24e6, 32_768, 48e6][i % 9 / 3]! : 1 + random.below(400_000_000);
    const t = random.below(300_000) * 1e9 + random.below(1e9);
    const count = new Rate(hz).count(t);
    assert.equal(BigInt(count), BigInt(t) * BigInt(hz) / 1_000_000_000n, `${hz} Hz at ${t}`);
  }
});

Deno.test("a tick's time is the first nanosecond that counts it", () => {
  const random = new Random(2);
  for (let i = 0; i < 20_000; i++) {
    const rate = new Rate([24e6, 32_768, 48e6, 3, 199_999_991][i % 5]!);
    const count = 1 + random.below(1e7);
    const t = rate.time(count);
    assert.ok(rate.count(t) >= count && rate.count(t - 1) < count, `${rate.hz} Hz: ${count}`);
  }
});

Deno.test("a clock that stands has no ticks", () => {
  assert.throws(() => new Rate(0), /Cannot count ticks at "0" Hz: the clock stands/);
});
