import assert from "node:assert/strict";
import { Random } from "../../engine/mod.ts";
import { failedRead, failedWrite, historyWith, randomAccesses, read, write } from "./_samples.ts";
import type { DiskCompletion, DiskEvent, History, Sync } from "./history.ts";
import { judge } from "./judge.ts";
import { describe } from "./violation.ts";

const wrote = (at: number, stamp: number): DiskEvent => ({
  ...{ type: "write", at, drive: 0, lba: 0, stamp },
});
const flushed = (at: number): DiskEvent => ({ type: "flush", at, drive: 0 });
const synced = (begin: number, end: number, outcome: Sync["outcome"] = "ok"): Sync => ({
  ...{ client: 3, begin, end, outcome, drives: [0] },
});
const done = (
  at: number,
  operation: DiskCompletion["operation"],
  ok: boolean,
  lba = 0,
): DiskCompletion => ({ at, drive: 0, operation, lba, ok });

function only(history: History) {
  const { violations } = judge(history);
  assert.equal(violations.length, 1, violations.map((one) => describe(one)).join("\n"));
  return violations[0]!;
}

Deno.test("a stale read prints who did what when, and how to see it again", () => {
  const noise = [write(5, 1, 2, 1), read(5, 3, 4, 1), read(27, 2500, 2600)];
  const accesses = [
    ...noise,
    write(27, 1000, 2000),
    write(28, 3000, 4000),
    read(27, 5000, 6000),
    read(28, 7000, 8000),
  ];
  const violation = only(historyWith({ accesses }));
  assert.deepEqual(violation.witness, [27, 28]);
  const replay = "deno task hil scenarios/x.scenario.ts --seed 7";
  assert.equal(
    describe(violation, { replay }),
    `P1 of block 0:0 does not hold: 0x001c was in the block inside the life of 0x001b
  1 us to 2 us  client 1 wrote 0x001b to 0:0
  3 us to 4 us  client 1 wrote 0x001c to 0:0
  5 us to 6 us  client 2 read 0x001b from 0:0
  promised: each block is one register: reads and writes of it are linearizable
  replay: ${replay}`,
  );
});

Deno.test("a loss prints the power cut that shows it, and nothing that does not matter", () => {
  const history = historyWith({
    accesses: [write(1, 0, 1), write(2, 10, 20), read(2, 21, 22), write(3, 70, 80)],
    disk: [wrote(5, 1), flushed(6), wrote(32, 2), flushed(50), wrote(90, 3)],
    syncs: [synced(2, 7), synced(30, 40)],
  });
  assert.equal(
    describe(only(history)),
    `P3 of block 0:0 does not hold: after a power cut it may hold 0x0001, although 0x0002 is ` +
      `newer and a sync has returned since
  0 ns to 1 ns    client 1 wrote 0x0001 to 0:0
  5 ns            drive 0 took 0x0001 for block 0
  6 ns            drive 0 flushed its cache
  10 ns to 20 ns  client 1 wrote 0x0002 to 0:0
  30 ns to 40 ns  client 3 synced drive 0
  40 ns           the power is cut
  promised: what was written before a sync that returned survives a power cut`,
  );
});

Deno.test("no part of the shortest history can be left out", () => {
  const random = new Random("shortest");
  for (let seen = 0; seen < 300;) {
    const [violation] = judge(historyWith({ accesses: randomAccesses(random) })).violations;
    if (!violation) continue;
    seen++;
    const { accesses } = violation.history;
    assert.ok(accesses.length <= 6);
    const kinds = (some: typeof accesses) =>
      judge(historyWith({ accesses: some })).violations.map(({ message }) => message);
    assert.deepEqual(kinds(accesses), [violation.message]);
    for (const one of accesses) {
      const less = accesses.filter((other) => other !== one);
      assert.notDeepEqual(kinds(less), [violation.message]);
    }
  }
});

Deno.test("a torn block is P2's, whether a reader or a drive got it", () => {
  const torn = { ...read(1, 2, 3), whole: false };
  const seen = only(historyWith({ accesses: [write(1, 0, 1), torn] }));
  assert.equal(seen.promise, "P2");
  assert.match(seen.message, /^client 2 read a torn block: it begins with 0x0001/);
  const disk = [{ ...wrote(2, 1), whole: false }] as DiskEvent[];
  const given = only(historyWith({ accesses: [write(1, 0, 1)], disk }));
  assert.deepEqual([given.promise, given.message], [
    "P2",
    "drive 0 was given a torn block, which begins with 0x0001",
  ]);
});

