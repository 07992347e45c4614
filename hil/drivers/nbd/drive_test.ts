import assert from "node:assert/strict";
import { ms, seconds, withLimit } from "../../time/mod.ts";
import { NbdDrive, type NbdTraffic, type Task } from "./drive.ts";
import { NbdErrno } from "./protocol.ts";
import type { NbdRequest } from "./session.ts";
import { type BlockStore, MemoryStore } from "./store.ts";

function setUp(store: BlockStore = new MemoryStore(100)) {
  const traffic: NbdTraffic[] = [];
  const drive = new NbdDrive({ name: "d", store }, (event) => void traffic.push(event));
  return { drive, traffic };
}

const CLIENT = {};

function ask(
  drive: NbdDrive,
  operation: NbdRequest["operation"],
  lba = 0,
  client: object = CLIENT,
) {
  const data = operation === "write" ? new Uint8Array(512).fill(lba + 1) : undefined;
  const blocks = operation === "flush" ? 0 : 1;
  return drive.submit({ cookie: 1n, operation, lba, blocks, fua: false, data }, client);
}

/** "1 write 7", "1 done ok": what was seen, in order. */
function story(traffic: readonly NbdTraffic[]): string[] {
  return traffic.map(({ id, phase, operation, lba, status }) =>
    phase === "arrived" ? `${id} ${operation} ${lba}` : `${id} done ${status}`
  );
}

Deno.test("requests are done as they come, and seen before and after", async () => {
  const { drive, traffic } = setUp();
  assert.deepEqual(await ask(drive, "write", 7), { error: 0 });
  assert.equal((await ask(drive, "read", 7))?.data?.[511], 8);
  assert.deepEqual(await ask(drive, "flush"), { error: 0 });
  await ask(drive, "zero", 7);
  assert.equal((await ask(drive, "read", 7))?.data?.[511], 0);
  assert.deepEqual(story(traffic).slice(0, 6), [
    "1 write 7",
    "1 done ok",
    "2 read 7",
    "2 done ok",
    "3 flush 0",
    "3 done ok",
  ]);
});

Deno.test("what is held has moved nothing; released, it goes in order, and nothing is held any more", async () => {
  const { drive, traffic } = setUp();
  drive.hold();
  const write = ask(drive, "write", 7);
  const read = ask(drive, "read", 7);
  assert.deepEqual(drive.held.map(({ operation }) => operation), ["write", "read"]);
  assert.equal((await drive.store.read(7, 1))[0], 0);
  assert.deepEqual(story(traffic), ["1 write 7", "2 read 7"]);
  drive.release();
  await write;
  assert.equal((await read)?.data?.[0], 8);
  await ask(drive, "read", 1);
  assert.deepEqual(story(traffic).slice(2), ["1 done ok", "2 done ok", "3 read 1", "3 done ok"]);
});

Deno.test("only the kinds that are named are held", async () => {
  const { drive } = setUp();
  drive.hold(["write"]);
  const write = ask(drive, "write", 7);
  assert.equal((await ask(drive, "read", 7))?.data?.[0], 0);
  await ask(drive, "flush");
  assert.equal(drive.held.length, 1);
  drive.hold(["read"]);
  await ask(drive, "write", 8);
  assert.equal(drive.held.length, 1, "a new hold lets nothing go");
  drive.release();
  await write;
});

Deno.test("releaseOne lets the oldest go and goes on holding", async () => {
  const { drive, traffic } = setUp();
  drive.hold();
  const [first, second] = [ask(drive, "read", 1), ask(drive, "read", 2)];
  drive.releaseOne();
  await first;
  const third = ask(drive, "read", 3);
  assert.deepEqual(drive.held.map(({ lba }) => lba), [2, 3]);
  assert.deepEqual(story(traffic), ["1 read 1", "2 read 2", "1 done ok", "3 read 3"]);
  drive.release();
  await Promise.all([second, third]);
});

Deno.test("releaseOne of nothing is an error that says what to wait for", () => {
  assert.throws(() => setUp().drive.releaseOne(), {
    message: `Cannot release one request of drive "d": it has none; wait until one has reached it`,
  });
});

