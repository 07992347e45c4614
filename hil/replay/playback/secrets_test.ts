import { deepEqual, equal, match } from "node:assert/strict";
import type { Json } from "../../trace/mod.ts";
import { redactTrace } from "../redact/redact.ts";
import { writeTrace } from "../_samples.ts";
import { BOARD, eventsOf, play } from "./_stage.ts";
import { Recording } from "./recording.ts";
import { Secrets } from "./secrets.ts";

const SECRET = "hunter2-Rabbit";
const BODIES = [
  BOARD,
  { type: "call", id: 1, on: "board", method: "login", args: ["root", { password: SECRET }] },
  { type: "return", id: 1, value: { greeting: `welcome, ${SECRET}` } },
  { type: "call", id: 2, on: "board", method: "dial", args: ["700"] },
  { type: "return", id: 2 },
  { type: "end", outcome: "passed" },
] as const;

Deno.test("a redacted recording plays into a scenario that has the secrets themselves", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const trace = writeTrace(`${folder}/trace.jsonl`, BODIES, { trace: 2 });
    await redactTrace(trace, `${folder}/copy/trace.jsonl`);
    const { header, events } = await Recording.read(`${folder}/copy/trace.jsonl`);
    equal(JSON.stringify(events).includes("hunter2"), false);
    const bodies = events.map(({ t, ...body }) => ({ ...body, ms: t / 1e6 }));
    const trial = (number: string) =>
      play(bodies, async ({ board }) => {
        const { greeting } = await board.login("root", { password: SECRET });
        equal(greeting, `welcome, ${SECRET}`);
        await board.dial(number);
      }, { header });
    equal((await trial("700")).error, undefined);
    match((await trial("702")).error!.message, /recorded: board\.dial\("700"\)/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("of what was not redacted nothing is alike that is not the same", () => {
  const { secrets } = new Recording("trace.jsonl", { ...NO_HEADER }, eventsOf([BOARD]));
  equal(secrets.some, false);
});

Deno.test("a stand-in is one of the first texts of its shape, and stands for one secret", () => {
  const trial = (...pairs: [Json, Json][]) => {
    const secrets = new Secrets(3);
    return pairs.map(([recorded, now]) => secrets.isAlike(recorded, now));
  };
  deepEqual(trial(["xxxxx", "guess"], ["xxxxx", "other"], ["xxxxy", "other"]), [true, false, true]);
  deepEqual(trial(["board", "guess"]), [false]);
  deepEqual(trial(["a xxxxx b", "a guess b"], ["x", "y"], ["on", "of"]), [true, false, false]);
  deepEqual(trial(["xxxx", "guess"], ["00000", "guess"], [5, 6]), [false, false, false]);
  const bytes = (text: string): Json => ({ $: "bytes", base64: btoa(text) });
  deepEqual(trial([bytes("pass xxxxx\n"), bytes("pass guess\n")]), [true]);
});

const NO_HEADER = {
  ...{
    trace: 2,
    scenario: "",
    file: "",
    line: 1,
    seed: 1,
    bench: "",
    targets: {},
    environment: {},
  },
};
