import { equal, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { LAST_WORDS, writeKernelLog } from "./kernel_log.ts";

Deno.test("a log has the size that was asked for, its hash, and its last words once, at the end", async () => {
  const path = await Deno.makeTempFile({ prefix: "hil-bench-" });
  try {
    for (const size of [1_000, 999_999, 2_345_678]) {
      const log = writeKernelLog(path, size);
      const bytes = await Deno.readFile(path);
      equal(bytes.length, size);
      equal(log.sha256, createHash("sha256").update(bytes).digest("hex"));
      const text = new TextDecoder().decode(bytes);
      equal(text.indexOf(LAST_WORDS), text.length - LAST_WORDS.length - 1);
      ok(/^\[ +\d+\.\d{6}\] \S/.test(text));
    }
  } finally {
    await Deno.remove(path);
  }
});
