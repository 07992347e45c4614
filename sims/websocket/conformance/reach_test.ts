import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { Compressor } from "../core/deflate.ts";
import { reachOf } from "./reach.ts";

const KEEP = { windowBits: 15, takeover: true };

Deno.test("the distance of a match is found, in fixed and in dynamic blocks", () => {
  const random = new Random(5);
  const noise = (size: number) => Uint8Array.from({ length: size }, () => random.below(256));
  for (const gap of [300, 3000, 30_000]) {
    const block = noise(200);
    const message = Uint8Array.from([...block, ...noise(gap), ...block]);
    assert.equal(reachOf(new Compressor(KEEP, 9).compress(message)).distance, gap + 200);
  }
  const text = new TextEncoder().encode("abcdefgh-abcdefgh");
  assert.deepEqual(reachOf(new Compressor(KEEP).compress(text)), { distance: 9, before: 0 });
});

Deno.test("a message that needs the one before is found; one alone needs none", () => {
  const compressor = new Compressor(KEEP);
  const hello = new TextEncoder().encode("Hello");
  assert.equal(reachOf(compressor.compress(hello)).before, 0);
  assert.deepEqual(reachOf(compressor.compress(hello)), { distance: 5, before: 5 });
});

Deno.test("stored blocks and several blocks are passed; what is no DEFLATE is said to be none", () => {
  const stored = Uint8Array.of(0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00);
  assert.deepEqual(reachOf(stored), { distance: 0, before: 0 });
  assert.throws(() => reachOf(Uint8Array.of(0xf2, 0x48)), /it ends within a block/);
});
