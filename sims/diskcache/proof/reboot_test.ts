import assert from "node:assert/strict";
import { historyWith, read, write } from "./_samples.ts";
import type { Sync } from "./history.ts";
import { judge } from "./judge.ts";
import { initialAfter, judgeReboot, type Survivor } from "./reboot.ts";

const synced = (begin: number, end: number): Sync => ({
  ...{ client: 3, begin, end, outcome: "ok", drives: [0] },
});
const found = (stamp: number, lba = 0, whole = true): Survivor => ({ drive: 0, lba, stamp, whole });

/** 1 is synced; 2 and the other block's 3 come after the sync; 4 is never answered. */
const HISTORY = historyWith({
  accesses: [write(1, 0, 1), write(2, 10, 11), write(3, 12, 13, 1), write(4, 14)],
  syncs: [synced(2, 5)],
});

const promises = (...survivors: Survivor[]) =>
  judgeReboot(HISTORY, { crash: 20, survivors }).map(({ promise }) => promise);

Deno.test("what was synced, and anything later, may be found", () => {
  for (const stamp of [1, 2, 4]) assert.deepEqual(promises(found(stamp)), [], `${stamp}`);
  for (const stamp of [0, 3]) assert.deepEqual(promises(found(stamp, 1)), [], `${stamp}`);
});

Deno.test("what was there before the sync may not", () => {
  const [loss] = judgeReboot(HISTORY, { crash: 20, survivors: [found(0)] });
  assert.deepEqual([loss!.promise, loss!.message], [
    "P3",
    "0x0000 was found there, and a sync of something newer returned",
  ]);
  assert.deepEqual(
    judgeReboot(HISTORY, { crash: 4, survivors: [found(0)] }),
    [],
    "the power was cut before the sync returned",
  );
});

Deno.test("something later elsewhere proves that the sync had returned", () => {
  const [loss] = judgeReboot(HISTORY, { crash: 20, survivors: [found(0), found(3, 1)] });
  assert.deepEqual([loss!.promise, loss!.message], [
    "P4",
    "0x0000 was found there, although 0x0003, written after a sync of something newer, is on disk",
  ]);
});

Deno.test("what began before the sync had returned proves nothing: only the time of the cut does", () => {
  const during = { ...HISTORY, accesses: [...HISTORY.accesses, write(9, 4, 6, 2)] };
  const survivors = [found(0), found(9, 2)];
  const promised = (crash: number) =>
    judgeReboot(during, { crash, survivors }).map(({ promise }) => promise);
  assert.deepEqual([promised(4.5), promised(20)], [[], ["P3"]]);
});

Deno.test("no order is promised between two syncs", () => {
  const history = historyWith({ accesses: [write(1, 0, 1), write(2, 2, 3, 1)] });
  assert.deepEqual(judgeReboot(history, { crash: 9, survivors: [found(0), found(2, 1)] }), []);
});

Deno.test("what nobody wrote there, or began to write later, may not be found", () => {
  assert.deepEqual(promises(found(3)), ["P2"]);
  assert.deepEqual(
    judgeReboot(HISTORY, { crash: 8, survivors: [found(2)] }).map(({ promise }) => promise),
    ["P2"],
  );
});

Deno.test("a torn sector is excused once a drive, where it was written, if the drive tears", () => {
  const torn = (sectors: "atomic" | "torn", ...survivors: Survivor[]) =>
    judgeReboot(HISTORY, { crash: 20, survivors, sectors }).map(({ promise }) => promise);
  assert.deepEqual(torn("atomic", found(1, 0, false)), ["P2"]);
  assert.deepEqual(torn("torn", found(1, 0, false)), []);
  assert.deepEqual(torn("torn", found(0, 7, false)), ["P5"], "nobody wrote it");
  assert.deepEqual(torn("torn", found(1, 0, false), found(3, 1, false)), ["P5"], "two of a drive");
  assert.deepEqual(torn("torn", found(0), found(3, 1, false)), ["P3"], "others keep P3");
});

Deno.test("a write that was lost and comes back is a value that nobody wrote", () => {
  const survivors = [found(1)];
  assert.deepEqual(judgeReboot(HISTORY, { crash: 20, survivors }), []);
  const initial = initialAfter(HISTORY, survivors);
  const good = historyWith({ initial, accesses: [read(1, 30, 31)] });
  assert.deepEqual(judge(good).violations, []);
  const [back] = judge({ ...good, accesses: [...good.accesses, read(2, 32, 33)] }).violations;
  assert.deepEqual([back!.promise, back!.message], [
    "P1",
    "0x0002 was read and never written there",
  ]);
});
