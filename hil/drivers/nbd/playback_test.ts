import assert from "node:assert/strict";
import { Playback } from "./mod.ts";

const read = (lba: number) =>
  ({ operation: "read", lba, blocks: 1, cookie: 0n, fua: false }) as const;

Deno.test("the same questions get the same answers, errors too", async () => {
  const data = new Uint8Array(512).fill(7);
  const answers = [
    { operation: "read", lba: 3, blocks: 1, error: 0, data },
    { operation: "read", lba: 4, blocks: 1, error: 5 },
  ] as const;
  const drive = new Playback(answers);
  assert.equal(await drive.begin(read(3)).finish(), answers[0]);
  assert.equal(await drive.begin(read(4)).finish(), answers[1]);
  assert.deepEqual([drive.given, drive.difference], [2, undefined]);
  assert.deepEqual(await drive.begin(read(5)).finish(), { error: 5 });
  assert.equal(drive.difference, 'request 3 is "read 5 1", it was "nothing"');
});

Deno.test("after another question no answer is right any more", async () => {
  const drive = new Playback([{ operation: "flush", lba: 0, blocks: 0, error: 0 }]);
  await drive.begin(read(5)).finish();
  const flush = { operation: "flush", lba: 0, blocks: 0, cookie: 0n, fua: false } as const;
  assert.deepEqual(await drive.begin(flush).finish(), { error: 5 });
  assert.equal(drive.given, 0);
  assert.equal(drive.difference, 'request 1 is "read 5 1", it was "flush 0 0"');
});
