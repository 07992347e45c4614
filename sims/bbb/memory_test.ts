import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { CODE_MAP, RAM } from "./cpu/layout.ts";
import { GuestMemory } from "./memory.ts";
import type { MemorySnapshot } from "./memory_snapshot.ts";

Deno.test("DDR repeats up to 0xC0000000, ROM is also at 0, and the rest is no RAM", () => {
  const memory = new GuestMemory();
  // deno-fmt-ignore
  const rows = [
    [0x8000_0000, RAM.DDR.offset],
    [0x9fff_ffff, RAM.DDR.offset + 0x1fff_ffff],
    [0xa000_0000, RAM.DDR.offset],
    [0xbfff_ffff, RAM.DDR.offset + 0x1fff_ffff],
    [0xc000_0000, -1],
    [0x7fff_ffff, -1],
    [0x402e_ffff, -1],
    [0x402f_0400, RAM.SRAM.offset + 0x400],
    [0x4030_ffff, RAM.SRAM.offset + 0x1_ffff],
    [0x4031_0000, -1],
    [0x0000_0000, RAM.ROM.offset],
    [0x0002_0000, RAM.ROM.offset + 0x2_0000],
    [0x0002_bffc, RAM.ROM.offset + 0x2_bffc],
    [0x0002_c000, -1],
    [0x4002_0000, RAM.ROM.offset + 0x2_0000],
    [0x4002_c000, -1],
    [0xffff_ffff, -1],
  ] as const;
  for (const [pa, host] of rows) {
    assert.equal(memory.hostOf(pa), host, pa.toString(16));
    assert.equal(memory.hostOf(pa | 0), host, `${pa.toString(16)}, as a signed number`);
  }
});

Deno.test("only ROM cannot be written by the guest", () => {
  const memory = new GuestMemory();
  assert.equal(memory.writable(memory.hostOf(0x4002_bfff)), false);
  assert.equal(memory.writable(memory.hostOf(0x402f_0000)), true);
  assert.equal(memory.writable(memory.hostOf(0x8000_0000)), true);
});

Deno.test("bytes that are loaded are read back, through any alias", () => {
  const memory = new GuestMemory();
  memory.load(0xbfff_fffe, Uint8Array.of(1, 2));
  assert.deepEqual(memory.bytes(0x9fff_fffd, 3), Uint8Array.of(0, 1, 2));
  memory.load(0x402f_0400, Uint8Array.of(7));
  assert.deepEqual(memory.bytes(0x402f_03ff, 3), Uint8Array.of(0, 7, 0));
  memory.load(0x8000_0000, Uint8Array.of());
});

Deno.test("what does not lie in one RAM as a whole is neither loaded nor read", () => {
  const memory = new GuestMemory();
  const message = `Cannot load 4 bytes at "0xbffffffe": not all of it is RAM; ` +
    `DDR is at 0x80000000 (512 MiB), SRAM at 0x402f0000 (128 KiB)`;
  assert.throws(() => memory.load(0xbfff_fffe, new Uint8Array(4)), { message });
  // The end of one DDR image and the beginning of the next are not neighbours in this memory.
  assert.throws(() => memory.bytes(0x9fff_fffe, 4), RangeError);
  assert.throws(() => memory.bytes(0x44e0_9000, 1), RangeError);
});

Deno.test("a write past the CPU drops the code of each line that it touches, once", () => {
  const memory = new GuestMemory();
  const dropped: number[] = [];
  memory.onCodeWritten((line) => dropped.push(line));
  const host = memory.hostOf(0x8000_0000);
  const line = host >>> 6;
  memory.u8.fill(1, CODE_MAP + line, CODE_MAP + line + 4);
  memory.load(0x8000_0000 + 63, Uint8Array.of(1, 2));
  assert.deepEqual(dropped, [line, line + 1]);
  memory.load(0x8000_0000, new Uint8Array(128));
  assert.deepEqual(dropped, [line, line + 1]);
  assert.deepEqual([...memory.u8.subarray(CODE_MAP + line, CODE_MAP + line + 4)], [0, 0, 1, 1]);
});

Deno.test("restoring drops the code of the pages that it changes, and of no other", () => {
  const memory = new GuestMemory();
  memory.load(0x8000_0000, Uint8Array.of(1));
  const before = memory.snapshot();
  const dropped: number[] = [];
  memory.onCodeWritten((line) => dropped.push(line));
  const line = memory.hostOf(0x8000_0000) >>> 6;
  memory.load(0x8000_0040, Uint8Array.of(1));
  memory.u8[CODE_MAP + line + 3] = 1;
  memory.u8[CODE_MAP + line + 64] = 1; // the next page's first line
  memory.restore(before);
  assert.deepEqual(dropped, [line + 3]);
});

Deno.test("snapshot and restore say that pages are clean", () => {
  const memory = new GuestMemory();
  let cleaned = 0;
  memory.onClean(() => cleaned++);
  const snapshot = memory.snapshot();
  assert.equal(cleaned, 1);
  memory.load(0x8000_0000, Uint8Array.of(1));
  memory.restore(snapshot);
  assert.equal(cleaned, 2);
  assert.ok(memory.dirty.every((page) => page === 0));
});

Deno.test("a snapshot of what has not changed is the same one; a zero page costs nothing", () => {
  const memory = new GuestMemory();
  const first = memory.snapshot();
  assert.equal(memory.snapshot(), first);
  memory.load(0x8000_0000, new Uint8Array(1 << 20));
  assert.equal(memory.snapshot().pages, 0);
  memory.load(0x8000_1fff, Uint8Array.of(1, 2));
  assert.equal(memory.snapshot().pages, 2);
});

Deno.test("a page that the guest was let write, and that is zero again, is zero when restored", () => {
  const memory = new GuestMemory();
  memory.load(0x8000_0000, Uint8Array.of(1));
  const one = memory.snapshot();
  memory.load(0x8000_0000, Uint8Array.of(0));
  const zero = memory.snapshot();
  memory.restore(one);
  assert.equal(memory.bytes(0x8000_0000, 1)[0], 1);
  memory.restore(zero);
  assert.equal(memory.bytes(0x8000_0000, 1)[0], 0);
});

Deno.test("any snapshot can be restored from any state, of this board or a new one", () => {
  const random = new Random(4);
  const memory = new GuestMemory();
  const other = new GuestMemory();
  // Pages of every RAM, at both ends of chunks.
  const pages = [0x4000_0000, 0x4002_b000, 0x402f_0000, 0x4030_f000, 0x8000_0000, 0x800f_f000]
    .concat([0x8010_0000, 0x9000_0000, 0x9fff_f000]);
  const state = (of: GuestMemory) => pages.map((pa) => of.bytes(pa + 8, 1)[0]!).join();
  const taken: { snapshot: MemorySnapshot; state: string }[] = [];
  for (let step = 0; step < 400; step++) {
    for (let n = random.below(4); n > 0; n--) {
      const pa = pages[random.below(pages.length)]!;
      memory.load(pa + 8, Uint8Array.of(random.below(3)));
    }
    if (random.chance(0.3)) taken.push({ snapshot: memory.snapshot(), state: state(memory) });
    if (taken.length > 0 && random.chance(0.3)) {
      const to = taken[random.below(taken.length)]!;
      const into = random.chance(0.7) ? memory : other;
      into.restore(to.snapshot);
      assert.equal(state(into), to.state, `step ${step}`);
    }
  }
});
