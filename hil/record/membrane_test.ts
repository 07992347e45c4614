import assert from "node:assert/strict";
import { HostClock } from "../drivers/host_clock.ts";
import { ms, Random, seconds } from "../time/mod.ts";
import { unrecorded } from "./_kinds.ts";
import { Jammed, Pump, recorded as recordedBy, Valve } from "./_testing.ts";
import { decode } from "./decode.ts";
import { encode } from "./value.ts";
import type { Json } from "../trace/mod.ts";

function recorded(folder?: string) {
  return recordedBy((timeline) => new HostClock(timeline), folder);
}

function pumping(folder?: string) {
  const { membrane, timeline, taken } = recorded(folder);
  const real = new Pump(timeline.clock);
  const pump = membrane.port("pump", real);
  return { membrane, timeline, taken, real, pump };
}

Deno.test("a port is told by its name, a call by its arguments and what came of it", async () => {
  const { pump, taken } = pumping();
  assert.equal(await pump.raise({ bar: 2 }), 3);
  assert.deepEqual(taken(), [
    { type: "get", on: "", name: "pump", value: { $: "object", is: "pump" } },
    { type: "call", id: 1, on: "pump", method: "raise", args: [{ bar: 2 }] },
    { type: "return", id: 1, value: 3 },
  ]);
});

Deno.test("a rejection passes as it is, and is told with the objects in it", async () => {
  const { pump, taken } = pumping();
  await assert.rejects(pump.raise({ bar: 11 }), (error) => error instanceof Jammed);
  assert.deepEqual(taken().at(-1), {
    type: "return",
    id: 1,
    error: {
      name: "Jammed",
      message: "main is jammed",
      fields: { valve: { $: "object", is: "#1.valve" } },
    },
  });
});

