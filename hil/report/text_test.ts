import assert from "node:assert/strict";
import { Random } from "../time/mod.ts";
import { cutEnd, cutMiddle, oneLine, plainText } from "./text.ts";

/** What makes text hard: pieces of escapes, controls, halves of characters, line ends. */
const PIECES = [
  "\x1b",
  "[",
  "31m",
  "]0;title",
  "\x07",
  "\x1b\\",
  "\r",
  "\n",
  "\r\n",
  "\0",
  "\x7f",
  "\x85",
  "\x9b",
  "\ud83d",
  "\ude00",
  "\u{1f600}",
  "\ufffe",
  "\uffff",
  "a",
  " ",
  "é",
];

function hardText(random: Random): string {
  return Array.from({ length: random.below(30) }, () => PIECES[random.below(PIECES.length)])
    .join("");
}

Deno.test("colours, titles and controls are taken out, text and line ends stay", () => {
  assert.equal(plainText("\x1b[1;31mred\x1b[0m"), "red");
  assert.equal(plainText("\x1b]0;title\x07text\x1b]8;;x\x1b\\"), "text");
  assert.equal(plainText("a\r\nb\rc\n\td"), "a\nb\nc\n\td");
  assert.equal(plainText("a\0b\x08c\x7fd\ufffe\uffff"), "abcd");
  assert.equal(plainText("half \ud83d whole \u{1f600} half \ude00"), "half  whole \u{1f600} half ");
  assert.equal(oneLine("  a\r\n\tb\x1b[0m  c "), "a b c");
});

Deno.test("plain text is fit for XML whatever comes in, and twice is as once", () => {
  const random = new Random(12);
  for (let round = 0; round < 3000; round++) {
    const text = hardText(random);
    const plain = plainText(text);
    assert.equal(plainText(plain), plain, JSON.stringify(text));
    assert.ok(plain.isWellFormed());
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(plain, /[\0-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/);
    assert.doesNotMatch(oneLine(text), /[\n\r\t]|^ | $| {2}/);
  }
});

Deno.test("a cut end is the beginning, as long as is said", () => {
  assert.equal(cutEnd("abc", 3), "abc");
  assert.equal(cutEnd("abcd", 3), "ab…");
  assert.equal(cutEnd("abcd", 1), "…");
  assert.equal(cutEnd("abcd", 0), "…");
  assert.equal(cutEnd("a\u{1f600}bc", 3), "a…", "no half of a character");
});

Deno.test("a cut middle has both ends and says how much is missing", () => {
  assert.equal(cutMiddle("0123456789", 10), "0123456789");
  assert.equal(
    cutMiddle("0123456789", 4),
    "01\n[… 6 characters cut; the trace has them …]\n89",
  );
  const random = new Random(4);
  for (let round = 0; round < 500; round++) {
    const text = plainText(hardText(random)) + "tail";
    const limit = random.below(text.length);
    const [, head, count, tail] = cutMiddle(text, limit)
      .match(/^([^]*)\n\[… (\d+) characters cut; the trace has them …\]\n([^]*)$/)!;
    assert.ok(text.startsWith(head!) && text.endsWith(tail!));
    assert.equal(head!.length + Number(count) + tail!.length, text.length);
    assert.ok(head!.length + tail!.length <= limit);
    assert.ok(head!.isWellFormed() && tail!.isWellFormed());
  }
});
