import assert from "node:assert/strict";
import { inFolder, rx, type Timed, writeTrace } from "../_samples.ts";
import { browse } from "./browse.ts";
import type { Goal, Move, Stop } from "./stop.ts";

const BODIES: Timed[] = [
  { type: "step.begin", id: 1, name: "boot", ms: 1 },
  { ...rx("U-Boot\r\n=> "), ms: 5 },
  { type: "signal", channel: "led", kind: "rise", data: { level: 1 }, ms: 7 },
  { ...rx("x", "other"), ms: 9, clock: "host" },
  { type: "step.end", id: 1, ok: true, ms: 8 },
  { type: "step.begin", id: 2, name: "press", ms: 12 },
  { type: "end", outcome: "failed", ms: 20 },
];

/** Where it stands for each goal, one after the other. */
async function visited(trace: string, goals: readonly Goal[]) {
  const seen: ReturnType<typeof look>[] = [];
  const moves: Move[] = [...goals.slice(1), { to: "quit" }];
  const ask = (stop: Stop) => {
    seen.push(look(stop)); // Now: the view goes on with time.
    return Promise.resolve(moves.shift()!);
  };
  await browse({ trace, goal: goals[0]!, ask });
  return seen;
}

const look = ({ t, why, over, alive, view }: Stop) => ({
  ...{ t, why, over, alive, seq: view.seq, steps: view.steps, last: view.last },
  said: view.tail("com1", 1)[0],
});

Deno.test("a recording is looked at, at any time, event and step, forward and back", async () => {
  await inFolder(async (folder) => {
    const trace = writeTrace(`${folder}/a.jsonl`, BODIES);
    const stops = await visited(trace, [
      { to: "time", t: 6e6 },
      { to: "event", seq: 3 },
      { to: "step" },
      { to: "time", t: 2e6 },
      { to: "end" },
    ]);
    assert.deepEqual(stops.map(({ t, seq }) => [t / 1e6, seq]), [
      [6, 2],
      [7, 3],
      [12, 6],
      [2, 1],
      [20, 7],
    ]);
    const [first, , step, , end] = stops;
    assert.deepEqual([first!.steps, step!.steps], [["boot"], ["press"]]);
    assert.equal(first!.said, "=>");
    assert.deepEqual([first!.over, end!.over, end!.why], [
      false,
      true,
      "the run ended here: failed",
    ]);
    assert.equal(first!.alive, "nothing");
  });
});

Deno.test("one that is cut off is looked at as far as it goes", async () => {
  await inFolder(async (folder) => {
    const trace = writeTrace(`${folder}/a.jsonl`, BODIES);
    const text = await Deno.readTextFile(trace);
    await Deno.writeTextFile(trace, text.slice(0, text.indexOf('"press"')));
    const [end] = await visited(trace, [{ to: "time", t: 1e9 }]);
    assert.deepEqual([end!.why, end!.seq], ["the recording ends here", 5]);
    await Deno.writeTextFile(trace, text.slice(0, text.indexOf("\n") + 1));
    const [empty] = await visited(trace, [{ to: "step" }]);
    assert.deepEqual([empty!.t, empty!.last], [0, undefined]);
  });
});
