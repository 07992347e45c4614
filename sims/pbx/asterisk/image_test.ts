import assert from "node:assert/strict";
import { newName } from "hil/drivers/netns/mod.ts";
import { buildArchive } from "./image.ts";
import { imageTag, RECIPES } from "./recipe.ts";

const has = (program: string) => {
  const { success } = new Deno.Command("sh", { args: ["-c", `command -v ${program}`] })
    .outputSync();
  return success;
};
const lacking = Deno.uid() !== 0 ? "root" : has("mmdebstrap") ? undefined : "mmdebstrap";
if (lacking) console.log(`skipped: there is no ${lacking}; as root: apt-get install mmdebstrap`);

Deno.test({
  name: "without a mirror an image is refused with the reason, and nothing is left",
  ignore: lacking !== undefined,
  async fn() {
    const cache = await Deno.makeTempDir();
    // Of a process that has ended, as a builder that was killed leaves it; and of one that lives.
    await Deno.mkdir(`${cache}/building-hil-1.1-killed/half`, { recursive: true });
    const living = `building-${newName()}`;
    await Deno.mkdir(`${cache}/${living}`);
    try {
      const signedBy = "/usr/share/keyrings/debian-archive-keyring.gpg";
      const mirror = { uri: `file://${cache}/none`, signedBy };
      await assert.rejects(buildArchive(RECIPES["16"], `${cache}/16.tar`, { mirror }), {
        name: "ContainerError",
        message:
          /^Cannot make the image of Asterisk 16 from Debian bullseye: mmdebstrap says "[^"]+"/,
      });
      assert.deepEqual([...Deno.readDirSync(cache)].map(({ name }) => name), [living]);
    } finally {
      await Deno.remove(cache, { recursive: true });
    }
  },
});

Deno.test("another recipe, or another machine, has another image", async () => {
  const recipe = RECIPES["22"];
  const tags = await Promise.all([
    imageTag(recipe, "x86_64"),
    imageTag(recipe, "aarch64"),
    imageTag({ ...recipe, packages: ["asterisk"] }, "x86_64"),
  ]);
  assert.equal(new Set(tags).size, 3);
  for (const tag of tags) assert.match(tag, /^hil\/asterisk:22-[0-9a-f]{12}$/);
  assert.equal(await imageTag({ ...recipe }, "x86_64"), tags[0]);
});
