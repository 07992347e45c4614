import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { mask } from "./mask.ts";

/** Section 5.3 as it is written. */
function plainly(bytes: Uint8Array, key: number, phase: number): Uint8Array {
  return bytes.map((octet, i) => octet ^ (key >>> (8 * ((i + phase) % 4))));
}

Deno.test("masking is what section 5.3 says at any length, alignment and phase", () => {
  const random = new Random(1);
  for (let round = 0; round < 3000; round++) {
    const offset = random.below(8);
    const whole = Uint8Array.from({ length: offset + random.below(200) + 8 }, () => random.next());
    const bytes = whole.subarray(offset, whole.length - random.below(8));
    const key = random.next() | 0;
    const phase = random.below(9);
    const wanted = plainly(bytes, key, phase);
    const around = [...whole.subarray(0, offset), ...whole.subarray(offset + bytes.length)];
    mask(bytes, key, phase);
    assert.deepEqual(bytes, wanted);
    assert.deepEqual(
      [...whole.subarray(0, offset), ...whole.subarray(offset + bytes.length)],
      around,
      "nothing beside it is touched",
    );
  }
});

Deno.test("the masked Hello of section 5.7", () => {
  const hello = new TextEncoder().encode("Hello");
  mask(hello, 0x3d21fa37);
  assert.deepEqual([...hello], [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
});
