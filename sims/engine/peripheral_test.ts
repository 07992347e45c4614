import assert from "node:assert/strict";
import type { Json } from "hil/trace/mod.ts";
import { VirtualClock } from "./clock.ts";
import { type Access, Peripheral } from "./peripheral.ts";
import { defineRegisters } from "./registers.ts";
import { loadParts, saveParts } from "./snapshot.ts";

const TOY = defineRegisters({
  RW: { offset: 0x00, reset: 0x1234_5678, writable: 0xffff_00ff },
  RO: { offset: 0x04, access: "ro", reset: 9 },
  WO: { offset: 0x08, access: "wo" },
  RAW: { offset: 0x0c, access: "w1s", writable: 0xff },
  STATUS: { offset: 0x10, access: "w1c", writable: 0xff, of: "RAW" },
  NOW: { offset: 0x14, access: "ro" },
  FIFO: { offset: 0x18 },
  MODE: { offset: 0x1c },
  ARRAY: { offset: 0x40, count: 3, stride: 8 },
  PLAIN: { offset: 0x80, banks: ["plain"] },
  SECRET: { offset: 0x80, banks: ["secret"], reset: 42 },
});
const R = TOY.index;

/** A peripheral that has one of everything. */
class Toy extends Peripheral<keyof typeof R> {
  readonly log: string[] = [];
  queue: number[] = [];

  constructor(clock = new VirtualClock("test")) {
    super("TOY", TOY, clock);
    this.derive("STATUS", () => this.regs[R.RAW]! & 0x0f);
    this.derive("NOW", () => this.clock.now());
    this.derive("FIFO", () => this.queue[0] ?? 0);
    this.afterRead("FIFO", () => this.queue.shift() !== undefined);
    this.onWrite("FIFO", (value) => void this.queue.push(value));
    this.onRead("RO", () => 0x0102_0304);
    this.onWrite("RW", (written, old) => void this.log.push(`RW ${hex(written)} over ${hex(old)}`));
    this.onWrite("ARRAY", (written, _, n) => void this.log.push(`ARRAY[${n}] ${hex(written)}`));
  }

  protected override sync(): void {
    this.log.push("sync");
  }

  override settle(): void {
    this.log.push("settle");
    this.bank = this.regs[R.MODE]! & 1;
  }

  protected override resetMore(): void {
    this.queue = [];
  }

  protected override saveMore(): Json {
    return this.queue;
  }

  protected override loadMore(state: Json): void {
    this.queue = [...state as number[]];
  }

  /** What happened since the last look. */
  happened(): string[] {
    return this.log.splice(0);
  }
}

const hex = (value: number) => value.toString(16);

Deno.test("a read brings the state up to now, and only one that did something settles", () => {
  const toy = new Toy();
  assert.equal(toy.read(0x00, 4), 0x1234_5678);
  assert.deepEqual(toy.happened(), ["sync"]);
  assert.equal(toy.read(0x18, 4), 0);
  assert.deepEqual(toy.happened(), ["sync"], "an empty FIFO");
  toy.queue.push(5);
  assert.equal(toy.read(0x18, 4), 5);
  assert.deepEqual(toy.happened(), ["sync", "settle"]);
  assert.equal(toy.read(0x04, 4), 0x0102_0304);
  assert.deepEqual(toy.happened(), ["sync", "settle"]);
});

Deno.test("a write syncs, stores, has its effect, and settles", () => {
  const toy = new Toy();
  toy.write(0x00, 0xffff_ffff, 4);
  assert.deepEqual(toy.happened(), ["sync", "RW ffffffff over 12345678", "settle"]);
  assert.equal(toy.read(0x00, 4), 0xffff_56ff, "bits that cannot be written stay");
});

Deno.test("each kind of access does to the stored bits what it says", () => {
  const toy = new Toy();
  toy.write(0x04, 0xff, 4);
  assert.equal(toy.peek("RO"), 9);
  toy.write(0x08, 0xab, 4);
  assert.deepEqual([toy.read(0x08, 4), toy.peek("WO")], [0, 0xab]);
  toy.write(0x0c, 0x135, 4);
  toy.write(0x0c, 0x002, 4);
  assert.equal(toy.read(0x0c, 4), 0x37);
  toy.write(0x10, 0x03, 4);
  assert.equal(toy.read(0x0c, 4), 0x34, "through its view");
  assert.equal(toy.read(0x10, 4), 0x04, "and the view shows a part of it");
});

