import assert from "node:assert/strict";
import { Duration, formatNs, minutes, ms, ns, seconds, us } from "./duration.ts";
import { Random } from "./random.ts";

Deno.test("each unit makes whole nanoseconds, the nearest", () => {
  assert.deepEqual([ns(7), us(7), ms(7), seconds(7), minutes(7)].map(({ ns }) => ns), [
    7,
    7000,
    7_000_000,
    7_000_000_000,
    420_000_000_000,
  ]);
  assert.equal(us(1.1).ns, 1100, "not 1100.0000000000002");
  assert.equal(ms(0.0000004).ns, 0);
  assert.equal(ms(0.0000005).ns, 1);
  assert.equal(seconds(1.5).ms, 1500);
  assert.equal(us(1).ms, 0.001);
});

Deno.test("what is no length of time is refused", () => {
  const remedy = "ns: it is not between 0 and 104 days; give a positive, finite amount";
  for (const amount of [-1, -0.1, NaN, Infinity, -Infinity, 2 ** 53]) {
    assert.throws(() => ns(amount), {
      name: "RangeError",
      message: `Cannot make a duration of "${amount}" ${remedy}`,
    });
  }
  assert.throws(() => minutes(105 * 24 * 60), RangeError);
  assert.equal(minutes(104 * 24 * 60).ns, 104 * 86400e9);
  assert.equal(Duration.fromNs(Number.MAX_SAFE_INTEGER).ns, Number.MAX_SAFE_INTEGER);
  assert.ok(Object.is(ns(0).ns, 0));
});

Deno.test("a duration reads as people say it, and is its nanoseconds in JSON", () => {
  assert.equal(`${ms(5)}`, "5 ms");
  assert.equal(JSON.stringify({ limit: seconds(1.5) }), '{"limit":1500000000}');
});

Deno.test("amounts have the unit that fits and three places at most", () => {
  for (
    const [amount, text] of [
      [0, "0 ns"],
      [1, "1 ns"],
      [999, "999 ns"],
      [1000, "1 us"],
      [1500, "1.5 us"],
      [7_284_000, "7.284 ms"],
      [1_234_567, "1.235 ms"],
      [2_284_000_000, "2.284 s"],
      [59_000_000_000, "59 s"],
      [60_000_000_000, "1 min"],
      [90_000_000_000, "90 s"],
      [3_600_000_000_000, "60 min"],
      [61_500_000_000, "61.5 s"],
      [-1500, "-1.5 us"],
      [-120_000_000_000, "-2 min"],
    ] as const
  ) assert.equal(formatNs(amount), text);
});

Deno.test("what rounds up to the next unit is said in it", () => {
  assert.equal(formatNs(999_999), "999.999 us");
  assert.equal(formatNs(999_999_499), "999.999 ms");
  assert.equal(formatNs(999_999_999), "1 s");
  assert.equal(formatNs(-999_999_999), "-1 s");
});

Deno.test("any amount reads back as itself, but for what three places leave out", () => {
  const sizes: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, min: 60e9 };
  const random = new Random(8);
  for (let round = 0; round < 2000; round++) {
    const amount = Math.floor(random.below(2 ** 32) * 10 ** (random.below(8) - 2));
    const [value, unit] = formatNs(amount).split(" ") as [string, string];
    assert.match(value, /^\d{1,7}(\.\d{1,3})?$/, `${amount}`);
    assert.ok(unit === "s" || unit === "min" || Number(value) < 1000, `${value} ${unit}`);
    const error = Math.abs(Number(value) * sizes[unit]! - amount);
    assert.ok(error <= sizes[unit]! / 2000 * 1.001, `${amount}: ${value} ${unit}`);
  }
});

Deno.test("types: a number is no duration", () => {
  // @ts-expect-error it has no unit
  const limit: Duration = 5;
  // @ts-expect-error durations are made by their units
  const made = () => new Duration(5);
  assert.deepEqual([limit, typeof made], [5, "function"]);
});
