import assert from "node:assert/strict";
import { ms } from "../../time/mod.ts";
import { findTone } from "./_sound.ts";
import type { Heard } from "./tone.ts";

const TONE: Heard = { frequencyHz: 441, levelDbfs: -20, purity: 0.9 };
const SOUGHT = { frequencyHz: 440, toleranceHz: 5, leastDbfs: -40 };

/** Hears one piece after the other, each 10 ms long, for 50 ms. */
function listenTo(pieces: readonly (Heard | string)[]): Promise<Heard | string> {
  let nowMs = 0;
  const next = () => {
    nowMs += 10;
    return Promise.resolve(pieces[nowMs / 10 - 1] ?? pieces.at(-1)!);
  };
  return findTone(next, SOUGHT, { clock: { now: () => nowMs * 1e6 }, within: ms(50) });
}

Deno.test("the first piece with the tone counts, whatever was before", async () => {
  const others = [
    "it plays no stream with sound",
    { ...TONE, frequencyHz: 446 },
    { ...TONE, levelDbfs: -41 },
    { ...TONE, purity: 0.4 },
  ];
  for (const other of others) assert.deepEqual(await listenTo([other, TONE]), TONE);
});

Deno.test("without the tone it is told what the loudest was", async () => {
  const loud = { frequencyHz: 1000, levelDbfs: -3, purity: 1 };
  const heard = await listenTo([{ ...TONE, levelDbfs: -60 }, loud, "it plays no stream"]);
  assert.equal(heard, "the loudest was 1000.0 Hz at -3.0 dBFS, purity 1.00");
});

Deno.test("without any sound it is told why", async () => {
  assert.equal(await listenTo(["its stream has ended"]), "its stream has ended");
});

Deno.test("what comes after the limit is too late", async () => {
  assert.equal(typeof await listenTo([...Array(5).fill("no sound"), TONE]), "string");
});
