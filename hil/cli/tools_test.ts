import assert from "node:assert/strict";
import { findTool } from "./tools.ts";

Deno.test("programs are found on the PATH, libraries where Debian has them, files where they are", () => {
  assert.match(findTool("sh") ?? "", /\/sh$/);
  assert.match(findTool("libc.so.6") ?? "", /^\/usr\/lib\/.*\/libc\.so\.6$/);
  assert.equal(findTool("/etc/passwd"), "/etc/passwd");
  for (const missing of ["no-such-program", "libnothing.so.9", "/no/such/file"]) {
    assert.equal(findTool(missing), undefined);
  }
});
