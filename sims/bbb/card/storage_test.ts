import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { SparseImage } from "./sparse_image.ts";
import { CardStorage } from "./storage.ts";

const filled = (byte: number) => new Uint8Array(512).fill(byte);

function overImage(): { image: SparseImage; storage: CardStorage } {
  const image = new SparseImage("image", 100);
  image.write(3, filled(3));
  return { image, storage: new CardStorage("card", 1000, image) };
}

Deno.test("what is written hides the image, which stays as it is", () => {
  const { image, storage } = overImage();
  assert.deepEqual(storage.readBlock(3), filled(3));
  assert.deepEqual(storage.readBlock(999), filled(0));
  storage.writeBlock(3, filled(4));
  assert.deepEqual(storage.readBlock(3), filled(4));
  assert.deepEqual(image.readBlock(3), filled(3));
});

Deno.test("a block that was read does not change when it is written later", () => {
  const { storage } = overImage();
  storage.writeBlock(5, filled(1));
  const read = storage.readBlock(5);
  const source = filled(2);
  storage.writeBlock(5, source);
  source.fill(9);
  assert.deepEqual(read, filled(1));
  assert.deepEqual(storage.readBlock(5), filled(2));
});

Deno.test("an erased range is zero, whatever was there", () => {
  const { storage } = overImage();
  storage.writeBlock(500, filled(5));
  storage.writeBlock(501, filled(6));
  storage.erase(0, 501);
  assert.deepEqual(storage.readBlock(3), filled(0));
  assert.deepEqual(storage.readBlock(500), filled(0));
  assert.deepEqual(storage.readBlock(501), filled(6));
});

Deno.test("a power cut loses what was not durable, and nothing else", () => {
  const { storage } = overImage();
  storage.writeBlock(1, filled(1));
  storage.flush();
  storage.writeBlock(1, filled(2));
  storage.writeBlock(1, filled(3));
  storage.writeBlock(3, filled(8));
  assert.deepEqual(storage.volatileBlocks, [1, 3]);
  storage.powerCut();
  assert.deepEqual(storage.readBlock(1), filled(1));
  assert.deepEqual(storage.readBlock(3), filled(3));
  storage.powerCut();
  assert.deepEqual(storage.readBlock(1), filled(1));
});

Deno.test("by chance each block is old or new after a cut, and in torn mode part of each", () => {
  const ends = (torn: boolean) => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      const storage = new CardStorage("card", 10);
      storage.writeBlock(0, filled(1));
      storage.flush();
      storage.writeBlock(0, filled(2));
      storage.powerCut({ random: new Random(seed), torn });
      const block = storage.readBlock(0);
      const kept = block.filter((byte) => byte === 2).length;
      assert.deepEqual(block, Uint8Array.from({ length: 512 }, (_, n) => n < kept ? 2 : 1));
      seen.add(kept);
    }
    return [...seen].sort((a, b) => a - b);
  };
  assert.deepEqual(ends(false), [0, 512]);
  assert.deepEqual(ends(true), Array.from({ length: 17 }, (_, n) => 32 * n));
});

Deno.test("a snapshot holds only what differs from the image, and brings it back", () => {
  const { storage } = overImage();
  assert.deepEqual(storage.save(), { image: "image", blocks: 1000, changed: {}, volatile: {} });
  storage.writeBlock(7, filled(7));
  storage.flush();
  storage.writeBlock(7, filled(8));
  const saved = structuredClone(storage.save());
  storage.writeBlock(7, filled(9));
  storage.writeBlock(8, filled(9));
  storage.flush();
  storage.load(saved);
  assert.deepEqual(storage.changes(), [[7, filled(8)]]);
  storage.powerCut();
  assert.deepEqual(storage.readBlock(7), filled(7));
});

Deno.test("a snapshot of another card is refused before anything changes", () => {
  const { storage } = overImage();
  const other = new CardStorage("card", 1000);
  assert.throws(
    () => other.load(storage.save()),
    /Cannot restore snapshot: card "card" held image "image" and had 1000 blocks; take it again/,
  );
});

Deno.test("from outside, blocks are read and written past the card, durable at once", async () => {
  const { storage } = overImage();
  await storage.write(998, new Uint8Array([...filled(1), ...filled(2)]));
  storage.powerCut();
  assert.deepEqual(await storage.read(998, 2), new Uint8Array([...filled(1), ...filled(2)]));
  await assert.rejects(storage.read(999, 2), {
    message: 'Cannot reach block 1000 of card "card": it has 1000 blocks',
  });
  await assert.rejects(storage.write(999, new Uint8Array(1024)), /Cannot reach block 1000/);
  assert.deepEqual(storage.readBlock(999), filled(2), "nothing of it was written");
  await assert.rejects(storage.write(0, new Uint8Array(5)), {
    message: 'Cannot write 5 bytes to card "card": its blocks have 512; give whole blocks',
  });
});

Deno.test("an image that is larger than its card is an error that says both sizes", () => {
  assert.throws(() => new CardStorage("SD", 2048, new SparseImage("big.img", 4096)), {
    message: 'Cannot put image "big.img" on card "SD": it has 2 MiB and the card 1 MiB; ' +
      "take a larger card or a smaller image",
  });
});

Deno.test("whatever is done, blocks are as a plain model has them", () => {
  const random = new Random("storage");
  for (let run = 0; run < 50; run++) {
    const { storage } = overImage();
    let model = new Map<number, number>([[3, 3]]), durable = new Map(model);
    let saved: [ReturnType<CardStorage["save"]>, Map<number, number>, Map<number, number>];
    saved = [storage.save(), new Map(model), new Map(durable)];
    for (let step = 0; step < 60; step++) {
      const lba = random.below(8), byte = random.below(256);
      const choice = random.below(7);
      if (choice < 3) {
        storage.writeBlock(lba, filled(byte));
        model.set(lba, byte);
      } else if (choice === 3) {
        storage.flush();
        durable = new Map(model);
      } else if (choice === 4) {
        storage.erase(lba, 2);
        for (const one of [lba, lba + 1]) for (const map of [model, durable]) map.set(one, 0);
      } else if (choice === 5) {
        storage.powerCut();
        model = new Map(durable);
      } else if (random.below(2) === 0) {
        saved = [storage.save(), new Map(model), new Map(durable)];
      } else {
        storage.load(saved[0]);
        [model, durable] = [new Map(saved[1]), new Map(saved[2])];
      }
      for (let one = 0; one < 9; one++) {
        assert.equal(storage.readBlock(one)[100], model.get(one) ?? 0, `run ${run} step ${step}`);
      }
    }
  }
});
