import assert from "node:assert/strict";
import { GuestMemory } from "../../memory.ts";
import { DecodeCache } from "../decode/cache.ts";
import { W1 } from "../op.ts";
import { itState } from "./instruction.ts";
import { instructionOf } from "./kind.ts";
import { contentsOf, findRegion, type Region } from "./region.ts";

const CODE = 0x8000_0000 | 0;
const UNDECODED = 0;

/** The region at the start of the code. */
function regionOf(code: readonly number[], { thumb = false } = {}): Region {
  const memory = new GuestMemory();
  const cache = new DecodeCache(memory);
  const host = memory.hostOf(CODE);
  const words = thumb ? memory.u16 : memory.u32;
  words.set(code, host / words.BYTES_PER_ELEMENT);
  const source = (address: number, it: number) => {
    const index = (address - CODE) / (thumb ? 2 : 4);
    if (!(index >= 0 && index < code.length) || code[index] === UNDECODED) return undefined;
    const at = cache.decodeAt(host + address - CODE, { thumb, it });
    const [w0, w1, w2, w3] = cache.records.subarray(at, at + 4) as unknown as Words;
    const size = thumb && (w1 >>> W1.WIDE & 1) === 0 ? 2 : 4;
    const i = instructionOf({ address, thumb, size, w0, w1, w2, w3 });
    return itState(i) === it ? i : undefined;
  };
  return findRegion(source, CODE);
}

/** Its blocks, as texts of their instructions' addresses in the code. */
function blocks(code: readonly number[], options: { readonly thumb?: boolean } = {}): string[] {
  return regionOf(code, options).blocks.map(({ instructions }) =>
    instructions.map(({ address }) => (address - CODE).toString(16)).join(" ")
  );
}

type Words = readonly [number, number, number, number];

const ADD = 0xe280_0001, BX_LR = 0xe12f_ff1e, MCR = 0xee01_0f10, MRS = 0xe10f_0000;
const branch = (cond: number, instructions: number) =>
  (cond << 28 | 0x0a00_0000 | instructions - 2 & 0xff_ffff) >>> 0;
const EQ = 0, AL = 14;

Deno.test("a block ends with a branch; both ways go on in the region", () => {
  assert.deepEqual(blocks([ADD, branch(EQ, 2), ADD, BX_LR]), ["0 4", "8", "c"]);
});

Deno.test("what no branch leads to is not in it", () => {
  assert.deepEqual(blocks([ADD, branch(AL, 2), ADD, BX_LR]), ["0 4", "c"]);
});

Deno.test("a branch back into a block splits it", () => {
  assert.deepEqual(blocks([ADD, ADD, branch(EQ, -1), BX_LR]), ["0", "4 8", "c"]);
});

Deno.test("behind a call is a block of its own, and what is called one more", () => {
  const call = branch(AL, 3) | 0x0100_0000;
  assert.deepEqual(blocks([call >>> 0, ADD, BX_LR, ADD, BX_LR]), ["0", "4 8", "c 10"]);
});

Deno.test("it ends before what only the interpreter does, and goes on behind a step of it", () => {
  assert.deepEqual(blocks([ADD, MCR, ADD, BX_LR]), ["0"]);
  assert.deepEqual(blocks([ADD, MRS, ADD, BX_LR]), ["0 4", "8 c"]);
  assert.deepEqual(blocks([MCR, ADD]), []);
});

Deno.test("what was never executed is not in it", () => {
  assert.deepEqual(blocks([ADD, branch(EQ, 2), UNDECODED, BX_LR]), ["0 4", "c"]);
});

Deno.test("an IT block and what it governs are one block with what is behind", () => {
  // itte eq; addeq; addeq; addne; add; bx lr
  const code = [0xbf06, 0x3001, 0x3001, 0x3001, 0x3001, 0x4770];
  assert.deepEqual(blocks(code, { thumb: true }), ["0 2 4 6 8 a"]);
});

Deno.test("a long program is cut off", () => {
  const [block, ...others] = blocks([...Array(1000).fill(ADD), BX_LR]);
  assert.equal(block!.split(" ").length, 700);
  assert.deepEqual(others, []);
});

Deno.test("regions have the same contents only when nothing makes a difference to their code", () => {
  const arm = { thumb: false, privileged: true };
  const contents = [
    contentsOf(regionOf([ADD, BX_LR]), arm),
    contentsOf(regionOf([ADD, BX_LR]), { ...arm, privileged: false }),
    contentsOf(regionOf([ADD + 1, BX_LR]), arm),
    contentsOf(regionOf([ADD, ADD, BX_LR]), arm),
    contentsOf(regionOf([ADD, branch(EQ, -1), BX_LR]), arm),
    contentsOf(regionOf([ADD, branch(EQ, 0), BX_LR]), arm),
    contentsOf(regionOf([0xbf00, 0x4770], { thumb: true }), { ...arm, thumb: true }),
  ];
  assert.equal(new Set(contents).size, contents.length);
  assert.equal(contentsOf(regionOf([ADD, BX_LR, ADD]), arm), contents[0]);
});
