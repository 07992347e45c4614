import assert from "node:assert/strict";
import { errorOf, inLab } from "./_lab.ts";
import { repairReplayLog } from "./mod.ts";

Deno.test("the recording of a killed QEMU gets its version; a good one stays as it is", async () => {
  await inLab(async ({ tempDir }) => {
    const path = `${tempDir}/rr`;
    await Deno.writeFile(path, Uint8Array.of(0, 0, 0, 0, 1, 2, 3));
    assert.equal(await repairReplayLog(path), true);
    assert.deepEqual(await Deno.readFile(path), Uint8Array.of(0, 0xe0, 0x20, 0x0c, 1, 2, 3));
    assert.equal(await repairReplayLog(path), false);
    assert.equal((await Deno.readFile(path)).length, 7);
  });
});

Deno.test("what is no recording is refused and left alone", async () => {
  await inLab(async ({ tempDir }) => {
    const path = `${tempDir}/rr`;
    for (const text of ["", "abc", "ELF of some kind"]) {
      await Deno.writeTextFile(path, text);
      const { message } = await errorOf(repairReplayLog(path));
      assert.match(
        message,
        /^Cannot repair the recording ".*rr": it begins with [0-9a-f]{8}, which/,
      );
      assert.equal(await Deno.readTextFile(path), text);
    }
  });
});
