import assert from "node:assert/strict";
import { FolderRoot, MemoryRoot, TftpRefusal, type TftpRoot } from "./root.ts";

const text = (content: string) => new TextEncoder().encode(content);

async function folder(writable: boolean, body: (root: FolderRoot, top: string) => void) {
  const top = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${top}/root/sub`, { recursive: true });
    await Deno.writeTextFile(`${top}/secret`, "secret");
    await Deno.writeTextFile(`${top}/root/os.bin`, "os");
    await Deno.writeTextFile(`${top}/root/sub/deep`, "deep");
    await Deno.symlink(`${top}/secret`, `${top}/root/out`);
    await Deno.symlink(`..`, `${top}/root/up`);
    await Deno.symlink(`sub/deep`, `${top}/root/inside`);
    await Deno.symlink(`${top}/new`, `${top}/root/dangling`);
    body(new FolderRoot(`${top}/root`, { writable }), top);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
}

const refuses = (act: () => unknown, code: number) =>
  assert.throws(act, (error) => error instanceof TftpRefusal && error.code === code);

const NAMES: Readonly<Record<string, string | number>> = {
  "os.bin": "os",
  "/os.bin": "os",
  "./sub//deep": "deep",
  "inside": "deep",
  "missing": 1,
  "sub/missing": 1,
  "os.bin/x": 1,
  "": 2,
  "sub": 2,
  "../secret": 2,
  "sub/../../secret": 2,
  "/..": 2,
  "out": 2,
  "up/secret": 2,
  "sub\\deep": 2,
  "dangling": 1,
};
for (const [name, expected] of Object.entries(NAMES)) {
  Deno.test(`a folder answers "${name}" with ${expected}`, () =>
    folder(false, (root) => {
      if (typeof expected === "number") refuses(() => root.read(name), expected);
      else assert.deepEqual(root.read(name), text(expected));
    }));
}

Deno.test("nobody writes to a folder that is not writable", () =>
  folder(false, (root) => {
    refuses(() => root.mayWrite("new"), 2);
    refuses(() => root.write("new", text("x")), 2);
  }));

Deno.test("a writable folder takes files, but none out of it", () =>
  folder(true, (root, top) => {
    root.write("new", text("x"));
    root.write("sub/deep", text("y"));
    assert.equal(Deno.readTextFileSync(`${top}/root/new`), "x");
    assert.equal(Deno.readTextFileSync(`${top}/root/sub/deep`), "y");
    for (const name of ["../secret", "out", "up/secret", "dangling", "sub", ".."]) {
      refuses(() => root.mayWrite(name), 2);
      refuses(() => root.write(name, text("x")), 2);
    }
    for (const name of ["none/new", ""]) {
      const code = name === "" ? 2 : 1;
      refuses(() => root.mayWrite(name), code);
    }
    assert.equal(Deno.readTextFileSync(`${top}/secret`), "secret");
    assert.throws(() => Deno.lstatSync(`${top}/new`));
  }));

Deno.test("a folder that does not exist is named", () => {
  assert.throws(() => new FolderRoot("/nowhere/at/all"), {
    message:
      'Cannot serve folder "/nowhere/at/all" by TFTP: there is none; name a folder that exists',
  });
});

Deno.test("files in memory go by the same names", () => {
  const root: TftpRoot & { files: Map<string, Uint8Array> } = new MemoryRoot({
    "a/b": text("x"),
  }, { writable: true });
  assert.deepEqual(root.read("/a/./b"), text("x"));
  refuses(() => root.read("b"), 1);
  refuses(() => root.read("../a/b"), 2);
  root.write("/c", text("y"));
  assert.deepEqual(root.files.get("c"), text("y"));
  refuses(() => new MemoryRoot().mayWrite("c"), 2);
});
