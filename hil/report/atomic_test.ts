import assert from "node:assert/strict";
import { ReportWriteError, writeAtomically } from "./atomic.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "hil-test-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a file is written with the folders that it needs, over an older one too", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a/b/report.xml`;
    await writeAtomically(path, "one", "JUnit report");
    await writeAtomically(path, "two, ✓", "JUnit report");
    assert.equal(await Deno.readTextFile(path), "two, ✓");
    assert.deepEqual(names(`${folder}/a/b`), ["report.xml"], "nothing else is left");
  }));

Deno.test("writers of one path do not meet: the file is one of theirs, whole", () =>
  inFolder(async (folder) => {
    const texts = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(100_000));
    const path = `${folder}/report.xml`;
    await Promise.all(texts.map((text) => writeAtomically(path, text, "report")));
    assert.ok(texts.includes(await Deno.readTextFile(path)));
    assert.deepEqual(names(folder), ["report.xml"]);
  }));

Deno.test("what cannot be written says why and what to do, and leaves what was there", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "old");
    await Deno.mkdir(`${folder}/folder/inside`, { recursive: true });
    const cases = [
      [`${folder}/folder`, "EISDIR", "it is a folder; give the path of a file"],
      [`${folder}/file/x`, "EEXIST", "a file is in the place of a folder; choose another path"],
      [`${folder}/file/x/y`, "ENOTDIR", "a part of its path is no folder; choose another path"],
      [`${folder}/${"x".repeat(300)}`, "ENAMETOOLONG", undefined],
    ] as const;
    for (const [path, code, why] of cases) {
      await assert.rejects(writeAtomically(path, "new", "JUnit report"), (error: unknown) => {
        assert.ok(error instanceof ReportWriteError);
        assert.deepEqual([error.path, error.code], [path, code]);
        const head = `Cannot write the JUnit report "${path}": `;
        if (why) assert.equal(error.message, head + why);
        else assert.match(error.message.slice(head.length), /; check the path and the disk$/);
        return error.cause instanceof Error;
      });
    }
    assert.equal(await Deno.readTextFile(`${folder}/file`), "old");
    assert.deepEqual(names(folder), ["file", "folder"], "no temporary file is left");
  }));
