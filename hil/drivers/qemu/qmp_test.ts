import assert from "node:assert/strict";
import type { ByteLink } from "../../ports/mod.ts";
import { errorOf, soon } from "./_lab.ts";
import { QmpClient, QmpClosed, QmpError, type QmpEvent } from "./qmp.ts";

/** The other side of a QMP channel, by hand. */
function channel(refusal?: Error) {
  const sent: { execute: string; arguments?: unknown; id: number }[] = [];
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let closed = false;
  const link: ByteLink = {
    readable: new ReadableStream({
      start: (given) => void (controller = given),
      cancel: () => void (closed = true),
    }),
    write: (data) => {
      if (refusal) return Promise.reject(refusal);
      sent.push(JSON.parse(new TextDecoder().decode(data)));
      return Promise.resolve();
    },
    close: () => {
      if (!closed) controller.close();
      closed = true;
      return Promise.resolve();
    },
  };
  const events: QmpEvent[] = [];
  const client = new QmpClient(link, (event) => void events.push(event));
  const bytes = (data: Uint8Array) => closed || controller.enqueue(data);
  const say = (text: string) => bytes(new TextEncoder().encode(text));
  return { client, sent, events, bytes, say, hangUp: () => void link.close() };
}

const GREETING = '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}}}\r\n';

Deno.test("the greeting tells the version, and commands are answered by their number", async () => {
  const { client, sent, say } = channel();
  const negotiated = client.negotiate();
  say(GREETING + '{"return": {}, "id": 1}\r\n');
  await soon(negotiated, "the greeting");
  assert.equal(client.version, "7.2.22");
  const [a, b] = [client.execute("a", { x: 1 }), client.execute("b")];
  say('{"return": "of b", "id": 3}\n{"return": "of a", "id": 2}\n');
  assert.deepEqual([await a, await b], ["of a", "of b"]);
  assert.deepEqual(sent, [
    { execute: "qmp_capabilities", id: 1 },
    { execute: "a", arguments: { x: 1 }, id: 2 },
    { execute: "b", id: 3 },
  ]);
  await client.close();
});

Deno.test("a line may come in any pieces, split characters included", async () => {
  const { client, bytes, events } = channel();
  const text = '{"event": "ÄÖÜ€😀", "data": {"n": 1}, "timestamp": {}}\n{"return": 5, "id": 1}\n';
  const answer = client.execute("x");
  for (const byte of new TextEncoder().encode(text)) bytes(Uint8Array.of(byte));
  assert.equal(await soon(answer, "the answer"), 5);
  assert.deepEqual(events, [{ event: "ÄÖÜ€😀", data: { n: 1 } }]);
  await client.close();
});

Deno.test("an error is QEMU's, with command and class", async () => {
  const { client, say } = channel();
  const answer = client.execute("x");
  say('{"error": {"class": "GenericError", "desc": "it is full"}, "id": 1}\n');
  const error = await errorOf(answer);
  assert.ok(error instanceof QmpError);
  assert.equal(error.message, 'Cannot execute the QMP command "x": GenericError: it is full');
  await client.close();
});

Deno.test("whoever waits is told when the channel ends, and who comes later too", async () => {
  const { client, hangUp } = channel();
  const waiting = [errorOf(client.execute("x")), errorOf(client.nextEvent())];
  hangUp();
  for (const error of [...await Promise.all(waiting), await errorOf(client.execute("y"))]) {
    assert.ok(error instanceof QmpClosed);
    assert.equal(error.message, "Cannot talk QMP to QEMU: QEMU closed its channel");
  }
  await soon(client.ended, "the end");
});

Deno.test("a channel that takes nothing says for which command", async () => {
  const { client } = channel(new Error("Broken pipe"));
  const { message } = await errorOf(client.execute("x"));
  assert.equal(message, 'Cannot talk QMP to QEMU: its channel does not take "x": Broken pipe');
  await client.close();
});

Deno.test("what is no QMP is quoted and ends the channel", async () => {
  const cases: [string, string][] = [
    ["hello\n", '"hello"'],
    ["[]\n", '"\\[\\]"'],
    ["{}\n", '"{}"'],
    ["null\n", '"null"'],
    ['{"event": 5}\n', "event"],
    ['{"event": "X", "data": [1]}\n', "data"],
    ['{"QMP": 7}\n', "QMP"],
    ['{"error": "oops", "id": 1}\n', "oops"],
    ['{"return": 1, "id": "1"}\n', "return"],
    [`${"x".repeat(1000)}\n`, `"${"x".repeat(120)}"`],
  ];
  for (const [said, quoted] of cases) {
    const { client, say } = channel();
    const answer = client.execute("x");
    say(said);
    const { message } = await errorOf(answer);
    assert.match(message, /^Cannot talk QMP to QEMU: it said what is no QMP: /, said);
    assert.match(message, new RegExp(quoted), said);
  }
});

Deno.test("an answer that nobody asked for ends the channel, with what QEMU said", async () => {
  const { client, say } = channel();
  const answer = client.execute("x");
  say('{"error": {"class": "GenericError", "desc": "JSON parse error"}}\n');
  const { message } = await errorOf(answer);
  assert.match(
    message,
    /it answered a command \("undefined"\) that nobody gave: JSON parse error$/,
  );
});

Deno.test("an answer that comes twice ends the channel", async () => {
  const { client, say } = channel();
  const answer = client.execute("x");
  say('{"return": 1, "id": 1}\n'.repeat(2));
  assert.equal(await soon(answer, "the answer"), 1);
  await soon(client.ended, "the end");
  assert.match((await errorOf(client.execute("y"))).message, /it answered a command \("1"\)/);
});

Deno.test("a line without end is given up", async () => {
  const { client, say } = channel();
  const answer = client.execute("x");
  for (let count = 0; count < 5; count++) say("x".repeat(1 << 20));
  assert.match((await errorOf(answer)).message, /a line of it has no end$/);
});

/** Seeded chance (mulberry32). */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

Deno.test("10,000 damaged conversations end in an answer or in QmpClosed, never in silence", async () => {
  const intact = new TextEncoder().encode(
    GREETING +
      '{"event": "RESET", "data": {"guest": true}}\n{"return": {"a": [1, "é"]}, "id": 1}\n' +
      '{"error": {"class": "GenericError", "desc": "no"}, "id": 2}\n',
  );
  const ends: Record<string, number> = {};
  for (let seed = 1; seed <= 10_000; seed++) {
    const random = seeded(seed);
    const { client, bytes, hangUp } = channel();
    const answers = Promise.allSettled([client.execute("one"), client.execute("two")]);
    const damaged = intact.slice();
    for (let times = random(4); times > 0; times--) {
      damaged[random(damaged.length)] = [random(256), 0x7b, 0x22, 0x0a][random(4)]!;
    }
    const cut = random(damaged.length);
    bytes(damaged.subarray(0, cut));
    bytes(damaged.subarray(cut));
    hangUp();
    for (const answer of await soon(answers, `seed ${seed}`)) {
      const name = answer.status === "fulfilled" ? "answered" : answer.reason.name;
      ends[name] = (ends[name] ?? 0) + 1;
    }
  }
  assert.deepEqual(Object.keys(ends).sort(), ["QmpClosed", "QmpError", "answered"]);
});
