import assert from "node:assert/strict";
import { listenUnix, removeSocket } from "./unix_socket.ts";

Deno.test("a socket is listened on, and its file goes when it is removed, once or twice", async () => {
  const folder = await Deno.makeTempDir({ prefix: "hil-test-" });
  try {
    const path = `${folder}/s`;
    const listener = listenUnix(path);
    const [ours, theirs] = await Promise.all([
      listener.accept(),
      Deno.connect({ transport: "unix", path }),
    ]);
    await theirs.write(new Uint8Array([7]));
    const bytes = new Uint8Array(1);
    await ours.read(bytes);
    assert.deepEqual(bytes, new Uint8Array([7]));
    for (const end of [ours, theirs, listener]) end.close();
    removeSocket(path);
    removeSocket(path);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a path that is too long for a socket says how long it is, in bytes", () => {
  const path = `/tmp/${"é".repeat(60)}`;
  assert.throws(() => listenUnix(path), {
    name: "RangeError",
    message: `Cannot listen on the Unix socket "${path}": it has 125 bytes and 107 is the most; ` +
      "set TMPDIR to a shorter folder",
  });
});

Deno.test("the longest path works, and one that is taken or in no folder is refused", async () => {
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "hil-" });
  try {
    const path = `${folder}/`.padEnd(107, "x");
    const listener = listenUnix(path);
    const remedy = "give a path that is not there yet in a folder that is";
    for (const bad of [path, `${folder}/no/s`]) {
      assert.throws(() => listenUnix(bad), (error: Error) => {
        assert.ok(error.message.startsWith(`Cannot listen on the Unix socket "${bad}": `));
        assert.ok(error.message.endsWith(`; ${remedy}`));
        return error.cause instanceof Error;
      });
    }
    listener.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
