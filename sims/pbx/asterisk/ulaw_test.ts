import assert from "node:assert/strict";
import { decodeUlaw, encodeUlaw } from "./ulaw.ts";

Deno.test("µ-law has the values of ITU-T G.711, and each code is that of its own value", () => {
  // Table 2a: decision values and codes of the ends of the range, and of its middle.
  assert.deepEqual([0x80, 0x00, 0xff, 0xef].map(decodeUlaw), [32_124, -32_124, 0, 132]);
  for (let code = 0; code < 256; code++) {
    const again = encodeUlaw(decodeUlaw(code));
    assert.equal(again, code === 0x7f ? 0xff : code, `${code}`); // There are two zeros.
  }
});

Deno.test("what is coded is never further off than half a step", () => {
  for (let sample = -32_000; sample <= 32_000; sample += 7) {
    const off = Math.abs(decodeUlaw(encodeUlaw(sample)) - sample);
    assert.ok(off <= Math.max(8, Math.abs(sample) / 16), `${sample}: ${off}`);
  }
});