Deno.test("a value of another block is P2's, whether a reader or a drive got it", () => {
  const accesses = [write(1, 0, 1, 5), read(1, 2, 3)];
  const seen = only(historyWith({ accesses }));
  assert.deepEqual([seen.promise, seen.message], [
    "P2",
    "0x0001 was read there and belongs to block 0:5",
  ]);
  const given = only(historyWith({ accesses: [write(1, 0, 1, 5)], disk: [wrote(2, 1)] }));
  assert.deepEqual([given.promise, given.message], [
    "P2",
    "drive 0 was given 0x0001 for it, which nobody wrote there",
  ]);
});

Deno.test("a block with a stamp that was written twice is searched; too many orders are said", () => {
  const twice = [write(1, 0, 1), write(2, 2, 3), write(1, 4, 5)];
  assert.deepEqual(judge(historyWith({ accesses: [...twice, read(1, 6, 7)] })).violations, []);
  const stale = only(historyWith({ accesses: [...twice, read(2, 6, 7), read(2, 8, 9)] }));
  assert.equal(stale.message, "no order explains these reads and writes");
  assert.deepEqual(stale.history.accesses.map(({ stamp }) => stamp), [2, 1, 2]);
  const many = Array.from({ length: 12 }, (_, i) => write(i % 6, i / 100, 50 + i / 100));
  const judgement = judge(historyWith({ accesses: [...many, read(99, 60, 61)] }), { steps: 500 });
  assert.deepEqual(judgement.undecided, [{ drive: 0, lba: 0 }]);
});

Deno.test("a sync that turns a refused write clean is P8's", () => {
  const accesses = [write(1, 0, 1)];
  const [syncs, completions] = [[synced(2, 5)], [done(3, "write", false)]];
  assert.equal(only(historyWith({ accesses, syncs, completions })).promise, "P8");
  const honest = [synced(2, 5, "error")];
  assert.deepEqual(judge(historyWith({ accesses, syncs: honest, completions })).violations, []);
  const elsewhere = [done(3, "write", false, 9)];
  assert.equal(only(historyWith({ accesses, syncs, completions: elsewhere })).promise, "P3");
});

Deno.test("an operation fails only where a drive gave an error that concerns it", () => {
  const judged = (accesses: History["accesses"], completions: readonly DiskCompletion[]) =>
    judge(historyWith({ accesses, completions })).violations.map(({ promise }) => promise);
  assert.deepEqual(judged([failedRead(2, 5)], [done(3, "read", false)]), []);
  assert.deepEqual(judged([failedRead(2, 5)], [done(3, "read", false, 9)]), ["P8"]);
  assert.deepEqual(judged([failedRead(2, 5)], [done(1, "read", false)]), ["P8"], "an old error");
  const late = historyWith({
    accesses: [failedRead(2, 5)],
    completions: [done(1.5, "read", false)],
  });
  assert.deepEqual(judge(late, { slack: 1 }).violations, [], "seen on another line");
  assert.deepEqual(judged([failedRead(2, 5)], [done(3, "read", true)]), ["P8"]);
  assert.deepEqual(judged([failedWrite(1, 2, 5)], [done(3, "write", false, 9)]), [], "no room");
  assert.deepEqual(judged([failedWrite(1, 2, 5)], [done(3, "read", false)]), ["P8"]);
  const written = [
    done(0.5, "write", false, 9),
    done(1, "write", false, 9),
    done(1.5, "write", true, 9),
  ];
  assert.deepEqual(judged([failedWrite(1, 2, 5)], written), ["P8"], "room since");
  assert.deepEqual(judged([failedWrite(1, 2, 5)], written.slice(0, 2)), [], "no room yet");
});

Deno.test("a sync fails only where a drive refused a write or a flush", () => {
  const judged = (completions: readonly DiskCompletion[]) =>
    judge(historyWith({ syncs: [synced(2, 5, "error")], completions })).violations
      .map(({ message }) => message);
  assert.deepEqual(judged([done(3, "flush", false)]), []);
  assert.deepEqual(judged([done(1, "write", false)]), []);
  assert.deepEqual(judged([done(3, "read", false)]), [
    "the sync of client 3 failed, and no drive had refused a write or a flush",
  ]);
});

Deno.test("a judgement says how much was judged", () => {
  const history = historyWith({
    accesses: [write(1, 0, 1), read(1, 2, 3), write(2, 4, 5, 1)],
    disk: [wrote(7, 1), flushed(8)],
    syncs: [synced(2, 4)],
    initial: () => 0,
  });
  const { operations, blocks, crashPoints } = judge(history);
  assert.deepEqual({ operations, blocks, crashPoints }, {
    operations: 4,
    blocks: 2,
    crashPoints: 4,
  });
});
