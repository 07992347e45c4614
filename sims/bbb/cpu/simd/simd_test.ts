import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { CODE, DATA, Machine } from "../_machine.ts";
import { STATE } from "../layout.ts";
import { Mode } from "../mod.ts";
import { PSR } from "../psr.ts";
import { VfpNeon } from "./mod.ts";

const CPACR_FULL = 0xf << 20, CPACR_PRIVILEGED = 0x5 << 20;
const EN = 1 << 30;
const NOP = 0xe320_f000;
const VADD_F64 = 0xee30_0b01; // vadd.f64 d0, d0, d1
const VADD_I8 = 0xf201_0802; // vadd.i8 d0, d1, d2

class Unit extends Machine {
  constructor() {
    super();
    this.cpu.simd = new VfpNeon(this.cpu.core);
    this.allow();
  }

  allow(cpacr = CPACR_FULL, fpexc = EN): void {
    this.cpu.cp15.set("CPACR", cpacr);
    this.memory.i32[STATE.FPEXC >>> 2] = fpexc;
  }

  /** Executes one instruction in a mode; false: it is undefined. */
  defined(word: number, mode: number = Mode.SVC): boolean {
    this.setCpsr(mode | PSR.I | PSR.F | PSR.A);
    this.arm([word, NOP]).cpu.step();
    return (this.cpu.core.cpsr & PSR.MODE) !== Mode.UND;
  }

  /** Registers as bytes. */
  get file(): ArrayBufferLike {
    return this.memory.wasm.buffer;
  }

  s(n: number): Float32Array {
    return new Float32Array(this.file, STATE.VFP + 4 * n, 1);
  }

  d(n: number): BigUint64Array {
    return new BigUint64Array(this.file, STATE.VFP + 8 * n, 1);
  }
}

Deno.test("VFP and NEON are undefined until CPACR and FPEXC.EN let them", () => {
  const unit = new Unit();
  for (const word of [VADD_F64, VADD_I8]) {
    assert.ok(unit.defined(word));
    unit.allow(0);
    assert.ok(!unit.defined(word), "CPACR denies");
    unit.allow(CPACR_PRIVILEGED);
    assert.ok(unit.defined(word));
    assert.ok(!unit.defined(word, Mode.USR), "User mode");
    unit.allow(CPACR_FULL, 0);
    assert.ok(!unit.defined(word), "FPEXC.EN is 0");
    unit.allow();
  }
});

Deno.test("the enabling itself works while FPEXC.EN is 0, in privileged modes", () => {
  const unit = new Unit();
  unit.allow(CPACR_FULL, 0);
  unit.set({ r0: EN });
  assert.ok(!unit.defined(0xeee8_0a10, Mode.USR), "vmsr fpexc, r0 in User mode");
  assert.ok(unit.defined(0xeee8_0a10));
  assert.ok(unit.defined(VADD_F64));
  unit.allow(CPACR_FULL, 0);
  assert.ok(!unit.defined(0xeef1_0a10), "vmrs r0, fpscr wants EN");
});

Deno.test("identification registers are those of a Cortex-A8 r3p2", () => {
  const unit = new Unit();
  const read = (register: number) => {
    assert.ok(unit.defined(0xeef0_0a10 | register << 16));
    return unit.get("r0") >>> 0;
  };
  assert.deepEqual([0, 7, 6].map(read), [0x4103_30c3, 0x1111_0222, 0x0001_1111]);
  assert.ok(!unit.defined(0xeef7_0a10, Mode.USR));
  assert.ok(!unit.defined(0xeef2_0a10), "there is no register 2");
});

