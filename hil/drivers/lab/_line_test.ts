import assert from "node:assert/strict";
import { ms, Random } from "../../time/mod.ts";
import { LineModel } from "./_line.ts";
import type { Impairment } from "./options.ts";

const COUNT = 5_000;
const SECOND_NS = 1e9;

/** When each of many frames of 1000 bytes, put in a second apart, comes out: after how long. */
function passed(impairment: Impairment, seed = 1): number[][] {
  const line = new LineModel(impairment, new Random(seed));
  return Array.from({ length: COUNT }, (_, n) => {
    const now = n * SECOND_NS;
    return line.pass(now, 1000).map((at) => at - now);
  });
}

function isShare(count: number, share: number): void {
  // Five standard deviations.
  const most = 5 * Math.sqrt(COUNT * share * (1 - share));
  assert.ok(Math.abs(count - COUNT * share) < most, `${count} of ${COUNT}, not ${share}`);
}

Deno.test("a good line passes everything at once", () => {
  assert.ok(passed({}).every(([at, again]) => at === 0 && again === undefined));
});

Deno.test("shares of the frames are lost, come twice and overtake", () => {
  const lossy = passed({ loss: 0.1, duplicate: 0.05 });
  isShare(lossy.filter(({ length }) => length === 0).length, 0.1);
  isShare(lossy.filter(({ length }) => length === 2).length, 0.05 * 0.9);
  const reordering = passed({ delay: ms(40), reorder: 0.25 }).map(([at]) => at!);
  isShare(reordering.filter((at) => at === 0).length, 0.25);
  assert.deepEqual(new Set(reordering), new Set([0, 40e6]));
});

Deno.test("delays differ by the jitter in either direction, and never are less than nothing", () => {
  const delays = passed({ delay: ms(10), jitter: ms(4) }).map(([at]) => at!);
  assert.ok(delays.every((at) => at >= 6e6 && at <= 14e6));
  assert.ok(Math.min(...delays) < 6.2e6 && Math.max(...delays) > 13.8e6);
  assert.ok(passed({ jitter: ms(4) }).every(([at]) => at! >= 0));
});

Deno.test("a rate makes frames wait for those before them", () => {
  const line = new LineModel({ rateBitsPerS: 8_000_000, delay: ms(2) }, new Random(1));
  assert.deepEqual([line.pass(0, 1000), line.pass(0, 500), line.pass(9e6, 1000)], [
    [3e6],
    [3.5e6],
    [12e6],
  ]);
});

Deno.test("the same seed has the same fate for each frame", () => {
  const bad = { loss: 0.2, duplicate: 0.2, delay: ms(5), jitter: ms(5), reorder: 0.2 };
  assert.deepEqual(passed(bad, 7), passed(bad, 7));
  assert.notDeepEqual(passed(bad, 7), passed(bad, 8));
});
