import assert from "node:assert/strict";
import { Ear, inLab, say, soon } from "../_lab.ts";
import { buildCoveragePlugin, EdgeMap, Novelty } from "./mod.ts";

Deno.test("what the guest does for the first time is new, and is not new again", async () => {
  const plugin = await buildCoveragePlugin();
  assert.ok(plugin.ok, JSON.stringify(plugin));
  await inLab(async (lab) => {
    using map = new EdgeMap(`${lab.tempDir}/edges`);
    const range = { from: 0x10_0000, to: 0x200_0000 };
    const qemu = await lab.start("on", "echo", { extra: map.arguments(plugin.file, range) });
    const link = qemu.serial("com1");
    const ear = new Ear(link);
    await ear.hear("on");
    const novelty = new Novelty();
    assert.ok(novelty.add(map.counts()) > 3, "edges of its beginning");
    const echo = async (text: string) => {
      map.reset();
      await say(link, text);
      await ear.hear(text);
      await qemu.pause();
      const counts = map.counts();
      await qemu.cont();
      return counts;
    };
    assert.ok(novelty.add(await soon(echo("a"), "an echo")) > 0, "the first echo is new");
    // How often it polls differs; in the end there is nothing more that it could do.
    let round = 0;
    while (novelty.add(await soon(echo("b"), "an echo")) > 0) assert.ok(++round < 200);
  });
});

Deno.test("edges count by how often they are taken, in classes", () => {
  const novelty = new Novelty();
  const counts = (count: number) => new Uint8Array(65536).fill(count, 7, 8);
  const found = [1, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 127, 128, 255, 0].map((count) =>
    novelty.add(counts(count))
  );
  assert.deepEqual(found, [1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0]);
  assert.equal(novelty.edges, 1);
});

Deno.test("without a compiler, or a QEMU that takes plugins, it is said why there is none", async () => {
  const cache = await Deno.makeTempDir();
  try {
    const compilers = ["no-such-cc", "false"];
    assert.deepEqual(await buildCoveragePlugin({ cache, compilers }), {
      ok: false,
      reason: "no C compiler makes it: no-such-cc, false were tried",
    });
    assert.deepEqual([...Deno.readDirSync(cache)], []);
    for (const binary of ["no-such-qemu", "true"]) {
      const reason = `${binary} takes no plugins`;
      assert.deepEqual(await buildCoveragePlugin({ binary, cache }), { ok: false, reason });
    }
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});
