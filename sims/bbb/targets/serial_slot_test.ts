import assert from "node:assert/strict";
import { ImageError } from "../card/mod.ts";
import type { TargetContext } from "hil";
import { slotOnBench } from "./serial_slot.ts";
import { serialWiring } from "./serial_options.ts";

/** A bench whose card is a file, where it is wherever it is switched. */
async function withSlot(
  blocks: number,
  body: (slot: (sd?: unknown) => ReturnType<typeof slotOnBench>, lab: {
    readonly card: string;
    on: boolean;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "hil-slot-" });
  const lab = { card: `${folder}/here.img`, on: false };
  await Deno.writeFile(lab.card, new Uint8Array(blocks * 512).fill(0xff));
  const wiring = serialWiring({
    ...{ serial: { path: "/dev/x" }, power: { kind: "manual", what: "it" } },
    storage: {
      sd: {
        device: lab.card,
        toHost: ["touch", `${folder}/host`],
        toBoard: ["rm", `${folder}/host`],
      },
    },
  });
  const slot = (sd?: unknown) => {
    const context = { options: { ...(sd !== undefined && { sd }) }, defer() {} };
    return slotOnBench(context as unknown as TargetContext, wiring, () => lab.on);
  };
  try {
    await body(slot, lab);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what the scenario says of the card is on it, and it is read while the board is off", async () => {
  await withSlot(7 * 2048, async (slot, lab) => {
    const sd = await slot({ sizeMiB: 6, fatMiB: 2, files: { "uEnv.txt": "a=b" } });
    assert.equal(sd!.blocks, 7 * 2048);
    const mbr = await sd!.read(0);
    assert.deepEqual([...mbr.subarray(510)], [0x55, 0xaa]);
    const file = await Deno.readFile(lab.card);
    assert.equal(file.length, 7 * 2048 * 512);
    assert(new TextDecoder("latin1").decode(file).includes("a=b"));
    assert.deepEqual(file.subarray(6 * 2048 * 512), new Uint8Array(2048 * 512).fill(0xff));
    lab.on = true;
    await assert.rejects(sd!.read(0), {
      message: 'Cannot read the card "SD": the board may have power, and would lose it; ' +
        "await board.off() first",
    });
    await assert.rejects(sd!.write(0, mbr), /Cannot write the card "SD": the board may have power/);
  });
});

Deno.test("a scenario without a card finds the slot empty", async () => {
  await withSlot(8, async (slot, lab) => {
    assert.equal(await slot(), undefined);
    await Deno.stat(lab.card.replace("here.img", "host"));
  });
});

Deno.test("an image that is larger than the card, or none, is said before anything is written", async () => {
  await withSlot(8, async (slot, lab) => {
    await assert.rejects(slot({ sizeMiB: 6, fatMiB: 2 }), {
      name: "RangeError",
      message: 'Cannot write the image "SD" to the card SD: it has 12288 blocks and the card 8; ' +
        "put in a larger card, or make a smaller image",
    });
    await assert.rejects(slot({ image: "/none.img" }), ImageError);
    assert.deepEqual(await Deno.readFile(lab.card), new Uint8Array(8 * 512).fill(0xff));
  });
});
