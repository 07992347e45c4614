import assert from "node:assert/strict";
import { Outbox } from "./outbox.ts";

/** A connection that takes at most `portion` bytes at a time, and none before `open`. */
function slowConn(portion = Infinity) {
  const writes: Uint8Array[] = [];
  let open = () => {};
  const gate = new Promise<void>((resolve) => open = resolve);
  const write = async (bytes: Uint8Array) => {
    await gate;
    const taken = bytes.slice(0, portion);
    writes.push(taken);
    return taken.length;
  };
  return { writes, open, conn: { write } };
}

const bytes = (size: number, value: number) => new Uint8Array(size).fill(value);
const sizes = (writes: readonly Uint8Array[]) => writes.map(({ length }) => length);

Deno.test("what is sent in one turn is one write", async () => {
  const { conn, writes, open } = slowConn();
  const outbox = new Outbox(conn);
  for (const value of [1, 2, 3]) outbox.send(bytes(16, value));
  open();
  await outbox.empty();
  assert.deepEqual(writes.map((one) => [...one]), [[
    ...bytes(16, 1),
    ...bytes(16, 2),
    ...bytes(16, 3),
  ]]);
});

Deno.test("large ones go by themselves, in order", async () => {
  const { conn, writes, open } = slowConn();
  const outbox = new Outbox(conn);
  for (const size of [16, 100_000, 16, 528]) outbox.send(bytes(size, 1));
  open();
  await outbox.empty();
  assert.deepEqual(sizes(writes), [16, 100_000, 544]);
});

Deno.test("a connection that takes a part is given the rest", async () => {
  const { conn, writes, open } = slowConn(7);
  const outbox = new Outbox(conn);
  outbox.send(Uint8Array.from({ length: 20 }, (_, at) => at));
  open();
  await outbox.empty();
  assert.deepEqual(sizes(writes), [7, 7, 6]);
  assert.deepEqual(writes.flatMap((one) => [...one]), Array.from({ length: 20 }, (_, at) => at));
});

Deno.test("there is room until 16 MiB wait, and again when they are written", async () => {
  const { conn, open } = slowConn();
  const outbox = new Outbox(conn);
  outbox.send(bytes(15 << 20, 1));
  assert.equal(outbox.hasRoom(), undefined);
  outbox.send(bytes(1 << 20, 1));
  let has = false;
  const room = Promise.resolve(outbox.hasRoom()).then(() => has = true);
  await Promise.resolve();
  assert.equal(has, false);
  open();
  await room;
  await outbox.empty();
  assert.equal(outbox.hasRoom(), undefined);
});

Deno.test("when the client is gone, nobody waits and nothing is kept", async () => {
  const outbox = new Outbox({ write: () => Promise.reject(new Deno.errors.BrokenPipe()) });
  outbox.send(bytes(20 << 20, 1));
  await outbox.hasRoom();
  await outbox.empty();
  outbox.send(bytes(20 << 20, 1));
  assert.equal(outbox.hasRoom(), undefined);
});