Deno.test("bytes and halfwords are lanes of the word", () => {
  const toy = new Toy();
  assert.deepEqual([0, 1, 2, 3].map((at) => toy.read(at, 1)), [0x78, 0x56, 0x34, 0x12]);
  assert.equal(toy.read(2, 2), 0x1234);
  toy.write(3, 0xee, 1);
  assert.equal(toy.read(0, 4), 0xee34_5678);
  toy.write(2, 0xabcd, 2);
  assert.equal(toy.read(0, 4), 0xabcd_5678);
  assert.match(toy.happened().join(), /RW abcd0000 over ee345678/);
  toy.write(0, 0xdead_beef, 1);
  assert.equal(toy.read(0, 4), 0xabcd_56ef, "what is beyond the width is not there");
});

Deno.test("effects of an array are told which element it is", () => {
  const toy = new Toy();
  toy.write(0x50, 7, 4);
  assert.match(toy.happened().join(), /ARRAY\[2\] 7/);
  assert.equal(toy.peek("ARRAY", 2), 7);
  assert.equal(toy.read(0x50, 4), 7);
  assert.equal(toy.read(0x44, 4), 0, "between two elements");
});

Deno.test("where there is no register reads give 0 and writes nothing", () => {
  const toy = new Toy();
  toy.write(0x100, 1, 4);
  assert.equal(toy.read(0x100, 4), 0);
  assert.deepEqual(toy.happened(), []);
});

Deno.test("the bank decides what is seen", () => {
  const toy = new Toy();
  toy.write(0x80, 1, 4);
  toy.write(0x1c, 1, 4);
  assert.equal(toy.read(0x80, 4), 42);
  toy.write(0x80, 2, 4);
  assert.deepEqual([toy.peek("PLAIN"), toy.peek("SECRET")], [1, 2]);
});

Deno.test("a peek does not do what a read does", () => {
  const toy = new Toy();
  toy.queue.push(1, 2);
  assert.equal(toy.peek("FIFO"), 1);
  assert.equal(toy.peek("FIFO"), 1);
  assert.equal(toy.peek("RO"), 9, "what is stored, where reading has an effect");
});

Deno.test("an observer sees each access with its register", () => {
  const toy = new Toy();
  const seen: string[] = [];
  toy.observer = ({ peripheral, offset, width, value, write, register }: Access) =>
    seen.push(
      `${peripheral} ${write ? "w" : "r"}${8 * width} ${hex(offset)} ${register?.name} ${value}`,
    );
  toy.read(0x01, 1);
  toy.write(0x40, 3, 4);
  toy.read(0x100, 4);
  assert.deepEqual(seen, ["TOY r8 1 RW 86", "TOY w32 40 ARRAY 3", "TOY r32 100 undefined 0"]);
});

Deno.test("a reset is registers and the rest, and settles", () => {
  const toy = new Toy();
  toy.write(0x00, 0, 4);
  toy.queue.push(1);
  toy.happened();
  toy.reset();
  assert.deepEqual([toy.peek("RW"), toy.queue.length], [0x1234_5678, 0]);
  assert.ok(toy.happened().includes("settle"));
});

Deno.test("a snapshot has every register by name, arrays and all, as plain data", () => {
  const toy = new Toy();
  toy.write(0x00, 1, 4);
  toy.write(0x48, 8, 4);
  toy.write(0x1c, 1, 4);
  toy.queue.push(6);
  const states = JSON.parse(JSON.stringify(saveParts([toy])));
  assert.deepEqual(states.TOY.state.registers.ARRAY, [0, 8, 0]);
  assert.equal("STATUS" in states.TOY.state.registers, false, "a view has nothing of its own");
  const other = new Toy();
  loadParts([other], states);
  assert.deepEqual(
    [other.peek("RW"), other.peek("ARRAY", 1), other.queue, other.read(0x80, 4)],
    [0x5601, 8, [6], 42],
  );
});

Deno.test("unless it knows better a peripheral is not steady at all", () => {
  const clock = new VirtualClock("test");
  clock.runTo(7);
  assert.equal(new Toy(clock).steadyUntil(0), 7);
});
