import assert from "node:assert/strict";
import { SpiShift } from "./spi_shift.ts";

function chip() {
  const taken: number[] = [];
  const shift = new SpiShift({ give: () => 0xa0 + taken.length, take: (byte) => taken.push(byte) });
  shift.start();
  return { shift, taken };
}

Deno.test("bytes go through words of any length alike", () => {
  for (const words of [[8, 8, 8, 8], [32], [16, 16], [4, 12, 7, 9], [1, 31]]) {
    const { shift, taken } = chip();
    let [left, miso] = [32, 0n];
    for (const bits of words) {
      left -= bits;
      const mosi = Number(BigInt(0x1234_5678) >> BigInt(left) & (1n << BigInt(bits)) - 1n);
      miso = miso << BigInt(bits) | BigInt(shift.transfer(mosi, bits));
    }
    assert.deepEqual(taken, [0x12, 0x34, 0x56, 0x78], words.join());
    assert.equal(miso, 0xa0a1_a2a3n, words.join());
  }
});

Deno.test("a new command forgets the bits of a byte that was cut short", () => {
  const { shift, taken } = chip();
  shift.transfer(0x7, 3);
  assert.equal(shift.bits, 3);
  shift.start();
  shift.transfer(0x81, 8);
  assert.deepEqual(taken, [0x81]);
});

Deno.test("what goes out is asked for with its first bit, not before", () => {
  let asked = 0;
  const shift = new SpiShift({ give: () => ++asked, take: () => {} });
  shift.start();
  shift.transfer(0, 8);
  assert.equal(asked, 1);
  shift.transfer(0, 1);
  assert.equal(asked, 2);
});
