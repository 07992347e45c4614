import assert from "node:assert/strict";
import { Random } from "../../engine/mod.ts";
import { historyWith, randomHistory, read, write } from "./_samples.ts";
import { judgeCrashes, type Loss } from "./durability.ts";
import { enumerateCrashes, lossesByEnumeration } from "./enumerate.ts";
import { blockKey, type DiskEvent, type History, type Sync } from "./history.ts";

const wrote = (at: number, stamp: number, lba = 0): DiskEvent => ({
  ...{ type: "write", at, drive: 0, lba, stamp },
});
const flushed = (at: number): DiskEvent => ({ type: "flush", at, drive: 0 });
const synced = (begin: number, end: number): Sync => ({
  ...{ client: 3, begin, end, outcome: "ok", drives: [0] },
});

// deno-fmt-ignore
const KNOWN: readonly (readonly [name: string, loss: Partial<Loss> | undefined, history: Partial<History>])[] = [
  ["nothing is promised before a sync", undefined, { accesses: [write(1, 0, 1)] }],
  ["written, flushed, synced", undefined, { accesses: [write(1, 0, 1)], disk: [wrote(3, 1), flushed(4)], syncs: [synced(2, 5)] }],
  ["synced without a write", { crash: 5, survivor: 0, lost: 1 }, { accesses: [write(1, 0, 1)], syncs: [synced(2, 5)] }],
  ["synced without a flush", { crash: 5, survivor: 0, lost: 1 }, { accesses: [write(1, 0, 1)], disk: [wrote(3, 1)], syncs: [synced(2, 5)] }],
  ["flushed before it was written", { crash: 5, survivor: 0, lost: 1 }, { accesses: [write(1, 0, 1)], disk: [flushed(2.5), wrote(3, 1)], syncs: [synced(2, 5)] }],
  ["flushed after the sync returned", { crash: 5, survivor: 0, lost: 1 }, { accesses: [write(1, 0, 1)], disk: [wrote(3, 1), flushed(6)], syncs: [synced(2, 5)] }],
  ["on the platter at once", undefined, { accesses: [write(1, 0, 1)], disk: [{ ...wrote(3, 1), fua: true } as DiskEvent], syncs: [synced(2, 5)] }],
  ["a flush that began before the write", { crash: 5, survivor: 0, lost: 1 }, { accesses: [write(1, 0, 1)], disk: [wrote(3, 1), { type: "flush", at: 4, begin: 2.5, drive: 0 }], syncs: [synced(2, 5)] }],
  ["a sync that failed promises nothing", undefined, { accesses: [write(1, 0, 1)], syncs: [{ ...synced(2, 5), outcome: "error" }] }],
  ["a sync of another drive promises nothing", undefined, { accesses: [write(1, 0, 1)], syncs: [{ ...synced(2, 5), drives: [1] }] }],
  ["a write that was answered after the sync began", undefined, { accesses: [write(1, 0, 3)], syncs: [synced(2, 5)] }],
  ["a write that was read before the sync began", { crash: 5, survivor: 0, lost: 1 }, { accesses: [write(1, 0), read(1, 0.5, 1)], syncs: [synced(2, 5)] }],
  ["a later write instead", undefined, { accesses: [write(1, 0, 1), write(2, 6, 7)], disk: [wrote(3, 1), flushed(4), wrote(8, 2)], syncs: [synced(2, 5)] }],
  ["an old value written over a newer one", { crash: 8, survivor: 1, lost: 2 }, { accesses: [write(1, 0, 1), write(2, 2, 3)], disk: [wrote(4.5, 2), flushed(5), wrote(8, 1)], syncs: [synced(4, 6)] }],
  ["the other of two writes that overlap", undefined, { accesses: [write(1, 0, 3), write(2, 1, 2)], disk: [wrote(5, 2), flushed(6)], syncs: [synced(4, 7)] }],
  ["the other of two writes that overlap, and a reader knows better", { crash: 7, survivor: 2, lost: 1 }, { accesses: [write(1, 0, 3), write(2, 1, 2), read(1, 3.1, 3.2)], disk: [wrote(5, 2), flushed(6)], syncs: [synced(4, 7)] }],
  ["a reader saw the value before while a write went on, and the write is lost", { crash: 27, survivor: 1, lost: 2 }, { accesses: [write(1, 0, 1), write(2, 5, 20), read(1, 6, 7)], disk: [wrote(8, 1), flushed(9)], syncs: [synced(25, 27)] }],
  ["the older of two that overlap, given to the drive after the newer", { crash: 22, survivor: 2, lost: 1 }, { accesses: [write(2, 0, 10), write(1, 1, 5), read(1, 12, 13)], disk: [wrote(6, 1), flushed(6.5), wrote(7, 2)], syncs: [synced(20, 22)] }],
  ["what nobody wrote there", { crash: 3, survivor: 9, lost: undefined }, { accesses: [write(1, 0, 1)], disk: [wrote(3, 9)] }],
  ["another block is no excuse", { lba: 1, crash: 5, survivor: 0, lost: 2 }, { accesses: [write(1, 0, 1), write(2, 0.5, 1.5, 1)], disk: [wrote(3, 1), flushed(4)], syncs: [synced(2, 5)] }],
];

