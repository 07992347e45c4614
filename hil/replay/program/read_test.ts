import { deepEqual, equal, rejects } from "node:assert/strict";
import { inFolder, rx, type Timed, tx, writeTrace } from "../_samples.ts";
import { readProgram } from "./read.ts";

const call = (id: number, on: string, method: string, args: readonly number[] = []): Timed => ({
  type: "call",
  id,
  on,
  method,
  args,
});
const back = (id: number, on: string): Timed => ({
  type: "call",
  id,
  on,
  method: "",
  args: [],
  back: true,
});
const returned = (id: number): Timed => ({ type: "return", id });

Deno.test("a program has the calls, what had returned before each, and what was done in a call back", () =>
  inFolder(async (folder) => {
    const path = writeTrace(`${folder}/trace.jsonl`, [
      call(1, "cache", "together"),
      back(2, "fn1"),
      call(3, "cache", "write", [7]),
      returned(3),
      call(4, "cache", "read"),
      returned(2),
      returned(4),
      returned(1),
      call(5, "#3", "finished"),
      { type: "end", outcome: "failed", error: { name: "E", message: "no", blame: "product" } },
    ], { uses: { cache: { role: "diskcache", requires: ["fast"], options: {} } } });
    const { stimuli, backs, uses, needs, until, failure } = await readProgram(path);
    deepEqual(
      stimuli.map(({ id, after, within, returned }) => [id, after, within, returned?.t]),
      [[1, [], undefined, 8e6], [3, [], 2, 4e6], [4, [3], 2, 7e6], [
        5,
        [4, 1],
        undefined,
        undefined,
      ]],
    );
    deepEqual(backs.map(({ id, on, after, returned }) => [id, on, after, returned?.t]), [
      [2, "fn1", [3], 6e6],
    ]);
    deepEqual([...uses], [["cache", "diskcache"]]);
    deepEqual(needs.get("cache")?.requires, ["fast"]);
    equal(until, 9e6);
    equal(failure?.message, "no");
  }));

Deno.test("a trace that is cut off gives what it has", () =>
  inFolder(async (folder) => {
    const path = writeTrace(`${folder}/trace.jsonl`, [
      call(1, "a", "b"),
      returned(1),
      call(2, "a", "c"),
    ]);
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, text.slice(0, -10));
    const { stimuli } = await readProgram(path);
    deepEqual(stimuli.map(({ method }) => method), ["b"]);
  }));

Deno.test("of a trace without calls, what was sent is done again, on its channels", () =>
  inFolder(async (folder) => {
    const path = writeTrace(`${folder}/trace.jsonl`, [
      rx("=> "),
      tx("version\n"),
      { type: "bytes", channel: "com2", dir: "tx", base64: "/w==" },
    ]);
    const { stimuli, uses } = await readProgram(path);
    deepEqual(stimuli.map(({ on, method, args, t }) => ({ on, method, args, t })), [
      { on: "channel:com1", method: "write", args: ["version\n"], t: 2e6 },
      { on: "channel:com2", method: "write", args: [{ $: "bytes", base64: "/w==" }], t: 3e6 },
    ]);
    deepEqual([...uses], [["board", "board"]]);
  }));

Deno.test("a trace in which nothing was done says why, and what to do", () =>
  inFolder(async (folder) => {
    const old = writeTrace(`${folder}/old.jsonl`, [rx("=> ")]);
    const text = Deno.readTextFileSync(old);
    Deno.writeTextFileSync(old, text.replace(`{"trace":2`, `{"trace":1`));
    await rejects(
      readProgram(old),
      {
        name: "ProgramError",
        message:
          `Cannot drive what "${old}" has recorded: it is of version 1, which has no calls, ` +
          `and nothing was sent on a channel; run the scenario again to record them`,
      },
    );
    const cut = writeTrace(`${folder}/cut.jsonl`, [rx("=> ")]);
    await rejects(readProgram(cut), /cut off before the scenario called a port/);
    const idle = writeTrace(`${folder}/idle.jsonl`, [{ type: "end", outcome: "passed" }], {
      trace: 2,
    });
    await rejects(readProgram(idle), /the scenario called no port/);
  }));
