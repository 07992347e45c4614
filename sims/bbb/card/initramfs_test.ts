import assert from "node:assert/strict";
import { initramfs } from "./initramfs.ts";

Deno.test("an archive has headers of 110 characters, and begins each part at a multiple of four", () => {
  const archive = initramfs([
    { path: "dev/console", mode: 0o20600, device: [5, 1] },
    { path: "init", mode: 0o100755, contents: "hello" },
  ]);
  const text = String.fromCharCode(...archive);
  assert.equal(
    text.slice(0, 124),
    "070701" + "00000001" + "00002180" + "00000000".repeat(2) + "00000001" + "00000000" +
      "00000000".repeat(3) + "00000005" + "00000001" + "0000000c" + "00000000" + "dev/console\0" +
      "\0\0",
  );
  const second = text.slice(124);
  assert.equal(second.slice(110, 115), "init\0");
  assert.equal(second.slice(116, 124), "hello\0\0\0");
  assert.equal(second.slice(124, 130), "070701");
  assert.equal(second.slice(124 + 110, 124 + 121), "TRAILER!!!\0");
  assert.equal(archive.length % 4, 0);
});
