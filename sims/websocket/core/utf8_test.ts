import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { decodeUtf8, Utf8Validator } from "./utf8.ts";

function valid(...chunks: Uint8Array[]): boolean {
  const validator = new Utf8Validator();
  return chunks.every((chunk) => validator.push(chunk)) && validator.complete;
}

Deno.test("what is UTF-8 and what is not is what the decoder of the platform says", () => {
  const random = new Random(2);
  // Octets at which the rules change.
  const edges = [
    0x00,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xe1,
  ];
  const more = [0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
  const all = [...edges, ...more];
  const counts = { yes: 0, no: 0 };
  for (let round = 0; round < 60_000; round++) {
    const length = 1 + random.below(5);
    const bytes = Uint8Array.from({ length }, () => all[random.below(all.length)]!);
    const wanted = decodeUtf8(bytes) !== undefined;
    const cut = random.below(bytes.length + 1);
    assert.equal(valid(bytes.subarray(0, cut), bytes.subarray(cut)), wanted, `${bytes}`);
    counts[wanted ? "yes" : "no"]++;
  }
  assert.ok(counts.yes > 1000 && counts.no > 1000, JSON.stringify(counts));
});

Deno.test("every character is valid, cut anywhere", () => {
  for (let code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 97) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const bytes = new TextEncoder().encode(String.fromCodePoint(code));
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.ok(valid(bytes.subarray(0, cut), bytes.subarray(cut)), code.toString(16));
    }
  }
});

Deno.test("a wrong octet is found when it comes, not at the text's end", () => {
  for (const wrong of [[0xc0], [0xe0, 0x9f], [0xed, 0xa0], [0xf0, 0x8f], [0xf4, 0x90], [0xf5]]) {
    const validator = new Utf8Validator();
    const bytes = Uint8Array.from(wrong);
    assert.ok(validator.push(bytes.subarray(0, -1)), `${wrong}`);
    assert.equal(validator.push(bytes.subarray(-1)), false, `${wrong}`);
  }
});
