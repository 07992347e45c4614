import assert from "node:assert/strict";
import { rms, strongestHz } from "./sound.ts";

const STEP_HZ = 48_000 / 8192;

/** What an analyser shows of a tone: the lines of its Blackman window, in decibels. */
function spectrumOf(toneHz: number): Float32Array {
  return Float32Array.from({ length: 4096 }, (_, line) => {
    const off = line - toneHz / STEP_HZ;
    return Math.abs(off) < 3 ? -10 - 4.6 * off * off : -100;
  });
}

Deno.test("a tone between two lines of a spectrum is found to a tenth of a hertz", () => {
  for (const tone of [100, 440, 441.7, 1000, 3333.3]) {
    assert.ok(Math.abs(strongestHz(spectrumOf(tone), STEP_HZ)! - tone) < 0.1, `${tone}`);
  }
});

Deno.test("silence has no tone", () => {
  assert.equal(strongestHz(new Float32Array(4096).fill(-Infinity), STEP_HZ), null);
});

Deno.test("a full sine has a level of 0.707", () => {
  const sine = Float32Array.from({ length: 4800 }, (_, n) => Math.sin(n * 2 * Math.PI / 48));
  assert.ok(Math.abs(rms(sine) - Math.SQRT1_2) < 1e-6);
});
