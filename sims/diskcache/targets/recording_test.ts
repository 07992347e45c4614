import assert from "node:assert/strict";
import { errorOf, onBench, soon } from "./_bench.ts";
import { differenceOf, rerun } from "./recording.ts";

const at = (lba: number, drive = 0) => ({ drive, lba });

Deno.test("a recorded run with an error of a drive is done again to the last byte", async () => {
  await onBench(async ({ start, events }) => {
    const cache = await start({ record: true, sizes: [64, 0, 64, 0], entries: 8 });
    await cache.drives.poke(at(7), 0xcafe);
    await cache.drives.fail({ ...at(3, 2), operation: "read", count: 1 });
    assert.equal((await (await cache.read(at(7))).finished()).stamp, 0xcafe);
    assert.match((await errorOf((await cache.read(at(3, 2))).finished())).message, /error=04$/);
    const work = await cache.work({ seed: 5, count: 60, blocks: 16, readPercent: 50 });
    await soon(work.finished(), "the work");
    const recording = await soon(cache.finishRecording(), "the recording");
    assert.equal(recording, await cache.finishRecording());
    for (let round = 0; round < 2; round++) {
      const replay = await soon(recording.replay(), "the replay");
      assert.equal(replay.difference, undefined);
      assert.ok(replay.bytes > 500 && replay.requests > 20, JSON.stringify(replay));
    }
    const attached = events.flatMap((event) => event.type === "attachment" ? event.path : []);
    assert.deepEqual(attached, ["machine.rr", "machine.elf", "machine.json"]);
    // A recording that does not fit its machine is noticed.
    const path = `${recording.folder}/machine.json`;
    const rest = JSON.parse(await Deno.readTextFile(path));
    rest.answers.disk0[2].lba = 63;
    await Deno.writeTextFile(path, JSON.stringify(rest));
    const { difference } = await soon(recording.replay(), "the replay that differs");
    assert.match(difference!, /^request 3 is "\w+ \d+ \d+", it was "\w+ 63 \d+"$/);
  });
});

Deno.test("a machine whose scenario has failed is recorded to its end, and done again from its files", async () => {
  await onBench(async ({ start, abort, tempDir }) => {
    const cache = await start({ record: true, sizes: [64] });
    await (await cache.read(at(7))).finished();
    abort.abort(new Error("the scenario has failed"));
    const { folder, files } = await soon(cache.finishRecording(), "the recording");
    const recorded = { folder, tempDir, processEnv: {} };
    const again = await soon(rerun({ ...recorded, attachments: files }), "the replay");
    assert.equal(again?.difference, undefined);
    assert.match(again!.what, /^\d+ bytes on COM1 and \d+ requests of the drives$/);
    assert.equal(await rerun({ ...recorded, attachments: ["machine.rr"] }), undefined);
  });
});

Deno.test("a machine that is not recorded has no recording, a recorded one no way back", async () => {
  await onBench(async ({ start }) => {
    const plain = await start({ sizes: [64] }, "1");
    assert.match((await errorOf(plain.finishRecording())).message, /it is not recorded; ask for/);
    const recorded = await start({ sizes: [64], record: true }, "2");
    assert.match(
      (await errorOf(recorded.branchPoint())).message,
      /^Cannot go back in a machine that is recorded: .*; do it without "record"$/,
    );
  });
});

Deno.test("where two recordings part is shown", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.equal(differenceOf(bytes("abc"), bytes("abc")), undefined);
  assert.equal(
    differenceOf(bytes("abX"), bytes("abc")),
    'COM1 differs at byte 2: now "abX", before "abc"',
  );
  assert.match(differenceOf(bytes("abcd"), bytes("abc"))!, /at byte 3: now "abcd", before "abc"$/);
  assert.match(differenceOf(bytes("ab"), bytes("abc"))!, /at byte 2: now "ab", before "abc"$/);
});