Deno.test("abort answers what is held with an error, moves nothing, and goes on holding", async () => {
  const { drive, traffic } = setUp();
  drive.hold();
  const lost = ask(drive, "write", 7);
  drive.abort();
  assert.deepEqual(await lost, { error: NbdErrno.EIO });
  assert.equal((await drive.store.read(7, 1))[0], 0);
  const next = ask(drive, "read", 7);
  assert.equal(drive.held.length, 1);
  drive.release();
  await next;
  assert.deepEqual(story(traffic), ["1 write 7", "1 done reset", "2 read 7", "2 done ok"]);
});

Deno.test("an abort takes no fault away", async () => {
  const { drive } = setUp();
  drive.failNext({ operation: "read", lba: 7, count: 1 });
  drive.hold();
  const lost = ask(drive, "read", 7);
  drive.abort();
  await lost;
  drive.release();
  assert.deepEqual(await ask(drive, "read", 7), { error: NbdErrno.EIO });
  assert.equal((await ask(drive, "read", 7))?.error, 0);
});

Deno.test("the next requests of a kind to a block fail, others do not", async () => {
  const { drive, traffic } = setUp();
  drive.failNext({ operation: "write", lba: 7, count: 2 });
  const errors: number[] = [];
  for (
    const [operation, lba] of [["read", 7], ["write", 8], ["write", 7], ["write", 7], [
      "write",
      7,
    ]] as const
  ) {
    errors.push((await ask(drive, operation, lba))!.error);
  }
  assert.deepEqual(errors, [0, 0, NbdErrno.EIO, NbdErrno.EIO, 0]);
  assert.ok(story(traffic).includes("3 done error"));
});

Deno.test("a fault lies in a request of many blocks, and on a flush whatever the block", async () => {
  const { drive } = setUp();
  drive.failNext({ operation: "read", lba: 12, count: 1 });
  const wide = { cookie: 1n, operation: "read", lba: 10, fua: false } as const;
  assert.equal((await drive.submit({ ...wide, blocks: 2 }, CLIENT))?.error, 0);
  assert.equal((await drive.submit({ ...wide, blocks: 3 }, CLIENT))?.error, NbdErrno.EIO);
  drive.failNext({ operation: "flush", lba: 99, count: 1 });
  assert.equal((await ask(drive, "flush"))?.error, NbdErrno.EIO);
  assert.equal((await ask(drive, "flush"))?.error, 0);
});

Deno.test("a fault with count 0 is taken back, one that is set again counts anew", async () => {
  const { drive } = setUp();
  drive.failNext({ operation: "read", lba: 7, count: 5 });
  drive.failNext({ operation: "read", lba: 7, count: 0 });
  assert.equal((await ask(drive, "read", 7))?.error, 0);
  drive.failNext({ operation: "read", lba: 7, count: 5 });
  drive.failNext({ operation: "read", lba: 7, count: 1 });
  assert.equal((await ask(drive, "read", 7))?.error, NbdErrno.EIO);
  assert.equal((await ask(drive, "read", 7))?.error, 0);
});

Deno.test("a held request fails when it is let go, not before", async () => {
  const { drive, traffic } = setUp();
  drive.hold(["read"]);
  drive.failNext({ operation: "read", lba: 7, count: 1 });
  const read = ask(drive, "read", 7);
  assert.deepEqual(story(traffic), ["1 read 7"]);
  drive.releaseOne();
  assert.equal((await read)?.error, NbdErrno.EIO);
});

Deno.test("a client that goes away takes its own requests along and no others", async () => {
  const { drive, traffic } = setUp();
  const other = {};
  drive.hold();
  const mine = ask(drive, "write", 7);
  const theirs = ask(drive, "write", 8, other);
  drive.forget(CLIENT);
  assert.equal(await mine, undefined);
  drive.release();
  assert.deepEqual(await theirs, { error: 0 });
  assert.equal((await drive.store.read(7, 1))[0], 0);
  assert.deepEqual(story(traffic), ["1 write 7", "2 write 8", "1 done gone", "2 done ok"]);
});

