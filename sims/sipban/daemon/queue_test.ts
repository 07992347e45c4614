import assert from "node:assert/strict";
import { Queue } from "./queue.ts";

Deno.test("so many at once, so many wait, and what is beyond is counted", async () => {
  const started: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const errors: string[] = [];
  const queue = new Queue<number>({
    most: 3,
    atOnce: 2,
    work: async (item) => {
      started.push(item);
      await promise;
      if (item === 1) throw new Error("one");
    },
    problem: ({ message }) => void errors.push(message),
  });
  for (let item = 1; item <= 7; item++) queue.push(item);
  assert.deepEqual([started, queue.length, queue.dropped], [[1, 2], 3, 2]);
  resolve();
  await queue.idle();
  assert.deepEqual([started, queue.length, errors, queue.failed], [[1, 2, 3, 4, 5], 0, ["one"], 1]);
});
