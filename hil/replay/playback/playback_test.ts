import { deepEqual, equal, match, ok } from "node:assert/strict";
import { expect } from "../../scenario/expect.ts";
import { ms } from "../../time/mod.ts";
import type { Json, Signal } from "../../trace/mod.ts";
import type { Timed } from "../_samples.ts";
import { BOARD, LIMIT, play, signal } from "./_stage.ts";

const call = (id: number, on: string, method: string, ...args: Json[]): Timed => ({
  ...{ type: "call", id, on, method, args },
});
const gives = (id: number, value?: Json): Timed => ({
  ...{ type: "return", id, ...(value !== undefined && { value }) },
});
const edge = (kind: string, ms?: number): Timed => ({
  ...{ type: "signal", channel: "led", kind, data: { level: 1 }, ...(ms !== undefined && { ms }) },
});
const led = (board: { readonly led: Signal<Json> }) => board.led;
const duration = (ns: number): Json => ({ $: "duration", ns });
const PRESS = call(1, "board", "press", { hold: duration(50e6) });
/** A press, and the LED two milliseconds after it. */
const PRESSED: readonly Timed[] = [
  BOARD,
  PRESS,
  gives(1, { seq: 2, t: 2e6, clock: "board", what: "the press" }),
  { ...signal("led"), ms: 3 },
  edge("rise", 4),
  { type: "expect", what: "led: rise", ok: true, ms: 4 },
];

Deno.test("a body that does what it did has the same answers, errors, marks and signals", async () => {
  const { error, events } = await play([
    ...PRESSED,
    call(2, "board", "read", 7),
    {
      type: "return",
      id: 2,
      error: { name: "RangeError", message: "no block 7", fields: { block: 7 } },
    },
    { type: "end", outcome: "passed" },
  ], async ({ board }) => {
    const press = await board.press({ hold: ms(50) });
    equal(press.what, "the press");
    await expect(led(board)).toHappen({ kind: "rise", after: press, within: ms(2) });
    const thrown = await board.read(7).catch((error: unknown) => error);
    ok(thrown instanceof RangeError);
    match(thrown.stack!.split("\n")[1]!, /playback_test\.ts/);
    deepEqual([thrown.message, (thrown as Error & { block: number }).block], ["no block 7", 7]);
  });
  equal(error, undefined);
  const types = events.map(({ type, t }) => `${type} ${t / 1e6}`);
  deepEqual(types, [
    ...["get 1", "call 1", "return 3", "get 3", "signal 4", "expect 4", "call 4", "return 6"],
  ]);
});

Deno.test("another argument is shown with both sides, and the recording around it", async () => {
  const { error } = await play(PRESSED, async ({ board }) => {
    await board.press({ hold: ms(60) });
  });
  equal(error?.name, "PlaybackDivergence");
  const [what, recorded, now, ...there] = error.message.split("\n");
  equal(what, "The scenario calls board.press otherwise than when it was recorded");
  equal(recorded, "  recorded: board.press({ hold: 50 ms }) at 0.002000 s");
  match(now!, /^ {2}now: {6}board\.press\(\{ hold: 60 ms \}\) \(hil\/replay\/.*_test\.ts:\d+\)$/);
  ok(there.includes("  > 0.002000 s  board.press({ hold: 50 ms })"), error.message);
});

