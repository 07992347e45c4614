import assert from "node:assert/strict";
import { events, HEADER, inFolder, traceText } from "./_samples.ts";
import { summarize, type TraceBody, type TraceEvent } from "./mod.ts";
import { OUTPUT_LINES } from "./summary.ts";

/** The summary of a trace of these events. */
async function summaryOf(list: readonly TraceEvent[]) {
  let summary: Awaited<ReturnType<typeof summarize>> | undefined;
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/t.jsonl`, traceText(HEADER, list));
    summary = await summarize(`${folder}/t.jsonl`);
  });
  return summary!;
}

const log = (text: string, level: "info" | "warn" = "info"): TraceBody => ({
  type: "log",
  level,
  text,
});

Deno.test("of a long log the last lines are kept, exactly as many as is said", async () => {
  for (const count of [OUTPUT_LINES - 1, OUTPUT_LINES, OUTPUT_LINES + 1, 2 * OUTPUT_LINES + 5]) {
    const bodies = Array.from({ length: count }, (_, i) => log(`line ${i}`));
    const { output, events: total } = await summaryOf(events(bodies));
    const lines = output.split("\n");
    assert.equal(lines.length, Math.min(count, OUTPUT_LINES));
    assert.equal(lines.at(-1), `line ${count - 1}`);
    assert.equal(total, count);
  }
});

Deno.test("a log line says its level unless it is the plain one", async () => {
  const { output } = await summaryOf(events([log("plain"), log("careful", "warn")]));
  assert.equal(output, "plain\nwarn: careful");
});

Deno.test("the last time is the latest on the scenario's own clock", async () => {
  const [first, second, third] = events([log("a"), log("b"), log("c")]);
  const { lastT } = await summaryOf([
    { ...first!, t: 500 },
    { ...second!, t: 400 },
    { ...third!, t: 9e9, clock: "host" },
  ]);
  assert.equal(lastT, 500);
});

Deno.test("a step keeps its times, its clock and its error; an end without a begin is nothing", async () => {
  const [begin, end, stray] = events([
    { type: "step.begin", id: 1, name: "boot" },
    { type: "step.end", id: 1, ok: false, error: "no answer" },
    { type: "step.end", id: 9, ok: true },
  ]);
  const { steps, running } = await summaryOf([{ ...begin!, clock: "host" }, end!, stray!]);
  assert.deepEqual(steps, [{
    id: 1,
    name: "boot",
    clock: "host",
    startT: 1000,
    endT: 2000,
    ok: false,
    error: "no answer",
  }]);
  assert.deepEqual(running, []);
});

Deno.test("calls are counted, and those that have not returned are named", async () => {
  const call = { type: "call", on: "board.console", method: "run", args: ["x"] } as const;
  const { calls, pending } = await summaryOf(events([
    { ...call, id: 1 },
    { ...call, id: 2, on: "fn1", method: "", back: true },
    { ...call, id: 3, args: ["reset"] },
    { type: "return", id: 1, value: 5 },
  ]));
  assert.deepEqual([calls, pending.map(({ args }) => args)], [2, [["reset"]]]);
});