Deno.test("short vectors go round in their bank, and the first bank is scalar", () => {
  const unit = new Unit();
  unit.set({ r0: 3 << 16 });
  assert.ok(unit.defined(0xeee1_0a10)); // vmsr fpscr, r0: 4 elements
  for (let n = 0; n < 32; n++) unit.s(n)[0] = n;
  assert.ok(unit.defined(0xee37_5a08)); // vadd.f32 s10, s14, s16
  assert.deepEqual([10, 11, 12, 13].map((n) => unit.s(n)[0]), [30, 32, 26, 28]);
  unit.set({ r0: 3 << 20 | 1 << 16 });
  assert.ok(unit.defined(0xeee1_0a10)); // 2 elements, every second register
  unit.d(22)[0] = 22n;
  unit.d(20)[0] = 20n;
  assert.ok(unit.defined(0xeeb0_6b66)); // vmov.f64 d6, d22
  assert.deepEqual([6, 4].map((n) => unit.d(n)[0]), [22n, 20n]);
  assert.ok(unit.defined(0xee37_0a08)); // vadd.f32 s0, s14, s16
  assert.deepEqual([0, 1].map((n) => unit.s(n)[0]), [30, 1]);
});

Deno.test("VMRS APSR_nzcv moves the result of a comparison", () => {
  const unit = new Unit();
  unit.s(0)[0] = 1;
  unit.s(2)[0] = 2;
  assert.ok(unit.defined(0xeeb4_0a41)); // vcmp.f32 s0, s2
  assert.ok(unit.defined(0xeef1_fa10));
  assert.equal(unit.flags, "N");
});

Deno.test("a doubleword of big-endian memory has its high word first", () => {
  const unit = new Unit();
  unit.memory.load(DATA, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
  unit.set({ r0: DATA });
  assert.ok(unit.defined(0xed90_0b00)); // vldr d0, [r0]
  assert.equal(unit.d(0)[0], 0x0807_0605_0403_0201n);
  assert.ok(unit.defined(0xed90_0b00, Mode.SVC | PSR.E));
  assert.equal(unit.d(0)[0], 0x0102_0304_0506_0708n);
});

Deno.test("VLDR and VLDM must be aligned to words, VLD1 to what it says", () => {
  const unit = new Unit();
  const aborts = (word: number, address: number) => {
    unit.set({ r0: address });
    unit.defined(word);
    return (unit.cpu.core.cpsr & PSR.MODE) === Mode.ABT;
  };
  assert.ok(aborts(0xed90_0b00, DATA + 2), "vldr d0, [r0]");
  assert.ok(aborts(0xec90_0b04, DATA + 2), "vldm r0, {d0-d1}");
  assert.ok(!aborts(0xec90_0b04, DATA + 4));
  assert.ok(aborts(0xf420_071f, DATA + 4), "vld1.8 {d0}, [r0:64]");
  assert.ok(!aborts(0xf420_071f, DATA + 8));
});

Deno.test("Thumb encodings are those of ARM under another top", () => {
  const unit = new Unit();
  unit.d(1)[0] = 0x0101_0101_0101_0101n;
  unit.d(2)[0] = 0x7f00_0000_0000_00ffn;
  unit.thumb([0xef01, 0x0802]).setCpsr(Mode.SVC | PSR.T | PSR.I | PSR.F | PSR.A);
  unit.cpu.step();
  assert.equal(unit.d(0)[0], 0x8001_0101_0101_0100n);
  assert.equal(unit.cpu.pc, CODE + 4);
});

Deno.test("the host's arithmetic is taken only where it gives the same", () => {
  const unit = new Unit();
  const random = new Random("short cut");
  const words = [0xee30_0a01, 0xee30_0a41, 0xee20_0a01, 0xee80_0a01]; // vadd, vsub, vmul, vdiv s0, s0, s2
  const bits = new Uint32Array(unit.file, STATE.VFP, 4);
  const draw = () => random.chance(0.5) ? random.next() : 0x3f80_0000 + (random.next() >>> 6);
  for (let i = 0; i < 4_000; i++) {
    const a = draw(), b = draw(), word = words[i & 3]!;
    const results = [0, 0x10].map((inexact) => { // with IXC set, the short way
      unit.memory.i32[STATE.FPSCR >>> 2] = inexact;
      bits[0] = a;
      bits[2] = b;
      assert.ok(unit.defined(word));
      return [bits[0], unit.memory.i32[STATE.FPSCR >>> 2]! | 0x10];
    });
    assert.deepEqual(results[0], results[1]);
  }
});
