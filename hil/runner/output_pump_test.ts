import assert from "node:assert/strict";
import { OutputPump } from "./output_pump.ts";
import { outputMark } from "./protocol.ts";

/** Small seeded random numbers: integers from 0 up to, not including, `below`. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (state * 1103515245 + 12345) % 0x80000000) % below;
}

/** Bytes in pieces of 1 to 6. */
function pieces(bytes: Uint8Array, random: (below: number) => number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at += 1 + random(6)));
    },
  });
}

Deno.test("marks are found and texts kept however the streams are cut", async () => {
  const mark = outputMark("w1");
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed);
    // Parts of marks, marks of others, and characters of several bytes among the text.
    const words = ["a", "\x1e", mark.slice(0, -1) + "x", "\x1ew2\n", "\n", "ж", "w1\n"];
    const texts = Array.from({ length: 4 }, () => {
      return Array.from({ length: random(5) }, () => words[random(words.length)]).join("");
    }).map((text) => text.replaceAll(mark, ""));
    const bytes = new TextEncoder().encode(texts.join(mark));
    let marks = 0;
    const pump = new OutputPump("w1", [pieces(bytes, random), pieces(bytes, random)], {
      onText: () => {},
      onMark: () => marks++,
    });
    await pump.ended;
    const told = pump.takeRecent().join("");
    const expected = texts.join("");
    assert.equal(told.length, 2 * expected.length, `seed ${seed}`);
    assert.deepEqual([...told].sort(), [...expected + expected].sort(), `seed ${seed}`);
    assert.equal(marks, 3, `seed ${seed}`);
  }
});

Deno.test("text is told while somebody is there to take it, without a newline at its end", async () => {
  const texts: string[] = [];
  const bytes = new TextEncoder().encode("one\ntwo\n");
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const pump = new OutputPump("w1", [stream], {
    onText: (text) => texts.push(text),
    onMark: () => {},
  });
  pump.live = true;
  await pump.ended;
  assert.deepEqual(texts, ["one\ntwo"]);
});
