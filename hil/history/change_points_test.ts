import { deepEqual, equal, ok } from "node:assert/strict";
import { Random } from "../time/mod.ts";
import { correlated, madeSeries, normal, withOutliers } from "./_series.ts";
import { changePoints } from "./change_points.ts";
import { Energy, ranksOf } from "./energy.ts";

/** Whether a series of each seed has a change near `at`; without `at`, whether it has any. */
function share(made: Omit<Parameters<typeof madeSeries>[0], "seed">, seeds: number, at?: number) {
  let found = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const changes = changePoints(madeSeries({ ...made, seed }), { leastEffect: 0 });
    if (at === undefined ? changes.length > 0 : changes.some((c) => Math.abs(c.index - at) <= 2)) {
      found++;
    }
  }
  return found / seeds;
}

Deno.test("a step is found where it is, with its size and how sure it is", () => {
  const values = madeSeries({ length: 60, steps: [[48, 6]], noise: normal, seed: 1 });
  const [change, ...more] = changePoints(values);
  deepEqual(more, []);
  equal(change!.index, 48);
  ok(Math.abs(change!.before - 100) < 1, `${change!.before}`);
  ok(Math.abs(change!.size - 12) < 2, `${change!.size}`);
  ok(Math.abs(change!.relative - 0.12) < 0.02, `${change!.relative}`);
  ok(Math.abs(change!.deviations - 6) < 2, `${change!.deviations}`);
  ok(change!.confidence >= 0.995, `${change!.confidence}`);
});

Deno.test("five runs after a step of three deviations, it is known in three of four cases", () => {
  const power = share({ length: 60, steps: [[55, 3]], noise: normal }, 60, 55);
  ok(power >= 0.7, `${power}`);
});

Deno.test("of series without a change, about one of two hundred is said to have one", () => {
  for (const length of [20, 60, 200]) {
    for (const noise of [normal, withOutliers]) {
      const alarms = share({ length, steps: [], noise }, 100);
      ok(alarms <= 0.03, `${alarms} of ${length} values`);
    }
  }
});

Deno.test("load that comes and goes slowly is no change, and a step above it is one", () => {
  let alarms = 0, found = 0;
  for (let seed = 0; seed < 60; seed++) {
    const quiet = madeSeries({ length: 100, steps: [], noise: correlated(), seed });
    if (changePoints(quiet, { leastEffect: 0 }).length > 0) alarms++;
    const stepped = madeSeries({ length: 100, steps: [[60, 5]], noise: correlated(), seed });
    if (changePoints(stepped).some(({ index }) => Math.abs(index - 60) <= 2)) found++;
  }
  ok(alarms <= 3, `${alarms} of 60`); // Without blocks, a dozen.
  ok(found >= 48, `${found} of 60`);
});

Deno.test("outliers are no changes, and hide none", () => {
  const power = share({ length: 80, steps: [[60, 3]], noise: withOutliers }, 30, 60);
  ok(power >= 0.9, `${power}`);
  const values = Array.from({ length: 40 }, (_, i) => 5 + (i % 7) / 100);
  values[17] = 5e6;
  values[39] = -5e6;
  deepEqual(changePoints(values), []);
});

Deno.test("a change and its repair are two changes", () => {
  const values = madeSeries({ length: 90, steps: [[30, 5], [60, -5]], noise: normal, seed: 3 });
  const changes = changePoints(values);
  deepEqual(changes.map(({ index }) => index), [30, 60]);
  ok(changes[0]!.size > 0 && changes[1]!.size < 0);
  ok(Math.abs(changes[0]!.after - changes[1]!.before) < 1e-9);
});

Deno.test("the same values give the same answer, whatever their unit", () => {
  const values = madeSeries({ length: 60, steps: [[40, 2]], noise: normal, seed: 5 });
  const changes = changePoints(values);
  ok(changes.length > 0);
  deepEqual(changePoints(values), changes);
  const inNs = changePoints(values.map((value) => value * 1024));
  deepEqual(inNs.map(({ index }) => index), changes.map(({ index }) => index));
  deepEqual(inNs.map(({ confidence }) => confidence), changes.map(({ confidence }) => confidence));
});

