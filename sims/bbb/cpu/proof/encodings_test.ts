import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { Compiled } from "./encoding.ts";
import { ARM_ENCODINGS } from "./encodings_arm.ts";
import { THUMB16_ENCODINGS } from "./encodings_thumb16.ts";
import { THUMB32_ENCODINGS } from "./encodings_thumb32.ts";

const SETS = { ARM_ENCODINGS, THUMB16_ENCODINGS, THUMB32_ENCODINGS };
const ALWAYS = { noSpsr: false, user: false, it: false, itNotLast: false, halfword: false };

Deno.test("each encoding of the tables is met first by some word of its own", () => {
  const random = new Random(1);
  for (const [name, encodings] of Object.entries(SETS)) {
    const compiled = encodings.map((encoding) => new Compiled(encoding));
    for (const one of compiled) {
      let met = false;
      for (let i = 0; i < 200 && !met; i++) {
        const word = one.make(random.next());
        met = compiled.find((other) => other.matches(word)) === one;
      }
      assert.ok(met, `${name}: "${one.encoding.name}" is hidden by a row above it`);
    }
  }
});

Deno.test("fields in pieces are joined, and what should be so is told from what must", () => {
  const cbz = new Compiled({ name: "CBZ", bits: "1011 o 0 i 1 iiiii (0)nn", open: ["i=33", "it"] });
  const word = 0b1011_0011_0000_1001;
  assert.ok(cbz.matches(word));
  assert.deepEqual(cbz.fields(word), { o: 0, i: 33, n: 1 });
  assert.equal(cbz.open(word, cbz.fields(word), ALWAYS), "i=33");
  const other = word | 4;
  assert.equal(cbz.open(other, cbz.fields(other), ALWAYS), "bits that should be 0 or 1");
});

Deno.test("conditions: registers of a list, counted and behind others", () => {
  const ldm = new Compiled({
    name: "LDM",
    bits: "0000 0000 nnnn xxxx rrrrrrrrrrrrrrrr",
    open: ["|r|<2", "n behind r"],
  });
  const open = (n: number, r: number) => {
    const word = n << 20 | r;
    return ldm.open(word, ldm.fields(word), ALWAYS);
  };
  assert.equal(open(0, 1), "|r|<2");
  assert.equal(open(1, 0b110), undefined);
  assert.equal(open(2, 0b110), "n behind r");
  assert.equal(open(5, 0b110), undefined);
});
