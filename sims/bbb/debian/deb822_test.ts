import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { parseParagraphs } from "./deb822.ts";

Deno.test("paragraphs end at an empty line; comments are left out; values go on", () => {
  const [first, second, ...more] = parseParagraphs(
    "# before\nTypes: deb\n# within\nURIs: http://a/\n http://b/\n\t http://c/\n \nTypes:deb-src\r\n",
  );
  assert.equal(first!.get("types"), "deb");
  assert.equal(first!.get("uris"), "http://a/\nhttp://b/\nhttp://c/");
  assert.deepEqual([...second!], [["types", "deb-src"]]);
  assert.deepEqual(more, []);
});

Deno.test("any text is read without an error, and no field has an empty name", () => {
  const random = new Random(822);
  const pieces = ["\n", " ", "\t", ":", "#", "a", "Types: deb", "\r", "\u{1F40C}", "\0"];
  for (let i = 0; i < 2000; i++) {
    let text = "";
    for (let n = random.below(30); n > 0; n--) text += pieces[random.below(pieces.length)];
    for (const paragraph of parseParagraphs(text)) assert.ok(!paragraph.has(""));
  }
});
