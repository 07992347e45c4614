import assert from "node:assert/strict";
import { historyWith, openRead, read, write } from "./_samples.ts";
import { dirtinessOf, judgeDirtiness, judgeLiveness } from "./bounds.ts";
import type { DiskCompletion, DiskEvent } from "./history.ts";

const wrote = (at: number, stamp: number, lba = 0): DiskEvent => ({
  ...{ type: "write", at, drive: 0, lba, stamp },
});
const ends = (...times: number[]): DiskCompletion[] =>
  times.map((at) => ({ at, drive: 0, operation: "read", lba: 0, ok: true }));

Deno.test("a block is dirty from the answer to its write until a drive takes it", () => {
  const accesses = [write(1, 0, 1), write(2, 2, 3, 1), write(3, 4, 5, 2)];
  const disk = [wrote(4.5, 1), wrote(12, 2, 1), wrote(13, 3, 2)];
  assert.deepEqual(dirtinessOf(historyWith({ accesses, disk })), { mostBlocks: 2, oldestAge: 9 });
});

Deno.test("a block that no drive ever takes is dirty to the end", () => {
  const accesses = [write(1, 0, 1), write(2, 2, 30, 1)];
  assert.deepEqual(dirtinessOf(historyWith({ accesses })), { mostBlocks: 2, oldestAge: 29 });
});

Deno.test("a block that was overwritten counts from its first write that no drive took", () => {
  const accesses = [write(1, 0, 1), write(2, 5, 6)];
  const history = historyWith({ accesses, disk: [wrote(11, 2)] });
  assert.deepEqual(dirtinessOf(history), { mostBlocks: 1, oldestAge: 10 });
});

Deno.test("a drive that takes a block before its writer is answered leaves it clean", () => {
  const history = historyWith({ accesses: [write(1, 0, 5)], disk: [wrote(3, 1), wrote(9, 1)] });
  assert.deepEqual(dirtinessOf(history), { mostBlocks: 0, oldestAge: 0 });
});

Deno.test("too many dirty blocks and too old ones break P6", () => {
  const accesses = [write(1, 0, 1), write(2, 2, 3, 1)];
  const history = historyWith({ accesses, disk: [wrote(8, 1), wrote(20, 2, 1)] });
  assert.deepEqual(judgeDirtiness(history, { blocks: 2, age: 17 }), []);
  const messages = judgeDirtiness(history, { blocks: 1, age: 16 }).map(({ message }) => message);
  assert.deepEqual(messages, [
    "2 blocks are dirty, and 1 may be",
    "0x0002 was dirty for 17, and 16 is allowed",
  ]);
});

Deno.test("an operation must end before the drives have finished so much", () => {
  const history = historyWith({
    accesses: [read(0, 10, 20)],
    completions: ends(5, 11, 12, 13, 25),
  });
  assert.deepEqual(judgeLiveness(history, { faultsEnd: 0, completions: 3 }), []);
  const [late] = judgeLiveness(history, { faultsEnd: 0, completions: 2 });
  assert.equal(
    late?.message,
    "the read of client 2 did not end in time: drives finished 3 requests since, and 2 are allowed",
  );
  assert.deepEqual(judgeLiveness(history, { faultsEnd: 11.5, completions: 2 }), [], "after faults");
  assert.deepEqual(judgeLiveness(history, { faultsEnd: 30, completions: 0 }), [], "over before");
});

Deno.test("what is still open counts to the end, and when all is over it never ended", () => {
  const history = historyWith({ accesses: [openRead(10)], completions: ends(11, 12) });
  assert.equal(judgeLiveness(history, { faultsEnd: 0, completions: 1 }).length, 1);
  assert.deepEqual(judgeLiveness(history, { faultsEnd: 0, completions: 9 }), []);
  const [stuck] = judgeLiveness(history, { faultsEnd: 0, completions: 9, isOver: true });
  assert.match(stuck!.message, /^the read of client 2 never ended/);
});
