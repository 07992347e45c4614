import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { BLOCK_SIZE } from "./block.ts";
import { fatVolume } from "./fat.ts";
import { fatGeometry } from "./fat_geometry.ts";

const has = async (tool: string) => {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":").concat("/usr/sbin", "/sbin")) {
    if (await Deno.stat(`${folder}/${tool}`).then(() => true, () => false)) {
      return `${folder}/${tool}`;
    }
  }
};
const fsck = await has("fsck.fat"), mcopy = await has("mcopy");
const MiB = (1 << 20) / BLOCK_SIZE;

/** Files of all sizes that matter, in folders, with names that need their long form. */
function someFiles(): Record<string, Uint8Array> {
  const random = new Random("fat");
  const bytes = (length: number) => Uint8Array.from({ length }, () => random.below(256));
  return {
    "MLO": bytes(107_948),
    "u-boot.img": bytes(200_001),
    "uEnv.txt": bytes(1),
    "empty": bytes(0),
    "exact.bin": bytes(64 * BLOCK_SIZE),
    "A name with spaces and more than one.dot.text": bytes(700),
    "A name with spaces and more than two.dot.text": bytes(701),
    "\u00fcmlaut \u65e5\u672c.txt": bytes(3),
    "overlays/led-on.dtbo": bytes(5000),
    "overlays/deep/er/x": bytes(10),
    ...Object.fromEntries(Array.from({ length: 90 }, (_, n) => [`many/entry ${n}.bin`, bytes(n)])),
  };
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { MTOOLS_SKIP_CHECK: "0", LC_ALL: "C.UTF-8" },
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, said);
  return said;
}

for (const [bits, blocks] of [[12, 3 * MiB], [16, 32 * MiB], [32, 64 * MiB]] as const) {
  Deno.test({
    name: `dosfstools and mtools find a FAT${bits} volume sound, and on it what was put there`,
    ignore: !fsck || !mcopy,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const files = someFiles();
        await fatVolume({ blocks, bits, files, label: "card" }).save(`${folder}/fat.img`);
        const said = await run(fsck!, ["-n", "-v", `${folder}/fat.img`]);
        assert.match(said, new RegExp(`2 FATs, ${bits} bit entries`));
        assert.match(said, /^.*: \d+ files, /m);
        await Deno.mkdir(`${folder}/out`);
        await run(mcopy!, ["-s", "-n", "-i", `${folder}/fat.img`, "::/", `${folder}/out/`]);
        for (const [name, bytes] of Object.entries(files)) {
          assert.deepEqual(await Deno.readFile(`${folder}/out/${name}`), bytes, name);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test({
  name: "volumes of any size with any files are sound",
  ignore: !fsck || !mcopy,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      for (let seed = 0; seed < 6; seed++) {
        const random = new Random(`volume ${seed}`);
        const files: Record<string, Uint8Array> = {};
        for (let n = random.below(40); n > 0; n--) {
          const parts = Array.from({ length: 1 + random.below(4) }, () => `d${random.below(3)}`);
          const name = `${"x".repeat(random.below(60))}${n}.${random.below(9999)}`;
          files[[...parts, name].join("/")] = new Uint8Array(random.below(20_000)).fill(n);
        }
        const blocks = 3 * MiB + random.below(80 * MiB);
        await fatVolume({ blocks, files }).save(`${folder}/fat.img`);
        await run(fsck!, ["-n", `${folder}/fat.img`]);
        await Deno.mkdir(`${folder}/${seed}`);
        if (Object.keys(files).length === 0) continue;
        await run(mcopy!, ["-s", "-n", "-i", `${folder}/fat.img`, "::/", `${folder}/${seed}/`]);
        for (const [name, bytes] of Object.entries(files)) {
          assert.deepEqual(await Deno.readFile(`${folder}/${seed}/${name}`), bytes, name);
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("the number of clusters fits the kind, at each size", () => {
  const random = new Random(512);
  for (let n = 0; n < 2000; n++) {
    const blocks = 2 * MiB + random.below(n % 2 ? 64 * MiB : 40_000 * MiB);
    const geometry = fatGeometry(blocks);
    const { bits, clusters, fatSectors, reserved, rootSectors, sectorsPerCluster } = geometry;
    assert.equal(bits, clusters < 4085 ? 12 : clusters < 65525 ? 16 : 32);
    assert.ok(fatSectors * BLOCK_SIZE * 8 >= (clusters + 2) * bits);
    const used = reserved + 2 * fatSectors + rootSectors + clusters * sectorsPerCluster;
    assert.ok(used <= blocks && blocks - used < sectorsPerCluster + 4, `${blocks}`);
  }
});

Deno.test("32 MiB are a FAT16 with clusters of 2 KiB, as the board's own images have it", () => {
  const { bits, sectorsPerCluster } = fatGeometry(32 * MiB);
  assert.deepEqual([bits, sectorsPerCluster], [16, 4]);
});

Deno.test("a name of 8 and 3 capitals has one entry, in which the boot ROM finds it", () => {
  const image = fatVolume({ blocks: 32 * MiB, files: { MLO: "x" } });
  const { reserved, fatSectors } = fatGeometry(32 * MiB);
  const root = image.readBlock(reserved + 2 * fatSectors);
  assert.equal(new TextDecoder().decode(root.subarray(32, 43)), "MLO        ");
});

Deno.test("a FAT32 volume tells where free clusters begin, and how many there are", () => {
  const blocks = 64 * MiB;
  const info = fatVolume({ blocks, bits: 32, files: { a: new Uint8Array(5 * 512) } }).readBlock(1);
  const view = new DataView(info.buffer);
  // The root folder has one cluster, the file five; the first cluster is number 2.
  assert.equal(view.getUint32(492, true), 2 + 1 + 5);
  assert.equal(view.getUint32(488, true), fatGeometry(blocks, 32).clusters - 6);
});

Deno.test("what does not fit, and names that FAT does not have, are errors that say so", () => {
  const blocks = 3 * MiB;
  const error = (files: Record<string, string | Uint8Array>) => {
    try {
      fatVolume({ blocks, files });
    } catch (error) {
      return (error as Error).message;
    }
    return "no error";
  };
  assert.equal(
    error({ "a/big": new Uint8Array(4 << 20) }),
    'Cannot put "a/big" (4 MiB) on a FAT12 volume of 3 MiB: 3,121,152 bytes are left; ' +
      "make the volume larger",
  );
  assert.equal(
    error({ "a": "", "A": "" }),
    'Cannot put file "A" on a FAT volume: there is one of that name already, and FAT does not ' +
      "tell capitals apart; give it another name",
  );
  assert.match(error({ "a?": "" }), /FAT does not allow "\?" in names; give it another name$/);
  assert.match(error({ "a": "", "a/b": "" }), /"a" is a file/);
  assert.match(error({ "a//b": "" }), /it is no name/);
  assert.match(
    error(Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`${n}`, ""]))),
    /^Cannot put the root folder \(19,232 bytes\) on a FAT12 .*: 16,384 bytes are left/,
  );
  assert.throws(
    () => fatVolume({ blocks: 64, bits: 32 }),
    /Cannot make a FAT32 volume of 32,768 bytes: it would have too few clusters; choose another/,
  );
  assert.throws(() => fatVolume({ blocks: 3000 * MiB, bits: 16 }), /too many clusters/);
});
