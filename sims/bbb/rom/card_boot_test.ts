import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { cardImage } from "sims/bbb/card/mod.ts";
import { bootFile as mlo } from "./_boot_file.ts";
import { bootFromCard } from "./card_boot.ts";
import type { BlockReader } from "./fat.ts";

const code = Uint8Array.from({ length: 5000 }, (_, n) => n * 7);
const uboot = new Uint8Array(10);
const same = (found: Uint8Array) => assert.deepEqual(found, code);

Deno.test("ROM: MLO is found on FAT12, FAT16 and FAT32, with and without a partition table", () => {
  for (const [fatBits, fatMiB] of [[12, 4], [16, 16], [32, 64]] as const) {
    for (const table of ["mbr", "none"] as const) {
      const sizeMiB = fatMiB + 8;
      const loader = { mlo: mlo(code), uboot };
      const card = cardImage({ sizeMiB, fatMiB, fatBits, table, loader });
      const { image, why } = bootFromCard(card);
      assert.ok(image, `FAT${fatBits}, ${table}: ${why}`);
      assert.deepEqual([image.where, image.destination, image.mode], [
        "MLO on FAT",
        0x402f_0400,
        2,
      ]);
      same(image.bytes);
    }
  }
});

Deno.test("ROM: an image at raw sectors comes before the file, the first of four places first", () => {
  const raw = [{ sector: 0x200, bytes: mlo(code) }];
  const files = { "MLO": mlo(new Uint8Array(100)) };
  const { image } = bootFromCard(cardImage({ raw, files }));
  assert.deepEqual([image?.where, image?.mode, image?.trial], ["raw at sector 0x200", 1, 2]);
  same(image!.bytes);
});

Deno.test("ROM: a file may begin with the GP header", () => {
  const { image } = bootFromCard(cardImage({ files: { "MLO": mlo(code).slice(512) } }));
  assert.deepEqual([image?.settings, image?.destination], [false, 0x402f_0400]);
  same(image!.bytes);
});

Deno.test("ROM: a card that does not boot says why", () => {
  const why = (options: Parameters<typeof cardImage>[0]) => bootFromCard(cardImage(options)).why;
  const empty = "raw: begins with 0x0, so it is empty at sector 0x0, 0x100, 0x200, 0x300; FAT: ";
  assert.equal(why({ fatMiB: 0 }), empty + "no signature in block 0");
  assert.equal(why({}), empty + "FAT16 at block 8192: no MLO");
  assert.equal(
    why({ files: { "MLO": mlo(code).slice(0, 3000) } }),
    empty + "MLO is truncated: it has 3000 bytes, and its header says 5520",
  );
  assert.equal(
    why({ files: { "MLO": mlo(code, { size: 120_000 }) } }),
    empty + "MLO has an image of 120000 bytes, and 111616 fit at 0x402f0400",
  );
  assert.equal(
    why({ files: { "MLO": mlo(code, { destination: 0x8000_0000 }) } }),
    empty + "MLO has GP header with destination 0x80000000, not in 0x402f0400 to 0x4030b7ff",
  );
  const corrupt = mlo(code);
  corrupt[0x40] = 0;
  assert.match(
    why({ raw: [{ sector: 0x100, bytes: corrupt }] }),
    /CHSETTINGS without the magic values at 0x40 at sector 0x100/,
  );
});

/** The card with some bytes changed: [block, place, value]. */
function changed(card: BlockReader, changes: readonly (readonly [number, number, number])[]) {
  return {
    blocks: card.blocks,
    readBlock: (lba: number) => {
      const block = card.readBlock(lba).slice();
      for (const [at, place, value] of changes) if (at === lba) block[place] = value;
      return block;
    },
  };
}

Deno.test("ROM: of two copies of the FAT the last one counts", () => {
  const card = cardImage({ fatBits: 16, loader: { mlo: mlo(code), uboot } });
  const boot = new DataView(card.readBlock(8192).slice().buffer);
  const first = 8192 + boot.getUint16(14, true), length = boot.getUint16(22, true);
  const without = (fat: number) =>
    changed(card, Array.from({ length: 512 }, (_, place) => [fat, place, 0] as const));
  assert.equal(boot.getUint8(16), 2);
  assert.ok(bootFromCard(without(first)).image);
  assert.match(
    bootFromCard(without(first + length)).why,
    /FAT: MLO: the image ends after \d+ of 10 sectors/,
  );
});

Deno.test("ROM: two active partitions are none; a folder is no file", () => {
  const card = cardImage({ loader: { mlo: mlo(code), uboot } });
  const entry = [...card.readBlock(0).subarray(0x1be, 0x1ce)];
  const twice = changed(card, entry.map((value, n) => [0, 0x1ce + n, value] as const));
  assert.match(bootFromCard(twice).why, /FAT: more than one active FAT partition$/);
  const idle = changed(card, [[0, 0x1be, 0]]);
  assert.match(bootFromCard(idle).why, /FAT: no active FAT partition$/);
  const folder = cardImage({ files: { "MLO/image": mlo(code) } });
  assert.match(bootFromCard(folder).why, /FAT16 at block 8192: no MLO$/);
});

Deno.test("ROM: 109 KiB fit, and not one byte more", () => {
  const boots = (length: number) =>
    bootFromCard(cardImage({ files: { "MLO": mlo(new Uint8Array(length).fill(1)) } })).image;
  assert.equal(boots(109 * 1024)?.bytes.length, 109 * 1024);
  assert.equal(boots(109 * 1024 + 1), undefined);
});

Deno.test("ROM: any damage to a card is survived, and told", () => {
  const card = cardImage({ sizeMiB: 8, fatMiB: 3, fatBits: 12, loader: { mlo: mlo(code), uboot } });
  const random = new Random("damaged cards");
  for (let n = 0; n < 300; n++) {
    const damaged = new Map<number, Uint8Array>();
    for (let hits = random.below(12) + 1; hits > 0; hits--) {
      // Where it matters: the tables, the boot sector, the first sectors of FAT and data.
      const lba = random.below(2) ? random.below(4) : 8192 + random.below(40);
      const block = damaged.get(lba) ?? card.readBlock(lba).slice();
      block[random.below(512)] = random.below(256);
      damaged.set(lba, block);
    }
    const blocks = random.below(4) ? card.blocks : random.below(card.blocks) + 1;
    const reader: BlockReader = {
      blocks,
      readBlock: (lba) => {
        assert.ok(lba >= 0 && lba < blocks && Number.isSafeInteger(lba), `block ${lba}`);
        return damaged.get(lba) ?? card.readBlock(lba);
      },
    };
    const { image, why, sectors } = bootFromCard(reader);
    assert.ok(image || why.length > 0);
    assert.ok(sectors < 40_000, `${sectors} sectors`);
  }
});
