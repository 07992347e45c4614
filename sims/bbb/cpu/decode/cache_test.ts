import assert from "node:assert/strict";
import { GuestMemory } from "../../memory.ts";
import { CODE_LINE_SHIFT, CODE_MAP, RAM } from "../layout.ts";
import { Mark, Op } from "../op.ts";
import { DecodeCache } from "./cache.ts";

const HOST = RAM.DDR.offset;
const ARM = { thumb: false }, THUMB = { thumb: true };

function filled(words: readonly number[], offset = 0): GuestMemory {
  const memory = new GuestMemory();
  memory.load(RAM.DDR.base + offset, new Uint8Array(Uint32Array.from(words).buffer));
  return memory;
}

const opAt = (cache: DecodeCache, at: number) => cache.records[at]! & Mark.OP;

Deno.test("a line that is decoded is marked, and dropping it forgets only its instructions", () => {
  const memory = filled(Array(64).fill(0xe1a00000)); // mov r0, r0
  const cache = new DecodeCache(memory);
  const [first, second] = [cache.decodeAt(HOST + 60, ARM), cache.decodeAt(HOST + 64, ARM)];
  const line = HOST >>> CODE_LINE_SHIFT;
  assert.deepEqual([...memory.u8.subarray(CODE_MAP + line, CODE_MAP + line + 3)], [1, 1, 0]);
  cache.dropLine(line + 1);
  assert.notEqual(opAt(cache, first), Op.UNDECODED);
  assert.equal(opAt(cache, second), Op.UNDECODED);
});

Deno.test("a Thumb instruction across two lines is dropped with either", () => {
  const memory = filled([0xf240_0000, 0x0000_0001], 60); // at 62: movw r0, #1
  const cache = new DecodeCache(memory);
  const line = HOST >>> CODE_LINE_SHIFT;
  for (const dropped of [line, line + 1]) {
    const at = cache.decodeAt(HOST + 62, THUMB);
    assert.notEqual(opAt(cache, at), Op.UNDECODED);
    assert.deepEqual([...memory.u8.subarray(CODE_MAP + line, CODE_MAP + line + 2)], [1, 1]);
    cache.dropLine(dropped);
    assert.equal(opAt(cache, at), Op.UNDECODED);
  }
});

Deno.test("the same bytes are decoded for each instruction set", () => {
  const cache = new DecodeCache(filled([0xe7fe_e7fe])); // b . twice; strb lr, [lr, lr, ror #15]!
  const arm = cache.decodeAt(HOST, ARM), thumb = cache.decodeAt(HOST, THUMB);
  assert.notEqual(opAt(cache, arm), opAt(cache, thumb));
  assert.equal(opAt(cache, thumb), Op.B_NEAR);
});

Deno.test("a page ends in records that say so, and a 32-bit instruction across it in its own", () => {
  const cache = new DecodeCache(filled([0xf240_bf00], 0xffc)); // nop; movw …
  const at = cache.decodeAt(HOST + 0xffe, THUMB);
  assert.equal(opAt(cache, at), Op.STRADDLE);
  assert.equal(opAt(cache, at + 4), Op.END_OF_PAGE);
  assert.equal(opAt(cache, cache.decodeAt(HOST + 0xffc, ARM) + 4), Op.END_OF_PAGE);
});

Deno.test("branches within a page know the record that they go to", () => {
  const cache = new DecodeCache(filled([0xea00_0000, 0xea00_1000, 0x0bff_fffc])); // b .+8; far; bleq .-8
  const near = cache.decodeAt(HOST, ARM), far = cache.decodeAt(HOST + 4, ARM);
  assert.deepEqual([opAt(cache, near), cache.records[near + 3]! >> 8], [Op.B_NEAR, 8]);
  assert.equal(opAt(cache, far), Op.B);
  const back = cache.decodeAt(HOST + 8, ARM);
  assert.deepEqual([opAt(cache, back), cache.records[back + 3]! >> 8], [Op.BL_NEAR, -8]);
});

Deno.test("when all room is used, everything is decoded anew", () => {
  const memory = filled(Array(8192).fill(0xe1a00000));
  const cache = new DecodeCache(memory, { words: 20_000 });
  const fresh = new DecodeCache(memory);
  for (let round = 0; round < 3; round++) {
    for (let page = 0; page < 8; page++) {
      for (const how of [ARM, THUMB]) {
        const host = HOST + 0x1000 * page + 8;
        const at = cache.decodeAt(host, how), other = fresh.decodeAt(host, how);
        assert.deepEqual(cache.records.slice(at, at + 4), fresh.records.slice(other, other + 4));
      }
    }
  }
});
