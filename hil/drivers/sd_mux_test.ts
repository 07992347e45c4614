import assert from "node:assert/strict";
import { ms, Random, seconds } from "../time/mod.ts";
import { SdMux, type SdMuxOptions } from "./sd_mux.ts";

/** A card in a folder: it is here when its file is, and programs move that. */
async function withCard(
  body: (options: SdMuxOptions, places: { here: string; there: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "hil-sd-" });
  const here = `${folder}/here.img`, there = `${folder}/there.img`;
  await Deno.writeFile(there, new Uint8Array(64 * 512).fill(0x11));
  const options = {
    ...{ name: "SD", device: here, limit: seconds(20) },
    ...{ toHost: ["mv", there, here], toBoard: ["mv", here, there] },
  };
  try {
    await body(options, { here, there });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const noise = (blocks: number) => {
  const random = new Random(blocks);
  return Uint8Array.from({ length: blocks * 512 }, () => random.next() & 0xff);
};

Deno.test("blocks are written and read here, and the board has the card each time after that", async () => {
  await withCard(async (options, { here, there }) => {
    const card = await SdMux.open(options);
    assert.equal(card.blocks, 64);
    const bytes = noise(5);
    await Promise.all([card.write(7, bytes), card.write(63, noise(1))]);
    assert.deepEqual(await card.read(7, 5), bytes);
    assert.deepEqual([...await card.read(6)], Array(512).fill(0x11));
    const file = await Deno.readFile(there);
    assert.equal(file.length, 64 * 512);
    assert.deepEqual(file.subarray(63 * 512), noise(1));
    await card.takeAway();
    assert.deepEqual(await Deno.readFile(here), file);
  });
});

Deno.test("what is not on the card is neither read nor written, and the card goes back", async () => {
  await withCard(async (options, { there }) => {
    const card = await SdMux.open(options);
    await assert.rejects(card.write(62, noise(3)), {
      name: "RangeError",
      message: 'Cannot write to 3 blocks at "62" of SD: it has 64; ' +
        "put in a larger card, or stay within this one",
    });
    await assert.rejects(card.read(-1), /Cannot read from 1 blocks at "-1" of SD/);
    await assert.rejects(card.write(0, new Uint8Array(511)), /"511" bytes to SD: that is no whole/);
    assert.deepEqual(await Deno.readFile(there), new Uint8Array(64 * 512).fill(0x11));
  });
});

Deno.test("a card that does not come, and commands that fail, say what to look at", async () => {
  await withCard(async (options, { there }) => {
    const open = (other: Partial<SdMuxOptions>) => SdMux.open({ ...options, ...other });
    await assert.rejects(open({ device: "/none", limit: ms(1) }), {
      name: "SdMuxError",
      message: 'Cannot fetch the card "SD": it is not at /none within 1 ms; look whether a card ' +
        'is in, and whether "toHost" and "device" are of one multiplexer',
    });
    await assert.rejects(
      open({ toHost: ["false"] }),
      /fetch the card "SD": "false" ended with 1 and said "nothing"; run it by hand/,
    );
    await assert.rejects(open({ toHost: ["no-such-mux"] }), /"no-such-mux" cannot be run; install/);
    await Deno.writeFile(there, new Uint8Array(0));
    await assert.rejects(open({ limit: ms(1) }), /it is not at .* within 1 ms/);
  });
});

/** A disk of this machine, if it has one of its own: a container may not. */
const mounts = (await new Deno.Command("cat", { args: ["/proc/mounts"] }).output()).stdout;
const disk = new TextDecoder().decode(mounts).split("\n")
  .map((line) => line.split(" ")[0]!).find((source) => source.startsWith("/dev/"));

Deno.test({
  name: "a disk of this machine is not overwritten",
  ignore: disk === undefined,
  async fn() {
    const open = SdMux.open({ name: "SD", toHost: ["true"], toBoard: ["true"], device: disk! });
    await assert.rejects(open, {
      name: "SdMuxError",
      message: /^Cannot use the card "SD": \/dev.* is in use on this machine \(\/.*overwritten$/,
    });
  },
});
