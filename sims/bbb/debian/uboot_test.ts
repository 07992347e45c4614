import assert from "node:assert/strict";
import { cachedPackage } from "./package.ts";
import { cachedUboot, fetchUboot, UBOOT_REMEDY } from "./uboot.ts";

const cached = await cachedUboot("bookworm");
const apt = await Deno.stat("/usr/bin/apt-get").then(() => true, () => false);

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "Debian's U-Boot is the pinned one, and starts as the boot ROM wants it" +
    (cached ? "" : ` (skipped: it is not in the cache; ${UBOOT_REMEDY})`),
  ignore: !cached,
  async fn() {
    const { mlo, uboot, version, pinned } = await fetchUboot("bookworm", {
      mirror: { uri: "file:/nowhere", signedBy: "/nowhere" },
    });
    assert.equal(version, "2023.01+dfsg-2+deb12u3");
    assert.ok(pinned);
    const toc = (await Deno.readFile(mlo)).subarray(0, 512);
    assert.match(new TextDecoder().decode(toc), /CHSETTINGS/);
    const magic = new DataView((await Deno.readFile(uboot)).buffer).getUint32(0);
    assert.equal(magic, 0xd00d_feed); // A flattened device tree: a FIT.
  },
});

Deno.test({
  name: "a file that was changed after it was unpacked is an error that says what to do" +
    (cached ? "" : ` (skipped: it is not in the cache; ${UBOOT_REMEDY})`),
  ignore: !cached,
  fn: () =>
    inFolder(async (cache) => {
      const folder = cached!.mlo.match(/u-boot-omap_[0-9a-f]+/)![0];
      const from = cached!.mlo.replace(/\/root\/.*/, ""), to = `${cache}/${folder}`;
      const boards = "root/usr/lib/u-boot/am335x_evm";
      await Deno.mkdir(`${to}/${boards}`, { recursive: true });
      for (const file of ["package.json", `${boards}/MLO`, `${boards}/u-boot.img`]) {
        await Deno.copyFile(`${from}/${file}`, `${to}/${file}`);
      }
      assert.ok(await cachedUboot("bookworm", { cache }));
      assert.equal(await cachedUboot("bullseye", { cache }), undefined);
      await Deno.writeTextFile(`${to}/${boards}/MLO`, "!", { append: true });
      await assert.rejects(cachedUboot("bookworm", { cache }), (error: Error) => {
        assert.match(
          error.message,
          /^Cannot use ".*\/MLO": its sha256 is [0-9a-f]{64}, and that of/,
        );
        assert.ok(error.message.endsWith(`remove the folder "${to}" and fetch it again`));
        return true;
      });
    }),
});

Deno.test("a newer build is found in the cache when the pinned one is not there", () =>
  inFolder(async (cache) => {
    const about = { name: "u-boot-omap", suite: "bookworm", architecture: "armhf" };
    const newer = { ...about, version: "2023.01+dfsg-2+deb12u4", sha256: "ab".repeat(32) };
    const wanted = { ...about, pin: { version: "1", sha256: "00".repeat(32) } };
    assert.equal(await cachedPackage(wanted, cache), undefined);
    await Deno.mkdir(`${cache}/u-boot-omap_${newer.sha256.slice(0, 32)}`);
    await Deno.writeTextFile(
      `${cache}/u-boot-omap_${newer.sha256.slice(0, 32)}/package.json`,
      JSON.stringify(newer),
    );
    assert.equal((await cachedPackage(wanted, cache))?.version, newer.version);
    assert.equal(await cachedPackage({ ...wanted, suite: "sid" }, cache), undefined);
  }));

Deno.test("a newer build than the pinned one is used, and said", () =>
  inFolder(async (cache) => {
    const about = { name: "u-boot-omap", suite: "bookworm", architecture: "armhf" };
    const folder = `${cache}/u-boot-omap_${"cd".repeat(16)}`;
    await Deno.mkdir(`${folder}/root/usr/lib/u-boot/am335x_evm`, { recursive: true });
    for (const file of ["MLO", "u-boot.img"]) {
      await Deno.writeTextFile(`${folder}/root/usr/lib/u-boot/am335x_evm/${file}`, file);
    }
    const newer = { ...about, version: "2023.01+dfsg-2+deb12u4", sha256: "cd".repeat(32) };
    await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(newer));
    const told: string[] = [];
    const uboot = await fetchUboot("bookworm", { cache, progress: (text) => told.push(text) });
    assert.equal(uboot.pinned, false);
    assert.equal(uboot.sha256.mlo.slice(0, 16), "914aa12c7cd0e350");
    assert.deepEqual(told, [
      "note: Debian bookworm has U-Boot 2023.01+dfsg-2+deb12u4 now, not 2023.01+dfsg-2+deb12u3 " +
      "that the scenarios were written with (pins: sims/bbb/debian/uboot.ts)",
    ]);
  }));

Deno.test("without the keyring that its packages are signed with, nothing is fetched", () =>
  inFolder(async (cache) => {
    const mirror = { uri: "file:/m", signedBy: "/none.gpg" };
    await assert.rejects(fetchUboot("bookworm", { cache, mirror }), {
      message: 'Cannot check packages of file:/m: its keyring "/none.gpg" is not there; ' +
        "install the package debian-archive-keyring",
    });
  }));

Deno.test({
  name: "a mirror that cannot be reached is an error that names it and what to do",
  ignore: !apt,
  fn: () =>
    inFolder(async (cache) => {
      const told: string[] = [];
      // What a process that was killed has left, and what one that works has.
      for (const [name, at] of [["fetching-old", 1], ["fetching-new", 4e9]] as const) {
        await Deno.mkdir(`${cache}/${name}`);
        await Deno.utime(`${cache}/${name}`, at, at);
      }
      const mirror = { uri: `file:${cache}/none`, signedBy: new URL(import.meta.url).pathname };
      const options = { cache, mirror, progress: (text: string) => told.push(text) };
      await assert.rejects(fetchUboot("bookworm", options), {
        name: "DebianError",
        message: new RegExp(
          `^Cannot get packages of Debian's suite "bookworm" \\(armhf\\) from file:${cache}/none: ` +
            `apt-get failed with ".*"; check the network, or set DEBIAN_MIRROR`,
        ),
      });
      assert.deepEqual(told, ["getting the package lists of Debian bookworm (armhf)"]);
      assert.deepEqual([...Deno.readDirSync(cache)].map(({ name }) => name), ["fetching-new"]);
    }),
});
