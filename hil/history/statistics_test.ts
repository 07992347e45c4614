import { deepEqual, equal, ok } from "node:assert/strict";
import { Random } from "../time/mod.ts";
import { normal } from "./_series.ts";
import { median, quantile, robustDeviation, trendOf, wilson } from "./statistics.ts";

function near(actual: number, expected: number, within: number): void {
  ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected} ± ${within}`);
}

Deno.test("Wilson's interval is that of the published examples", () => {
  // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I.
  for (
    const [successes, trials, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const
  ) {
    const interval = wilson(successes, trials);
    near(interval.low, low, 5e-5);
    near(interval.high, high, 5e-5);
    equal(interval.share, successes / trials);
  }
  deepEqual(wilson(20, 20).high, 1);
  deepEqual(wilson(0, 0), { share: NaN, low: 0, high: 1 });
});

Deno.test("the interval holds the true share in about 95 of 100 cases", () => {
  const random = new Random(1);
  for (const share of [0.5, 0.9, 0.98]) {
    let held = 0;
    for (let round = 0; round < 2000; round++) {
      let successes = 0;
      for (let i = 0; i < 50; i++) if (random.chance(share)) successes++;
      const { low, high } = wilson(successes, 50);
      if (low <= share && share <= high) held++;
    }
    ok(held / 2000 > 0.91 && held / 2000 < 0.99, `${held / 2000} at ${share}`);
  }
});

Deno.test("quantiles are between neighbours, as spreadsheets have them", () => {
  const values = [15, 20, 35, 40, 50];
  equal(quantile(values, 0.4), 29);
  equal(quantile(values, 0), 15);
  equal(quantile(values, 1), 50);
  equal(quantile([], 0.5), NaN);
  equal(median([3, 1, 2, 10]), 2.5);
  // A median between two values that are alike is that value, however large.
  equal(median([1e300, 1e300]), 1e300);
});

Deno.test("the robust deviation is the standard one, and nonsense moves it little", () => {
  const random = new Random(2);
  const values = Array.from({ length: 4000 }, () => 5 + 3 * normal(random));
  near(robustDeviation(values), 3, 0.15);
  near(robustDeviation(values.map((value, i) => i % 10 ? value : 1e9)), 3, 0.6);
});

Deno.test("a trend has the slope of its values, and noise has none", () => {
  const random = new Random(3);
  const rising = Array.from({ length: 40 }, (_, i) => 100 + i + normal(random));
  const trend = trendOf(rising)!;
  near(trend.slope, 1, 0.1);
  near(trend.relative, 0.39, 0.05);
  ok(trend.confidence > 0.999);
  let sure = 0;
  for (let seed = 0; seed < 200; seed++) {
    const random = new Random(seed);
    if (trendOf(Array.from({ length: 40 }, () => normal(random)))!.confidence > 0.99) sure++;
  }
  ok(sure <= 8, `${sure} of 200`);
  equal(trendOf([1, 2, 3, 4, 5, 6, 7]), undefined);
  deepEqual(trendOf(Array(10).fill(3)), {
    slope: 0,
    relative: 0,
    confidence: trendOf(Array(10).fill(3))!.confidence,
  });
  ok(trendOf(Array(10).fill(3))!.confidence < 1e-6);
});
