/** Small runs with known bugs, for tests. */
import type { Chooser } from "./choice.ts";

/** Threads that each take `steps` steps; gives who took each, in which a test looks for its bug. */
export function interleave(chooser: Chooser, threads: number, steps: number): readonly number[] {
  const left = new Map(Array.from({ length: threads }, (_, thread) => [thread, steps]));
  const order: number[] = [];
  while (left.size > 0) {
    const candidates = [...left.keys()];
    const way = chooser.choose({ kind: "thread", ways: candidates.length, candidates });
    const thread = candidates[way]!;
    order.push(thread);
    if (left.get(thread) === 1) left.delete(thread);
    else left.set(thread, left.get(thread)! - 1);
  }
  return order;
}

/** When `thread` took its step number `step`, from 0, in an order. */
export function momentOf(order: readonly number[], thread: number, step: number): number {
  let seen = 0;
  return order.findIndex((one) => one === thread && seen++ === step);
}
