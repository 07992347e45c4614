import assert from "node:assert/strict";
import { BENCH_RESULTS, BenchBuildError, buildBench } from "./build.ts";

Deno.test("the benchmark is built for ARM and for Thumb-2, and found the second time", async () => {
  const cache = await Deno.makeTempDir();
  try {
    const arm = await buildBench({ thumb: false, rounds: 1, cache });
    const thumb = await buildBench({ thumb: true, rounds: 1, cache });
    assert.notEqual(arm, thumb);
    assert.equal(await buildBench({ thumb: false, rounds: 1, cache }), arm);
    const bytes = new DataView((await Deno.readFile(arm)).buffer);
    assert.equal(bytes.getUint32(0, true) >>> 24, 0xea, "the reset vector is a branch");
    assert.equal(bytes.getUint32(BENCH_RESULTS, true), 0);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});

Deno.test("without a compiler it says what to do", async () => {
  await assert.rejects(
    buildBench({ thumb: true, path: "" }),
    (error: Error) =>
      error instanceof BenchBuildError &&
      error.message === 'Cannot build the benchmark for ARM with "clang": it is not on the PATH; ' +
          'run "deno task hil doctor --install"',
  );
});
