import assert from "node:assert/strict";
import { codeOf, codeText } from "./code.ts";

async function git(folder: string, ...args: string[]): Promise<void> {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
  const { success, stderr } = await new Deno.Command("git", {
    args: ["-C", folder, ...identity, ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

Deno.test("code is known by its commit, and by what is not committed", async () => {
  const folder = await Deno.makeTempDir({ prefix: "hil-test-" });
  try {
    assert.deepEqual(await codeOf(folder), {});
    assert.equal(codeText({}), "unknown code");
    await Deno.writeTextFile(`${folder}/a.ts`, "1");
    await git(folder, "init", "-q");
    await git(folder, "add", ".");
    await git(folder, "commit", "-q", "-m", "a");
    const clean = await codeOf(folder);
    assert.match(clean.commit!, /^[0-9a-f]{40}$/);
    assert.equal(clean.changes, undefined);
    assert.equal(codeText(clean), clean.commit!.slice(0, 7));
    await Deno.writeTextFile(`${folder}/a.ts`, "2");
    const changed = await codeOf(folder);
    assert.equal(changed.commit, clean.commit);
    assert.match(codeText(changed), / with changes$/);
    await Deno.writeTextFile(`${folder}/b.ts`, "3");
    const more = await codeOf(folder);
    await Deno.writeTextFile(`${folder}/b.ts`, "4");
    const other = await codeOf(folder);
    assert.equal(new Set([changed, more, other].map(({ changes }) => changes)).size, 3);
    assert.deepEqual(await codeOf(folder), other);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