Deno.test("what never varies has no change, and a step without noise is one of all noise", () => {
  deepEqual(changePoints(Array(200).fill(7)), []);
  const [change] = changePoints([...Array(20).fill(0), ...Array(10).fill(3)]);
  equal(change!.index, 20);
  equal(change!.deviations, Infinity);
  equal(change!.relative, Infinity);
  // Of a simulator, which has no noise, four runs are enough.
  equal(changePoints([...Array(20).fill(5), ...Array(4).fill(5.2)])[0]?.index, 20);
});

Deno.test("a change that is sure but small is no news", () => {
  const values = madeSeries({
    length: 200,
    steps: [[100, 0.5]],
    noise: (r) => normal(r) / 9,
    seed: 1,
  });
  equal(changePoints(values, { leastEffect: 0.02 }).length, 0);
  equal(changePoints(values, { leastEffect: 0.005 }).length, 1);
});

Deno.test("too few values say nothing", () => {
  for (let length = 0; length < 8; length++) {
    deepEqual(changePoints(Array.from({ length }, (_, i) => i < length / 2 ? 0 : 1e6)), []);
  }
});

Deno.test("the energy by running sums is that of Matteson and James's definition", () => {
  const random = new Random(9);
  for (let round = 0; round < 50; round++) {
    // Few different values: ties.
    const values = Array.from({ length: 8 + random.below(30) }, () => random.below(12));
    const ranks = ranksOf(values), least = 2 + random.below(3);
    const { index, value } = new Energy(ranks, least).clearest(ranks);
    let greatest = -Infinity;
    for (let m = least; m <= ranks.length - least; m++) {
      greatest = Math.max(greatest, energyAt([...ranks], m));
    }
    ok(Math.abs(value - greatest) < 1e-6 * Math.max(1, Math.abs(greatest)), `${value} ${greatest}`);
    ok(Math.abs(energyAt([...ranks], index) - greatest) < 1e-6 * Math.max(1, Math.abs(greatest)));
  }
});

/** Equation (5) with all distances. */
function energyAt(values: readonly number[], m: number): number {
  const left = values.slice(0, m), right = values.slice(m);
  const sum = (a: readonly number[], b: readonly number[]) =>
    a.reduce((all, x) => all + b.reduce((some, y) => some + Math.abs(x - y), 0), 0);
  const mean = (a: readonly number[]) => a.length > 1 ? sum(a, a) / (a.length * (a.length - 1)) : 0;
  const k = right.length;
  return m * k / (m + k) * (2 * sum(left, right) / (m * k) - mean(left) - mean(right));
}

Deno.test("recorded series: the answer to a framed command was sped up, a time-out stays what it is", () => {
  // Twenty runs of scenarios/diskcache on the emulated bench of 2026-11-25, in µs and in ms; the
  // machine was shared. Between the fifth run and the sixth lies the commit 379c28f, "COM1 is not
  // polled in the middle of a line: 12 ms a long command under load become 1.7".
  // deno-fmt-ignore
  const command = [10486.5, 7616, 7181.8, 7533.5, 10746.9, 1507, 2331.4, 1456.9, 2319.3, 1492.6,
    1390.9, 1816, 1543.7, 2018.1, 5632.6, 2672.1, 1846.6, 1425.2, 1665.6, 1522];
  // deno-fmt-ignore
  const timeOut = [327.8, 330.3, 312.2, 342.3, 319.7, 314.4, 312.2, 379.4, 309.6, 324.8, 311.7,
    307.1, 379, 388.6, 316.4, 317, 330.3, 309.2, 427.1, 320.4];
  const [change, ...more] = changePoints(command);
  deepEqual(more, []);
  deepEqual([change!.index, change!.before, change!.after], [5, 7616, 1665.6]);
  deepEqual(changePoints(timeOut), []);
});

Deno.test("a clear step is placed on its very value, for it names a commit", () => {
  let exact = 0;
  for (let seed = 0; seed < 40; seed++) {
    const values = madeSeries({ length: 60, steps: [[48, 6]], noise: normal, seed });
    if (changePoints(values)[0]?.index === 48) exact++;
  }
  ok(exact >= 38, `${exact} of 40`);
});

Deno.test("equal values have the mean of their ranks", () => {
  deepEqual([...ranksOf([3, 1, 3, 9, 3])], [3, 1, 3, 5, 3]);
  deepEqual([...ranksOf([2, 2])], [1.5, 1.5]);
});
