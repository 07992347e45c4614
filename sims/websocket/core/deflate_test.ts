import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deflateRawSync } from "node:zlib";
import { Random } from "hil/time/mod.ts";
import { Compressor, Decompressor } from "./deflate.ts";

const KEEP = { windowBits: 15, takeover: true };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const hello = new TextEncoder().encode("Hello");

Deno.test("the examples of RFC 7692, section 7.2.3", () => {
  const compressor = new Compressor(KEEP, 6);
  const first = compressor.compress(hello);
  assert.deepEqual([...first], [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], "7.2.3.1");
  const second = compressor.compress(hello);
  assert.deepEqual([...second], [0xf2, 0x00, 0x11, 0x00, 0x00], "7.2.3.2: the window is shared");
  assert.deepEqual([...compressor.compress(new Uint8Array(0))], [0x00], "7.2.3.6");
  const decompressor = new Decompressor(KEEP, 100);
  assert.equal(text(decompressor.decompress(first)), "Hello");
  assert.equal(text(decompressor.decompress(second)), "Hello");
  const given = [
    [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00], // 7.2.3.3: not compressed
    [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00], // 7.2.3.4: BFINAL
    [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00], // 7.2.3.5
  ];
  for (const payload of given) {
    assert.equal(text(decompressor.decompress(Uint8Array.from(payload))), "Hello");
  }
  assert.equal(decompressor.decompress(Uint8Array.of(0)).length, 0);
});

Deno.test("without takeover a message does not know the one before", () => {
  const compressor = new Compressor({ windowBits: 15, takeover: false });
  assert.deepEqual(compressor.compress(hello), compressor.compress(hello));
  const second = new Compressor(KEEP);
  second.compress(hello);
  const decompressor = new Decompressor({ windowBits: 15, takeover: false }, 100);
  assert.equal(text(decompressor.decompress(new Compressor(KEEP).compress(hello))), "Hello");
  assert.throws(() => decompressor.decompress(second.compress(hello)), {
    name: "ProtocolError",
    closeCode: 1007,
    section: "RFC 7692, section 7.2.2",
  });
});

Deno.test("a small window is kept to: no match reaches farther back", () => {
  // 600 octets that repeat after 300 or more: a window of 512 sees those at 300, not those at 1200.
  const random = new Random(3);
  const block = Uint8Array.from({ length: 1200 }, () => random.next());
  for (const [windowBits, shrinks] of [[9, false], [12, true]] as const) {
    const compressor = new Compressor({ windowBits, takeover: true });
    compressor.compress(block);
    assert.equal(compressor.compress(block).length < 200, shrinks, `${windowBits} bits`);
  }
  assert.equal(new Compressor({ windowBits: 8, takeover: true }).able, false);
});

Deno.test("a bomb is stopped at the limit, across blocks that end streams too", () => {
  const megabyte = deflateRawSync(new Uint8Array(1e6));
  const decompressor = new Decompressor(KEEP, 999_999);
  const tooBig = { name: "ProtocolError", closeCode: 1009, section: "RFC 6455, section 10.4" };
  assert.throws(() => decompressor.decompress(megabyte), tooBig);
  const half = deflateRawSync(new Uint8Array(6e5));
  const two = new Uint8Array([...half, ...half]);
  assert.throws(() => decompressor.decompress(two), tooBig);
  assert.equal(new Decompressor(KEEP, 1.2e6).decompress(two).length, 1.2e6);
  assert.equal(new Decompressor(KEEP, 1e6).decompress(megabyte).length, 1e6);
});

Deno.test("a message whose compressed form fills zlib's buffer to the brim is whole", () => {
  const random = new Random(4);
  const compressor = new Compressor(KEEP);
  const decompressor = new Decompressor(KEEP, 1e6);
  for (let size = 16_330; size < 16_400; size++) {
    const message = Uint8Array.from({ length: size }, () => random.next());
    const payload = compressor.compress(message);
    assert.ok(Buffer.from(decompressor.decompress(payload)).equals(message), `${size} octets`);
  }
});

Deno.test("a limit of no octets lets an empty message through, and no other", () => {
  const decompressor = new Decompressor(KEEP, 0);
  assert.equal(decompressor.decompress(Uint8Array.of(0)).length, 0);
  const one = new Compressor(KEEP).compress(Uint8Array.of(7));
  assert.throws(() => decompressor.decompress(one), { closeCode: 1009 });
});
