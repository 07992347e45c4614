import { deepEqual } from "node:assert/strict";
import type { Clock } from "../time/mod.ts";
import { PartOfSignal } from "./part.ts";
import { Timeline } from "./timeline.ts";

const clock: Clock = {
  name: "test",
  virtual: true,
  now: () => 0,
  until: () => Promise.resolve(undefined),
};

Deno.test("a part of a signal has what comes with its fields, and those who are woken find it", () => {
  const timeline = new Timeline({ write: () => {} });
  timeline.clock = clock;
  const all = timeline.signal<{ thread: number }>("operations", { clock });
  all.emit("began", { thread: 1 });
  const own = new PartOfSignal(all, { thread: 1 });
  const seen: string[][] = [];
  timeline.onEvent(() => seen.push(own.occurrences.map(({ kind }) => kind)));
  all.emit("blocked", { thread: 1 });
  all.emit("blocked", { thread: 2 });
  all.emit("done", { thread: 1 });
  deepEqual(seen, [["blocked"], ["blocked"], ["blocked", "done"]]);
  const whole = new PartOfSignal(all, { thread: 1 }, 0);
  deepEqual(whole.occurrences.map(({ kind }) => kind), ["began", "blocked", "done"]);
});
