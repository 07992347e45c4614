import assert from "node:assert/strict";
import { Random } from "../../time/mod.ts";
import { hear, toneWav } from "./tone.ts";

/** What is in a WAV file of ours. */
function samplesOf(wav: Uint8Array): Float32Array {
  const view = new DataView(wav.buffer);
  return Float32Array.from(
    { length: (wav.length - 44) / 2 },
    (_, n) => view.getInt16(44 + 2 * n, true) / 32_767,
  );
}

Deno.test("a tone is heard with its frequency and level, wherever it is between the bins", () => {
  for (let frequencyHz = 100; frequencyHz < 4000; frequencyHz += 137) {
    const samples = samplesOf(toneWav({ frequencyHz, levelDbfs: -20, steady: true }));
    const heard = hear(samples.subarray(1000, 1000 + 2048), 48_000);
    assert.ok(Math.abs(heard.frequencyHz - frequencyHz) < 1.5, `${heard.frequencyHz}`);
    assert.ok(Math.abs(heard.levelDbfs + 20) < 0.5, `${heard.levelDbfs}`);
    assert.ok(heard.purity > 0.98, `${heard.purity}`);
  }
});

Deno.test("a beep is half a second of tone and half a second of silence", () => {
  const samples = samplesOf(toneWav({ frequencyHz: 440 }));
  assert.equal(samples.length, 48_000);
  assert.ok(Math.abs(hear(samples.subarray(0, 24_000), 48_000).levelDbfs + 15) < 0.1);
  const silence = { levelDbfs: -200, frequencyHz: 0, purity: 0 };
  assert.deepEqual(hear(samples.subarray(24_000), 48_000), silence);
});

Deno.test("noise is no tone", () => {
  const random = new Random(7);
  const noise = Float32Array.from({ length: 2048 }, () => random.below(1000) / 1000 - 0.5);
  assert.ok(hear(noise, 48_000).purity < 0.1);
});

Deno.test("what is no tone is refused", () => {
  assert.throws(() => toneWav({ frequencyHz: 440.5 }), {
    name: "RangeError",
    message: 'Cannot make a tone of "440.5" Hz: it is no whole number from 1 to 24000; give one',
  });
  assert.throws(() => toneWav({ frequencyHz: 440, levelDbfs: 0 }), {
    name: "RangeError",
    message: 'Cannot make a tone of "0" dBFS: a sine has -3 at most; give less',
  });
});
