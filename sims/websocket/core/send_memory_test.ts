import assert from "node:assert/strict";
import { FrameWriter } from "./frame.ts";
import { SendMemory } from "./send_memory.ts";

Deno.test("memory that is given back is taken again, up to 2 MiB of each size", () => {
  const memory = new SendMemory();
  const taken = Array.from({ length: 200 }, () => memory.take(100));
  assert.equal(new Set(taken).size, 200);
  for (const bytes of taken) memory.giveBack(bytes);
  const again = Array.from({ length: 200 }, () => memory.take(100));
  assert.equal(again.filter((bytes) => taken.includes(bytes)).length, 2048 / 16);
});

Deno.test("what is too long for it is fresh, and not kept", () => {
  const memory = new SendMemory();
  const long = memory.take(1 << 20);
  assert.equal(long.length, 1 << 20);
  memory.giveBack(long);
  assert.notEqual(memory.take(1 << 20), long);
});

Deno.test("memory that is given back twice is given to nobody twice", () => {
  const memory = new SendMemory();
  const writer = new FrameWriter(memory);
  writer.frame(0x81, Uint8Array.of(1));
  const sent = writer.take();
  writer.recycle();
  writer.recycle();
  const [one, other] = [memory.take(1), memory.take(1)];
  assert.equal(one.buffer, sent.buffer);
  assert.notEqual(other.buffer, sent.buffer);
});
