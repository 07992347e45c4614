import assert from "node:assert/strict";
import { interleave, momentOf } from "./_toys.ts";
import type { Choice, Chooser } from "./choice.ts";
import { pct, pos, random, starve, STRATEGIES } from "./strategies.ts";

function share(seeds: number, holds: (seed: number) => boolean): number {
  let held = 0;
  for (let seed = 1; seed <= seeds; seed++) if (holds(seed)) held++;
  return held / seeds;
}

Deno.test("each strategy gives the same order for the same seed and others for others", () => {
  for (const [name, strategy] of Object.entries(STRATEGIES)) {
    const order = (seed: number) => interleave(strategy(seed), 4, 5).join("");
    assert.equal(order(7), order(7), name);
    const orders = new Set(Array.from({ length: 100 }, (_, seed) => order(seed)));
    assert.ok(orders.size > 20, `${name}: ${orders.size} orders`);
  }
});

Deno.test("random leaves the quiet way as often as the rate says, to each of the others alike", () => {
  const chooser = random(1);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 30_000; i++) {
    counts[chooser.choose({ kind: "fault", ways: 4, rate: 0.3 })]!++;
  }
  assert.ok(Math.abs(counts[0]! - 21_000) < 400, `${counts}`);
  for (const count of counts.slice(1)) assert.ok(Math.abs(count - 3000) < 200, `${counts}`);
});

/**
 * A bug of depth 3 (Burckhardt et al., figure 2 has the like): thread 0 must be past its step a
 * when thread 1 takes its last, and then thread 0 be stopped until thread 1 is at its end.
 */
const STEPS = 10;
function showsDepth3(chooser: Chooser): boolean {
  const order = interleave(chooser, 2, STEPS);
  const first = momentOf(order, 0, 3) < momentOf(order, 1, 2);
  const second = momentOf(order, 1, 6) < momentOf(order, 0, 4);
  const third = momentOf(order, 0, 7) < momentOf(order, 1, 8);
  return first && second && third;
}

Deno.test("PCT finds a bug of its depth at least as often as its guarantee says", () => {
  const length = 2 * STEPS;
  const found = (depth: number) =>
    share(20_000, (seed) => showsDepth3(pct(seed, { depth, length })));
  const guarantee = 1 / (2 * length ** 2);
  const atDepth3 = found(3);
  assert.ok(atDepth3 >= guarantee, `${atDepth3} against ${guarantee}`);
  assert.equal(found(1), 0, "without change points an ordering of three steps cannot be");
});

Deno.test("PCT of depth 2 finds the one step in a long run more often than random does", () => {
  // Thread 0 must be stopped for all of thread 1's steps between two of its own.
  const shows = (chooser: Chooser) => {
    const order = interleave(chooser, 2, 20);
    return momentOf(order, 0, 12) < momentOf(order, 1, 0) &&
      momentOf(order, 1, 19) < momentOf(order, 0, 13);
  };
  const guarantee = 1 / (2 * 40);
  const byPct = share(5000, (seed) => shows(pct(seed, { depth: 2, length: 40 })));
  const byRandom = share(5000, (seed) => shows(random(seed)));
  assert.ok(byPct >= guarantee, `${byPct} against ${guarantee}`);
  assert.equal(byRandom, 0);
});

Deno.test("PCT refuses a depth that the run has no room for", () => {
  assert.throws(() => pct(1, { depth: 4, length: 3 }), {
    name: "RangeError",
    message: 'Cannot change priorities for depth "4": a run of 3 choices has room for depth 1 to ' +
      `3; give another depth or length`,
  });
});

/** One step of each of eight threads; gives the order. The first two touch the same thing. */
function oneStepEach(chooser: Chooser, touches: (thread: number) => number): number[] {
  const candidates = Array.from({ length: 8 }, (_, thread) => thread);
  const order: number[] = [];
  while (candidates.length > 0) {
    const choice: Choice = {
      kind: "thread",
      ways: candidates.length,
      candidates,
      touches: candidates.map(touches),
    };
    order.push(candidates.splice(chooser.choose(choice), 1)[0]!);
  }
  return order;
}

Deno.test("partial order sampling gives both orders of a race to one and of a crowd to another", () => {
  const last = share(4000, (seed) => oneStepEach(pos(seed), () => -1).indexOf(0) === 7);
  assert.ok(Math.abs(last - 1 / 8) < 0.02, `independent: ${last}`);
});

Deno.test("partial order sampling: who races with the one that went draws again", () => {
  // Eight steps, all on one thing: each goes with equal chance after each step, as at random. The
  // first priority of a thread must not decide: a low one is drawn anew.
  const kept = new Set<number>();
  for (let seed = 1; seed <= 200; seed++) {
    const independent = oneStepEach(pos(seed), () => -1).join("");
    const racing = oneStepEach(pos(seed), () => 0).join("");
    assert.equal(racing[0], independent[0], "the first step is decided before anything raced");
    if (independent !== racing) kept.add(seed);
  }
  assert.ok(kept.size > 190, `${kept.size}`);
});

Deno.test("partial order sampling draws anew for each step of a thread", () => {
  // With one draw a thread the first one would go to its end, and only then the other.
  const switches = Array.from({ length: 50 }, (_, seed) => {
    const order = interleave(pos(seed), 2, 100);
    return order.filter((thread, i) => i > 0 && thread !== order[i - 1]).length;
  });
  const mean = switches.reduce((sum, count) => sum + count, 0) / switches.length;
  assert.ok(mean > 2, `${mean} switches a run`);
});

Deno.test("the starved one goes last, whatever the seed", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const order = interleave(starve(seed, { victim: 2 }), 4, 5);
    assert.deepEqual(order.slice(-5), [2, 2, 2, 2, 2]);
  }
});

Deno.test("the starved one goes once its patience has ended", () => {
  const order = interleave(starve(1, { victim: 0, patience: 10 }), 2, 40);
  assert.equal(momentOf(order, 0, 0), 10);
  assert.equal(momentOf(order, 0, 1), 21);
});

Deno.test("without a name for the victim another one is drawn when patience ends", () => {
  const chooser = starve(1, { patience: 20 });
  const choice = { kind: "thread", ways: 2, candidates: [0, 1] };
  const firsts = Array.from({ length: 5000 }, () => chooser.choose(choice))
    .filter((way) => way === 0).length;
  assert.ok(firsts > 1500 && firsts < 3500, `${firsts}: one of the two starves all the time`);
});

Deno.test("without a name for the victim each thread is it under some seed", () => {
  const last = new Set(
    Array.from({ length: 60 }, (_, seed) => interleave(starve(seed), 4, 5).at(-1)),
  );
  assert.equal(last.size, 4);
});