Deno.test("a call that the recording does not have is shown beside the one that it has", async () => {
  const { error } = await play(PRESSED, async ({ board }) => void await board.reset());
  match(error!.message, /^The scenario calls board\.reset, and did not when it was recorded/);
  match(error!.message, /recorded: board\.press\(.*\n {2}now: {6}board\.reset\(\)/);
});

Deno.test("a call that the scenario does not make any more is waited for, and then told", async () => {
  const { error } = await play(PRESSED, async ({ board }) => {
    await expect(led(board)).toHappen({ kind: "rise", within: ms(50) });
  });
  match(error!.message, /^The recording goes on with a call that the scenario does not make/);
  match(
    error!.message,
    /recorded: board\.press.*\n {2}now: {6}something within 50 ms on the clock/,
  );
});

Deno.test("so is one that is missing at the end of the body", async () => {
  const { error } = await play(PRESSED, () => Promise.resolve());
  match(error!.message, /recorded: board\.press.*\n {2}now: {6}the scenario is over/);
});

Deno.test("an expectation is judged anew, on the recorded events", async () => {
  const trial = (within: number) =>
    play(PRESSED, async ({ board }) => {
      const press = await board.press({ hold: ms(50) });
      await expect(led(board)).toHappen({ kind: "rise", after: press, within: ms(within) });
    });
  equal((await trial(2)).error, undefined);
  const { error } = await trial(1);
  match(error!.message, /^led: no rise within 1 ms of the press\n/);
});

Deno.test("a wait is over when the recording is past its end, and what came then stays to be seen", async () => {
  const { error } = await play([
    ...PRESSED.slice(0, 4),
    { type: "expect", what: "led: no rise for 5 ms", ok: true, ms: 7 },
    call(2, "board", "release"),
    gives(2),
    edge("rise", 9),
  ], async ({ board }) => {
    const press = await board.press({ hold: ms(50) });
    await expect(led(board)).notToHappen({ kind: "rise", after: press, within: ms(5) });
    equal(board.led.clock.now(), 7e6);
    await board.release();
    await expect(led(board)).toHappen({ kind: "rise", after: press, within: ms(7) });
  });
  equal(error, undefined);
});

Deno.test("calls that were made side by side may be made in another order", async () => {
  const { error } = await play([
    BOARD,
    ...[call(1, "board", "read", 1), call(2, "board", "read", 2)],
    ...[gives(2, "two"), gives(1, "one")],
  ], async ({ board }) => {
    const both = [board.read(2), board.read(1)];
    deepEqual(await Promise.all(both), ["two", "one"]);
  });
  equal(error, undefined);
});

Deno.test("objects that calls give have their own calls, properties and signals", async () => {
  const { error } = await play([
    BOARD,
    call(1, "board", "start"),
    gives(1, [{ $: "object", is: "#1.0" }]),
    { type: "get", on: "#1.0", name: "thread", value: 3 },
    { ...call(2, "#1.0", "level"), ms: 5 },
    { ...gives(2, 1), sync: true } as Timed,
    edge("rise"),
    { type: "get", on: "#1.0", name: "thread", value: 4 },
    call(3, "#1.0", "stop"),
    gives(3),
    { type: "get", on: "#1.0", name: "thread", value: 5 },
  ], async ({ board }) => {
    const [one] = await board.start();
    equal(one.thread, 3);
    equal(one.level(), 1);
    await board.led?.clock; // Nothing that was recorded.
    await one.stop();
    equal(one.thread, 5);
  });
  match(error!.message, /The scenario reads board\.led, and did not/);
});

Deno.test("a function of the scenario is called as it was, and may not give something else", async () => {
  const trial = (answer: number) =>
    play([
      BOARD,
      call(1, "board", "each", { $: "function", is: "fn1" }),
      { ...call(2, "fn1", "", 20), back: true } as Timed,
      { ...gives(2, 21), sync: true } as Timed,
      gives(1, "done"),
    ], async ({ board }) => {
      equal(await board.each((n: number) => n + answer), "done");
    });
  equal((await trial(1)).error, undefined);
  const { error } = await trial(2);
  match(error!.message, /function of the scenario \(fn1\) gives something else/);
  match(error!.message, /recorded: 21 for \(20\) at 0\.004000 s\n {2}now: {6}22/);
});

Deno.test("what failed without the scenario fails again; what is cut off says where", async () => {
  const waiting = async ({ board }: Record<string, { press(what: unknown): Promise<void> }>) => {
    await board!.press({ hold: ms(50) });
  };
  const error = { name: "GuestCrashed", message: "it is dead", blame: "product" } as const;
  const dead = await play([BOARD, PRESS, { type: "end", outcome: "failed", error }], waiting);
  deepEqual([dead.error?.name, dead.error?.message], ["GuestCrashed", "it is dead"]);
  const cut = await play([BOARD, PRESS], waiting);
  match(cut.error!.message, /cut off at 0\.002000 s: .*waits for board\.press\(.*\) \(hil\/replay/);
});

Deno.test("a body that goes on beyond its recording is told where that ended, and why", async () => {
  const error = {
    name: "ExpectationError",
    message: "too late\n evidence",
    blame: "product",
  } as const;
  const { error: told } = await play([
    ...[BOARD, PRESS, gives(1)],
    { type: "end", outcome: "failed", error },
  ], async ({ board }) => {
    await board.press({ hold: ms(50) });
    await board.press({ hold: ms(50) });
  });
  equal(told?.name, "PlaybackEnded");
  match(told.message, /goes on with board\.press.*where the scenario failed.*: too late; run/);
});

Deno.test("a query that is asked again and again gives what it gave last", async () => {
  const { error } = await play([
    BOARD,
    call(1, "board", "count"),
    { ...gives(1, 0), sync: true } as Timed,
    signal("led"),
    ...[edge("rise", 5), edge("rise", 6)],
    { ...call(2, "board", "count"), ms: 6 },
    { ...gives(2, 2), sync: true } as Timed,
  ], async ({ board }) => {
    const counted = await board.led.clock.until(() => board.count() || undefined, LIMIT);
    equal(counted, 2);
  });
  equal(error, undefined);
});

Deno.test("a mark is where it was among the events, however many the trace has now", async () => {
  const steps = Array.from({ length: 20 }, (_, id): Timed => ({
    ...{ type: "step.begin", id, name: "before", ms: 1 },
  }));
  const { error } = await play([
    BOARD,
    { ...signal("led"), ms: 1 },
    ...[edge("rise", 1), ...steps],
    { ...PRESS, ms: 1 },
    { ...gives(1, { seq: 24, t: 1e6, clock: "board", what: "the press" }), ms: 1 } as Timed,
    ...[edge("fall", 1), edge("rise", 1)],
  ], async ({ board }) => {
    await expect(led(board)).toHappen({ kind: "rise", within: ms(5) });
    const press = await board.press({ hold: ms(50) });
    await expect(led(board)).toHappen({ kind: "fall", after: press, within: ms(5) });
    await expect(led(board)).toHappen({ kind: "rise", after: press, within: ms(5) });
    expect(led(board)).toHaveHappened(1, { kind: "rise", after: press });
  });
  equal(error, undefined);
});

Deno.test("a wait is over at the moment at which the scenario went on", async () => {
  const { error } = await play([
    BOARD,
    { ...signal("led"), ms: 1 },
    { ...PRESS, ms: 4 },
    gives(1),
  ], async ({ board }) => {
    equal(await board.led.clock.until(() => undefined, ms(3)), undefined);
    await board.press({ hold: ms(50) });
  });
  equal(error, undefined);
});

Deno.test("a call is missed, though another that gives something at once has been made after it", async () => {
  const { error } = await play([
    BOARD,
    PRESS,
    call(2, "board", "level"),
    { ...gives(2, 1), sync: true } as Timed,
    gives(1),
  ], ({ board }) => {
    equal(board.level(), 1);
    return Promise.resolve();
  });
  match(error!.message, /recorded: board\.press.*\n {2}now: {6}the scenario is over/);
});