for (const [name, loss, parts] of KNOWN) {
  Deno.test(`${name}: ${loss ? "a loss" : "no loss"}`, () => {
    const history = historyWith(parts);
    const { losses } = judgeCrashes(history);
    assert.deepEqual(losses, loss ? [{ drive: 0, lba: 0, ...loss }] : []);
    const slow = lossesByEnumeration(history, "any-subset");
    assert.deepEqual(
      [...slow],
      losses.map(({ drive, lba, crash }) => [blockKey(drive, lba), crash]),
    );
  });
}

Deno.test("the sweep and the enumeration agree on 3,000 random histories, cut by cut", () => {
  const random = new Random("crashes");
  let bad = 0;
  for (let i = 0; i < 3_000; i++) {
    const history = randomHistory(random, random.chance(0.2));
    const { losses } = judgeCrashes(history);
    const fast = losses.map(({ drive, lba, crash }) => [blockKey(drive, lba), crash] as const);
    const slow = [...lossesByEnumeration(history, "any-subset")];
    const sorted = (pairs: readonly (readonly [number, number])[]) =>
      pairs.toSorted(([a], [b]) => a - b);
    assert.deepEqual(sorted(fast), sorted(slow), JSON.stringify(history));
    if (losses.length) bad++;
  }
  assert.ok(bad > 700 && bad < 2_300, `${bad} had losses`);
});

Deno.test("a drive that writes out in order loses the same blocks as one that does not", () => {
  const random = new Random("models");
  for (let i = 0; i < 300; i++) {
    const history = randomHistory(random, random.chance(0.4));
    const keys = (model: "any-subset" | "in-order") =>
      [...lossesByEnumeration(history, model)].sort(([a], [b]) => a - b);
    assert.deepEqual(keys("any-subset"), keys("in-order"), JSON.stringify(history));
  }
});

Deno.test("a cache that writes and flushes before a sync returns loses nothing", () => {
  const random = new Random("honest");
  for (let i = 0; i < 1_000; i++) {
    const history = randomHistory(random, true);
    assert.deepEqual(judgeCrashes(history).losses, [], JSON.stringify(history));
  }
});

Deno.test("Gray code visits each subset once", () => {
  const disk = [wrote(1, 1), wrote(2, 2, 1), wrote(3, 3, 2)];
  const seen: string[] = [];
  const count = enumerateCrashes({ disk }, "any-subset", (platters, crash) => {
    if (crash === 3) seen.push([...platters.values()].sort().join(""));
  });
  assert.equal(count, 1 + 2 + 4 + 8);
  assert.deepEqual(seen.sort(), ["", "1", "12", "123", "13", "2", "23", "3"]);
});

Deno.test("an order inside an epoch may not be assumed: a drive's cache breaks it", () => {
  // Two blocks, one after the other, and no sync in between.
  const history = historyWith({
    accesses: [write(1, 0, 1, 0), write(2, 2, 3, 1)],
    disk: [wrote(4, 1, 0), wrote(5, 2, 1)],
  });
  const secondAlone = (model: "any-subset" | "in-order") => {
    let found = false;
    enumerateCrashes(history, model, (platters) => {
      found ||= platters.has(blockKey(0, 1)) && !platters.has(blockKey(0, 0));
    });
    return found;
  };
  assert.deepEqual(judgeCrashes(history).losses, [], "nothing that is promised is broken");
  assert.equal(secondAlone("any-subset"), true, "but the second may be there without the first");
  assert.equal(secondAlone("in-order"), false, "which a drive with a queue would hide");
});
