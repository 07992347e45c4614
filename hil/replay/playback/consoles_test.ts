import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ConsoleTimeout } from "../../drivers/console/mod.ts";
import { expect } from "../../scenario/expect.ts";
import { seconds } from "../../time/mod.ts";
import type { Json } from "../../trace/mod.ts";
import type { Timed } from "../_samples.ts";
import { BOARD, play } from "./_stage.ts";

const LIMIT = { $: "duration", ns: 5e9 };
const within = seconds(5);
const says = (text: string): Timed => ({ type: "bytes", channel: "com1", dir: "rx", text });
const call = (id: number, method: string, ...args: Json[]): Timed => ({
  ...{ type: "call", id, on: "board.console", method, args },
});
const found = (id: number, text: string, offset: number): Timed => ({
  ...{ type: "return", id },
  value: { text, groups: [], named: {}, before: "", t: 0, offset },
});
const CONSOLE = { $: "object", is: "board.console" };
/** It boots, is told to go on, and says that it is up. */
const BOOT: readonly Timed[] = [
  BOARD,
  { type: "get", on: "board", name: "console", value: CONSOLE },
  { type: "get", on: "board.console", name: "name", value: "com1" },
  call(1, "waitFor", "login:", { within: LIMIT }),
  ...[says("U-Boot 2023.01\r\n"), says("board "), says("login: ")],
  found(1, "login:", 22),
  call(2, "write", "root\n"),
  { type: "return", id: 2 },
  call(3, "waitFor", "up", { within: LIMIT }),
  ...[says("System is "), says("up\r\n# ")],
  found(3, "up", 39),
  { type: "end", outcome: "passed" },
];

interface Console {
  readonly name: string;
  waitFor(pattern: string | RegExp, options: unknown): Promise<{ text: string; offset: number }>;
  write(data: string | Uint8Array): Promise<void>;
  tail(): readonly string[];
}
const boot = (body: (console: Console) => Promise<void>) =>
  play(BOOT, ({ board }) => body(board.console));

Deno.test("a console that is asked what it was asked gives what it gave", async () => {
  const { error, events } = await boot(async (console) => {
    equal(console.name, "com1");
    equal((await console.waitFor("login:", { within })).offset, 22);
    await console.write(new TextEncoder().encode("root\n")); // As bytes, or as text.
    equal((await console.waitFor("up", { within })).offset, 39);
  });
  equal(error, undefined);
  const said = events.flatMap((event) => event.type === "bytes" ? [event.text] : []);
  deepEqual(said, ["U-Boot 2023.01\r\n", "board ", "login: ", "System is ", "up\r\n# "]);
});

Deno.test("another pattern is looked for in the recorded bytes, from where the last match ended", async () => {
  const { error } = await boot(async (console) => {
    await console.waitFor("login:", { within });
    await console.write("root\n");
    const { text, offset } = await console.waitFor(/[A-Z]\w+ is up/, { within });
    deepEqual([text, offset], ["System is up", 29]);
    deepEqual(console.tail().slice(-2), ["board login: System is up", "# "]);
  });
  equal(error, undefined);
});

Deno.test("a pattern that the recording does not have is a time-out with the recorded lines", async () => {
  const { error } = await boot(async (console) => {
    await console.waitFor("login:", { within });
    await console.write("root\n");
    await console.waitFor("System is down", { within });
  });
  ok(error instanceof ConsoleTimeout);
  match(error.message, /"System is down"/);
  match(error.message, /System is up/);
});

Deno.test("one that comes after something that the scenario has not done yet is a time-out too", async () => {
  const { error } = await boot(async (console) => void await console.waitFor("is up", { within }));
  ok(error instanceof ConsoleTimeout, `${error}`);
  match(error.message, /board login:/);
});

Deno.test("other bytes that are written part them", async () => {
  const { error } = await boot(async (console) => {
    await console.waitFor("login:", { within });
    await console.write("toor\n");
  });
  match(error!.message, /recorded: board\.console\.write\("root\\n"\).*\n.*write\("toor\\n"\)/);
});

/** One line, of which two parts were waited for. */
const LINE: readonly Timed[] = [
  ...BOOT.slice(0, 3),
  call(1, "waitFor", "x", { within: LIMIT }),
  says("x1 x2 y z\n"),
  found(1, "x", 0),
  call(2, "waitFor", "y", { within: LIMIT }),
  found(2, "y", 6),
  { type: "end", outcome: "passed" },
];

Deno.test("what the recorded answers have read over is not found again", async () => {
  const { error } = await play(LINE, async ({ board }) => {
    await board.console.waitFor("x", { within });
    equal((await board.console.waitFor(/x\d/, { within })).text, "x2");
    equal((await board.console.waitFor("y", { within })).offset, 6);
  });
  equal(error, undefined);
});

Deno.test("nor is it by a wait that is as it was, after one that reads further than it did", async () => {
  const { error } = await play(LINE, async ({ board }) => {
    await board.console.waitFor("z", { within });
    await board.console.waitFor("y", { within });
  });
  ok(error instanceof ConsoleTimeout, `${error}`);
  match(error.message, /^Cannot find "y"/);
});

Deno.test("nor by a wait that was before another when it was recorded, and is after it now", async () => {
  const { error } = await play(LINE, async ({ board }) => {
    await board.console.waitFor("y", { within });
    await board.console.waitFor("x", { within });
  });
  ok(error instanceof ConsoleTimeout, `${error}`);
});

const IMPORTED: readonly Timed[] = [
  ...[says("boot\r\n"), says("up\r\n")],
  { type: "signal", channel: "gpio/55", kind: "rise", data: { level: 1 } },
  { type: "end", outcome: "passed" },
];

Deno.test("an imported recording answers what only waits, by paths that lead to its channels", async () => {
  const { error } = await play(IMPORTED, async ({ board }) => {
    const { text } = await board.console.waitFor(/u\w/, { within });
    equal(text, "up");
    await expect(board.gpio.output(55) as never).toHappen({ kind: "rise", within } as never);
  }, { imported: ["board"] });
  equal(error, undefined);
});

Deno.test("nothing else can be asked of it, which it says", async () => {
  const { error } = await play(IMPORTED, async ({ board }) => {
    await board.power.on();
  }, { imported: ["board"] });
  match(error!.message, /^Cannot play "board\.power\.on\(\)": the recording is of version 1/);
  match(error!.message, /text can be waited for on com1, signals can be expected on gpio\/55/);
});
