import assert from "node:assert/strict";
import { CORE, ENDED, EXCEPTION, Unicorn, UnicornMissing } from "./unicorn.ts";

const CODE = 0x1_0000;

function withUnicorn(words: readonly number[], test: (unicorn: Unicorn) => void): void {
  const unicorn = Unicorn.open();
  const code = new Uint32Array(1024);
  code.set(words);
  unicorn.map(CODE, new Uint8Array(code.buffer));
  unicorn.core.fill(0);
  unicorn.core[CORE.CPSR] = 0x1f;
  try {
    test(unicorn);
  } finally {
    unicorn.close();
  }
}

Deno.test("one instruction runs on libunicorn and its result is read", () =>
  withUnicorn([0xe0910002 /* adds r0, r1, r2 */], (unicorn) => {
    unicorn.core[CORE.R + 1] = 0x8000_0000;
    unicorn.core[CORE.R + 2] = 0x8000_0001;
    unicorn.writeCore();
    assert.equal(unicorn.run(CODE, 1), ENDED.OK);
    unicorn.readCore();
    assert.equal(unicorn.core[CORE.R], 1);
    assert.equal(unicorn.core[CORE.R + 15], CODE + 4);
    assert.equal(unicorn.core[CORE.CPSR], 0x3000_001f);
  }));

Deno.test("undefined, SVC, BKPT and unmapped memory each end a run in their own way", () =>
  withUnicorn([0xe7f000f0, 0xef000000, 0xe1200070, 0xe5910004], (unicorn) => {
    unicorn.core[CORE.R + 1] = 0x4000_0000;
    unicorn.writeCore();
    assert.equal(unicorn.run(CODE, 1), ENDED.UNDEFINED);
    assert.equal(unicorn.run(CODE + 4, 1), ENDED.EXCEPTION);
    assert.equal(unicorn.exception, EXCEPTION.SVC);
    assert.equal(unicorn.run(CODE + 8, 1), ENDED.EXCEPTION);
    assert.equal(unicorn.exception, EXCEPTION.BKPT);
    assert.equal(unicorn.run(CODE + 12, 1), ENDED.READ_UNMAPPED);
    assert.equal(unicorn.faultAddress, 0x4000_0004);
  }));

Deno.test("VFP and NEON of libunicorn are on", () =>
  withUnicorn(
    [0xee300b01, /* vadd.f64 d0, d0, d1 */ 0xf2010802 /* vadd.i8 d0,d1,d2 */],
    (unicorn) => {
      const doubles = new Float64Array(unicorn.vfp.buffer, 0, 32);
      doubles[0] = 1.5;
      doubles[1] = 2.25;
      unicorn.writeCore();
      unicorn.writeVfp();
      assert.equal(unicorn.run(CODE, 1), ENDED.OK);
      unicorn.readVfp();
      assert.equal(doubles[0], 3.75);
      assert.equal(unicorn.run(CODE + 4, 1), ENDED.OK);
      unicorn.readVfp();
      assert.equal(unicorn.vfp[1], 0x4002_0000);
    },
  ));

Deno.test("a missing library is said with the package that has it", () => {
  assert.throws(
    () => Unicorn.open("libunicorn-absent.so.2"),
    (error: Error) =>
      error instanceof UnicornMissing &&
      /^Cannot load the CPU to compare with "libunicorn-absent.so.2": .*libunicorn2/.test(
        error.message,
      ),
  );
});