Deno.test("a store that throws is an I/O error of the drive", async () => {
  const store = new MemoryStore(100);
  store.write = () => {
    throw new Error("no space left");
  };
  const { drive, traffic } = setUp(store);
  assert.deepEqual(await ask(drive, "write", 7), { error: NbdErrno.EIO });
  assert.deepEqual(story(traffic), ["1 write 7", "1 done error"]);
});

Deno.test("a write with FUA is flushed, one without is not", async () => {
  let flushes = 0;
  const store = new MemoryStore(100);
  store.flush = () => void flushes++;
  const { drive } = setUp(store);
  const write = {
    cookie: 1n,
    operation: "write",
    lba: 0,
    blocks: 1,
    data: new Uint8Array(512),
  } as const;
  await drive.submit({ ...write, fua: false }, CLIENT);
  assert.equal(flushes, 0);
  await drive.submit({ ...write, fua: true }, CLIENT);
  await ask(drive, "flush");
  assert.equal(flushes, 2);
});

/** A drive whose next tasks are these; `forgotten` counts what nothing came of. */
function behaving(...tasks: (Partial<Task> | undefined)[]) {
  const traffic: NbdTraffic[] = [];
  const counts = { forgotten: 0 };
  const behaviour = {
    begin() {
      const task = tasks.shift();
      const forget = () => void counts.forgotten++;
      return task && { finish: () => ({ error: 0 }), forget, ...task };
    },
  };
  const store = new MemoryStore(100);
  const drive = new NbdDrive({ name: "d", store, behaviour }, (event) => void traffic.push(event));
  return { drive, traffic, counts };
}

Deno.test("a behaviour answers instead of the store, late or held for a time", async () => {
  const { drive, traffic } = behaving(
    { finish: () => ({ error: 28 }) },
    { delay: ms(2) },
    { held: ms(2) },
  );
  const answer = () => withLimit(ask(drive, "write", 7), seconds(10), () => assert.fail("late"));
  assert.deepEqual(await answer(), { error: 28 });
  assert.deepEqual(await answer(), { error: 0 });
  assert.deepEqual(await answer(), { error: 0 });
  assert.equal((await drive.store.read(7, 1))[0], 0);
  assert.deepEqual(story(traffic).filter((one) => /done/.test(one)), [
    "1 done error",
    "2 done ok",
    "3 done ok",
  ]);
});

Deno.test("what a behaviour holds is released as what the bench holds; what is late is not", async () => {
  const late = { delay: ms(100_000) };
  const { drive, counts } = behaving({ held: "until released" }, late, { held: ms(100_000) });
  const asked = [1, 2, 3].map((lba) => ask(drive, "read", lba));
  assert.deepEqual(drive.held.map(({ lba }) => lba), [1, 3]);
  drive.releaseOne();
  assert.deepEqual(await asked[0], { error: 0 });
  drive.release();
  assert.deepEqual(await asked[2], { error: 0 });
  drive.abort();
  assert.deepEqual([await asked[1], counts.forgotten], [{ error: 5 }, 1]);
});

Deno.test("a request without an answer waits until its client is gone or it is given up", async () => {
  const { drive, traffic, counts } = behaving(undefined, { finish: () => undefined }, undefined);
  const other = {};
  const asked = [ask(drive, "read", 1), ask(drive, "read", 2), ask(drive, "read", 3, other)];
  assert.deepEqual(drive.held, []);
  drive.release();
  await Promise.resolve();
  assert.equal(traffic.filter(({ phase }) => phase === "done").length, 0);
  drive.forget(other);
  assert.equal(await asked[2], undefined);
  drive.abort();
  assert.deepEqual(await Promise.all(asked), [{ error: 5 }, { error: 5 }, undefined]);
  assert.equal(counts.forgotten, 0);
});

Deno.test("a fault asked for by hand goes before the behaviour, which forgets the request", async () => {
  const { drive, counts } = behaving({ finish: () => assert.fail("it was done") });
  drive.failNext({ operation: "read", lba: 7, count: 1 });
  assert.deepEqual([await ask(drive, "read", 7), counts.forgotten], [{ error: 5 }, 1]);
});