Deno.test("an error names the line of the scenario, through the membrane", async () => {
  const { pump } = pumping();
  const scenario = async () => await pump.raise({ bar: 11 });
  const error = await scenario().then(() => assert.fail(), (error: Error) => error);
  assert.match(error.stack!, /async scenario \(.*membrane_test/);
});

Deno.test("what is at once stays at once, and private fields are the real object's", () => {
  const { pump, taken } = pumping();
  assert.equal(pump.main.isOpen(), false);
  assert.equal(pump.main.set(true), pump.main);
  assert.equal(pump.main.isOpen(), true);
  assert.deepEqual(taken().slice(1), [
    { type: "get", on: "pump", name: "main", value: { $: "object", is: "pump.main" } },
    { type: "call", id: 1, on: "pump.main", method: "isOpen", args: [] },
    { type: "return", id: 1, sync: true, value: false },
    { type: "call", id: 2, on: "pump.main", method: "set", args: [true] },
    { type: "return", id: 2, sync: true, value: { $: "object", is: "pump.main" } },
    { type: "call", id: 3, on: "pump.main", method: "isOpen", args: [] },
    { type: "return", id: 3, sync: true, value: true },
  ]);
});

Deno.test("a property is told when it is another than before", async () => {
  const { pump, taken } = pumping();
  assert.deepEqual([pump.bar, pump.bar], [1, 1]);
  assert.equal(pump.limit.ns, 5e6);
  await pump.raise({ bar: 1 });
  assert.equal(pump.bar, 2);
  const told = taken().filter(({ type, on }) => type === "get" && on === "pump");
  assert.deepEqual(told.map(({ name, value }) => [name, value]), [
    ["bar", 1],
    ["limit", { $: "duration", ns: 5e6 }],
    ["bar", 2],
  ]);
});

Deno.test("a property that cannot be read throws, and is told once", () => {
  const { pump, taken } = pumping();
  for (let i = 0; i < 2; i++) assert.throws(() => pump.broken, RangeError);
  const value = { $: "throws", name: "RangeError", message: "no gauge" };
  assert.deepEqual(taken().slice(1), [{ type: "get", on: "pump", name: "broken", value }]);
  assert.throws(() => decode(value as Json), RangeError);
});

Deno.test("an object is one to a scenario whichever way it comes, and the real one to its port", () => {
  const { pump, taken } = pumping();
  const [a, b] = pump.valves;
  assert.equal(pump.raise, pump.raise);
  assert.ok(a instanceof Valve && b instanceof Valve && a !== b);
  assert.equal(pump.valves[0], a);
  assert.equal(pump.take(a), a);
  assert.throws(() => pump.take(new Valve("foreign")), TypeError);
  const [, list, call, returned, foreign] = taken();
  const value = [{ $: "object", is: "pump.valves.0" }, { $: "object", is: "pump.valves.1" }];
  assert.deepEqual(list, { type: "get", on: "pump", name: "valves", value });
  assert.deepEqual([call?.args, returned?.value], [[value[0]], value[0]]);
  assert.deepEqual(foreign?.args, [{ $: "opaque", is: "Valve" }]);
});

Deno.test("two objects at one place have names of their own", () => {
  const { membrane, taken } = recorded();
  const port = membrane.port("port", {
    now: [new Valve("a")],
    next() {
      this.now = [new Valve("b")];
    },
  });
  const [first] = port.now;
  port.next();
  const [second] = port.now;
  assert.notEqual(first, second);
  const gets = taken().filter(({ name }) => name === "now").map(({ value }) => value);
  assert.deepEqual(gets, [
    [{ $: "object", is: "port.now.0" }],
    [{ $: "object", is: "port.now.0~2" }],
  ]);
});

Deno.test("a port calls the scenario's function with what the scenario has, and that is told", () => {
  const { pump, taken } = pumping();
  const a = pump.valves[0]!;
  taken();
  assert.deepEqual(pump.each((valve) => valve === a), [true, false]);
  assert.deepEqual(taken(), [
    { type: "call", id: 1, on: "pump", method: "each", args: [{ $: "function", is: "fn1" }] },
    {
      type: "call",
      id: 2,
      on: "fn1",
      method: "",
      args: [{ $: "object", is: "pump.valves.0" }, 0, [
        { $: "object", is: "pump.valves.0" },
        { $: "object", is: "pump.valves.1" },
      ]],
      back: true,
    },
    { type: "return", id: 2, sync: true, value: true },
    {
      type: "call",
      id: 3,
      on: "fn1",
      method: "",
      args: [{ $: "object", is: "pump.valves.1" }, 1, [
        { $: "object", is: "pump.valves.0" },
        { $: "object", is: "pump.valves.1" },
      ]],
      back: true,
    },
    { type: "return", id: 3, sync: true, value: false },
    { type: "return", id: 1, sync: true, value: [true, false] },
  ]);
});

Deno.test("what a scenario's function gives comes out of the port as it went in", async () => {
  const { pump } = pumping();
  const given = { valves: [pump.main], at: { lba: 7 } };
  assert.equal(await pump.together(() => Promise.resolve(given)), given);
  const failed = new Error("mine");
  await assert.rejects(pump.together(() => Promise.reject(failed)), failed);
});

Deno.test("a property that is set is a call, and reads back as it was set", async () => {
  const { pump, real, taken } = pumping();
  const alarms: number[] = [];
  const listener = (bar: number) => alarms.push(bar);
  pump.onAlarm = listener;
  assert.equal(pump.onAlarm, listener);
  assert.notEqual(real.onAlarm, listener);
  await pump.raise({ bar: 4 });
  assert.deepEqual(alarms, [5]);
  const fn1 = { $: "function", is: "fn1" };
  assert.deepEqual(taken()[1], {
    type: "call",
    id: 1,
    on: "pump",
    method: "onAlarm=",
    args: [fn1],
  });
});

Deno.test("a promise that is a property is one, and settles as its call of then returns", async () => {
  const { pump, taken } = pumping();
  assert.equal(pump.ready, pump.ready);
  assert.ok(pump.ready instanceof Promise);
  assert.ok(await pump.ready instanceof Valve);
  assert.deepEqual(taken().slice(1), [
    { type: "get", on: "pump", name: "ready", value: { $: "promise", is: "pump.ready" } },
    { type: "call", id: 1, on: "pump.ready", method: "then", args: [] },
    { type: "return", id: 1, value: { $: "object", is: "#1" } },
  ]);
});

Deno.test("a generator goes on by calls, and a function that a port gives is called by its name", async () => {
  const { pump, taken } = pumping();
  const strokes = [];
  for await (const { n } of pump.strokes()) strokes.push(n);
  const count = pump.counter();
  assert.deepEqual([strokes, count(), count(), count.step, count.name], [[1, 2], 1, 2, 1, ""]);
  const calls = taken().filter(({ type }) => type === "call");
  assert.deepEqual(calls.map(({ on, method }) => `${on} ${method}`), [
    "pump strokes",
    "#1 [Symbol.asyncIterator]",
    "#1 next",
    "#1 next",
    "#1 next",
    "pump counter",
    "#6 ",
    "#6 ",
  ]);
});

Deno.test("what is frozen, listed or shown is as the real thing is", () => {
  const { membrane } = recorded();
  const valve = new Valve("v");
  const real = Object.freeze({ valve, list: Object.freeze([valve, 1]), act: () => 5, n: 1 });
  const port = membrane.port("port", real);
  assert.deepEqual(Object.keys(port), ["valve", "list", "act", "n"]);
  assert.ok("act" in port && !("nothing" in port) && Array.isArray(port.list));
  assert.deepEqual([port.list.length, port.list.at(-1), port.act()], [2, 1, 5]);
  assert.equal(port.list[0], port.valve);
  assert.deepEqual({ ...port }.n, 1);
  assert.throws(() => (port as { n: number }).n = 2, TypeError);
  assert.equal(Deno.inspect(port.valve), Deno.inspect(valve));
  assert.throws(() => (port as unknown as { go(): void }).go(), /port.go is not a function/);
});

/** Of all kinds that may pass, some with a port's objects in them, some with themselves. */
function randomValue(random: Random, objects: readonly unknown[], depth = 0): unknown {
  const inner = () => randomValue(random, objects, depth + 1);
  switch (random.below(depth > 3 ? 6 : 10)) {
    case 0:
      return [undefined, null, NaN, 5n, "text", Symbol("s"), true][random.below(7)];
    case 1:
      return [new Uint8Array(2), ms(1), /x/, new Date(0), new TypeError("t")][random.below(5)];
    case 2:
    case 3:
      return objects[random.below(objects.length)];
    case 4:
      return () => 1;
    case 5:
      return new Jammed(new Valve("own"));
    case 6:
      return random.chance(0.5) ? new Map([[inner(), inner()]]) : new Set([inner()]);
    case 7:
      return Object.freeze([inner(), inner()]);
    default: {
      const value: Record<string, unknown> = { a: inner(), $: inner(), length: 3 };
      if (random.chance(0.2)) value.self = value;
      return value;
    }
  }
}

Deno.test("whatever a scenario gives a port, it gets that very thing back, and the port the real one", () => {
  const { membrane, timeline } = recorded();
  const real = new Pump(timeline.clock);
  const [pump, other] = [membrane.port("pump", real), membrane.port("other", new Valve("x"))];
  const mine = [pump, other, pump.main, pump.valves, pump.clock, pump.counter()];
  const kept: unknown[] = [];
  const port = membrane.port("port", {
    keep: (value: unknown) => kept.push(value) && value,
    call: (give: () => unknown) => give(),
  });
  for (let seed = 0; seed < 2000; seed++) {
    const value = randomValue(new Random(seed), mine);
    assert.ok(Object.is(port.keep(value), value), `seed ${seed}`);
    assert.ok(Object.is(port.call(() => value), value), `seed ${seed}, of a function`);
    if (value === pump) assert.equal(kept.at(-1), real);
  }
});

Deno.test("clocks, signals' lists and the runtime's own pass as they are", async () => {
  const { membrane, timeline, taken } = recorded();
  const signal = timeline.signal<number>("level", { clock: timeline.clock });
  const abort = new AbortController();
  const still = { name: "still", virtual: false, now: () => 0, until: () => Promise.resolve() };
  const real = { clock: timeline.clock, level: signal, signal: abort.signal, still, act() {} };
  const port = membrane.port("port", real);
  assert.equal(port.clock, timeline.clock);
  assert.equal(port.still as unknown, still);
  assert.equal(port.level.occurrences, signal.occurrences);
  assert.equal(port.signal, abort.signal);
  assert.deepEqual(taken().slice(1).map(({ name, value }) => [name, value]), [
    ["clock", { $: "object", is: "port.clock", clock: "host" }],
    ["still", { $: "object", is: "port.still", clock: "still" }],
    ["level", { $: "object", is: "port.level", signal: "level", clock: "host" }],
    ["signal", { $: "opaque", is: "AbortSignal" }],
  ]);
  const waited = port.clock.until(() => port.level.occurrences.at(-1)?.data, seconds(60));
  signal.emit("rise", 5);
  assert.equal(await waited, 5);
});

Deno.test("a wait that asks a port at each event ends", async () => {
  const { pump, timeline } = pumping();
  let asked = 0;
  const waited = timeline.clock.until(() => {
    pump.main.isOpen();
    return ++asked === 3 ? asked : undefined;
  }, seconds(60));
  timeline.record({ type: "log", level: "info", text: "1" });
  timeline.record({ type: "log", level: "info", text: "2" });
  assert.equal(await waited, 3);
});

Deno.test("large values are files beside the trace, each once", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const { pump, taken } = pumping(folder);
    const image = pump.image(2 ** 21);
    pump.image(2 ** 21);
    const [{ name }] = [...Deno.readDirSync(folder)] as [Deno.DirEntry];
    const events = taken();
    const value = { $: "bytes", file: name, length: 2 ** 21 };
    assert.deepEqual(events.filter(({ type }) => type === "attachment").length, 1);
    assert.deepEqual(events.filter(({ type }) => type === "return").map((e) => e.value), [
      value,
      value,
    ]);
    const file = (name: string) => Deno.readFileSync(`${folder}/${name}`);
    assert.deepEqual(decode(value, { file }), image);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a long text is a file, too, and one that a header names is told with the first event", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const { membrane, taken } = recorded(folder);
    const text = "x".repeat(2 ** 21);
    const { recorder } = membrane;
    const json = encode({ text }, recorder.encoding(() => undefined)) as { text: { file: string } };
    const port = membrane.port("port", { say: () => text });
    const [file] = taken();
    assert.deepEqual([file?.type, file?.path], ["attachment", json.text.file]);
    assert.equal(port.say(), text);
    const read = (name: string) => Deno.readFileSync(`${folder}/${name}`);
    const value = taken().find(({ type }) => type === "return")!.value as Json;
    assert.ok(JSON.stringify(value).length < 200);
    assert.equal(decode(value, { file: read }), text);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("after its end nothing is told, and calls go on", async () => {
  const { pump, membrane, taken } = pumping();
  const pending = pump.raise({ bar: 1 });
  membrane.end();
  taken();
  assert.equal(await pending, 2);
  assert.equal(pump.valves[0], pump.valves[0]);
  assert.deepEqual(taken(), []);
});

Deno.test("a program that a port gives is told of as well: that it ran, and what it said", async () => {
  const { membrane, taken } = recorded();
  const port = membrane.port("port", {
    command: () => new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "piped" }),
  });
  const { success, stdout } = await port.command().output();
  assert.equal(success, true);
  assert.match(new TextDecoder().decode(stdout), /^deno /);
  const calls = taken().flatMap((event) =>
    event.type === "call" ? [`${event.on}.${event.method}`] : []
  );
  assert.deepEqual(calls, ["port.command", "#1.output"]);
});

Deno.test("what a port keeps out of recordings passes as it is, and its calls are not told", async () => {
  const { membrane, taken } = recorded();
  const code = unrecorded(new Pump({} as never));
  const port = membrane.port("port", { load: () => Promise.resolve(code) });
  assert.equal(await port.load(), code);
  assert.equal(code.main.isOpen(), false);
  assert.deepEqual(taken().slice(1), [
    { type: "call", id: 1, on: "port", method: "load", args: [] },
    { type: "return", id: 1, value: { $: "opaque", is: "Pump" } },
  ]);
});
