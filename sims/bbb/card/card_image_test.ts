import assert from "node:assert/strict";
import { cardImage } from "./card_image.ts";
import { type Partition, writeGpt, writeMbr } from "./partitions.ts";
import { SparseImage } from "./sparse_image.ts";

async function run(program: string, args: string[]): Promise<string | undefined> {
  for (const path of [program, `/usr/sbin/${program}`, `/sbin/${program}`]) {
    try {
      const { stdout } = await new Deno.Command(path, { args, stderr: "null" }).output();
      return new TextDecoder().decode(stdout);
    } catch { /* Not there. */ }
  }
  return undefined;
}
const sfdisk = await run("sfdisk", ["-v"]) !== undefined;
const sgdisk = await run("sgdisk", ["-V"]) !== undefined;

async function saved(image: SparseImage, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await image.save(path);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

const loader = { mlo: new Uint8Array(100_000).fill(1), uboot: new Uint8Array(800_000).fill(2) };

Deno.test({
  name: "sfdisk reads the MBR as it was meant",
  ignore: !sfdisk,
  fn: () =>
    saved(cardImage({ loader }), async (path) => {
      const said = (await run("sfdisk", ["-d", path]))!.split("\n");
      const partitions = said.filter((line) => line.startsWith(path));
      assert.deepEqual(
        partitions.map((line) => line.slice(path.length).replace(/^p/, "").replace(/ +/g, " ")),
        [
          "1 : start= 8192, size= 65536, type=e, bootable",
        ],
      );
    }),
});

Deno.test({
  name: "sgdisk finds both copies of the GPT sound",
  ignore: !sgdisk,
  fn: () =>
    saved(cardImage({ loader, table: "gpt", sizeMiB: 100 }), async (path) => {
      assert.match((await run("sgdisk", ["-v", path]))!, /No problems found/);
      const said = (await run("sgdisk", ["-i", "1", path]))!;
      assert.match(said, /EBD0A0A2-B9E5-4433-87C0-68B6B72699C7/);
      assert.match(said, /First sector: 8192 /);
      assert.match(said, /Partition name: 'boot'/);
      assert.match(said, /Attribute flags: 0000000000000004/);
    }),
});

Deno.test("a loader lies on the FAT volume, or at the sectors where it is looked for", () => {
  const image = cardImage({ loader, layout: "raw" });
  assert.deepEqual(image.readBlock(0x100), new Uint8Array(512).fill(1));
  assert.deepEqual(image.readBlock(0x300), new Uint8Array(512).fill(2));
  assert.equal(image.readBlock(8192)[510], 0x55, "and there is a volume, too");
  assert.equal(cardImage({ loader }).has(0x100), false);
  assert.equal(cardImage({ table: "none" }).readBlock(0)[0], 0xeb, "as on a floppy disk");
  const raw = cardImage({ fatMiB: 0, raw: [{ sector: 9, bytes: Uint8Array.of(7) }] });
  assert.deepEqual(raw.written, [9]);
});

Deno.test("the same contents make the same image", () => {
  const make = () => cardImage({ loader, bootScript: "echo", files: { "uEnv.txt": "a=b\n" } });
  const [one, other] = [make(), make()];
  assert.deepEqual(one.written, other.written);
  for (const lba of one.written) assert.deepEqual(one.readBlock(lba), other.readBlock(lba));
});

Deno.test("what does not fit on a card is an error that says what is left", () => {
  const messageOf = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      return (error as Error).message;
    }
    return "no error";
  };
  assert.equal(
    messageOf(() => cardImage({ sizeMiB: 64, fatMiB: 61 })),
    'Cannot put a FAT volume of 61 MiB on card "card": it has 64 MiB, of which 60 MiB are left ' +
      "for it; make one larger or the other smaller",
  );
  assert.equal(
    messageOf(() => cardImage({ fatMiB: 0, files: { a: "" } })),
    'Cannot put files on card "card": it has no FAT volume; give fatMiB a size',
  );
  assert.equal(
    messageOf(() =>
      cardImage({ layout: "raw", loader: { ...loader, mlo: new Uint8Array(262_145) } })
    ),
    'Cannot write 262,145 bytes at sector 256 of card "card": 262,144 bytes are free there; ' +
      "put the loader on the FAT volume",
  );
  assert.equal(
    messageOf(() => cardImage({ raw: [{ sector: 131_071, bytes: new Uint8Array(513) }] })),
    'Cannot write 513 bytes at block 131071 of "card": it has 64 MiB; make it larger',
  );
  assert.match(messageOf(() => new SparseImage("x", 0)), /give a positive whole number/);
});

Deno.test("partitions that overlap, or lie where the table is, are errors", () => {
  const image = new SparseImage("card", 10_000);
  const part = (start: number, blocks: number): Partition => ({ start, blocks, kind: "linux" });
  assert.throws(() => writeMbr(image, [part(0, 5)]), {
    message: 'Cannot partition "card" of 10000 blocks: partition 1 has blocks 0 to 4, and 1 to ' +
      "9999 are free for it; move it or make it smaller",
  });
  assert.throws(() => writeMbr(image, [part(50, 10), part(1, 50)]), /partition 2 has blocks 50 to/);
  assert.throws(() => writeMbr(image, Array(5).fill(part(1, 1))), /room for 4 partitions, not 5/);
  assert.throws(() => writeGpt(image, [part(33, 5)]), /34 to 9966 are free/);
  assert.throws(() => writeGpt(image, [part(9966, 2)]), /34 to 9966 are free/);
  writeGpt(image, [part(9966, 1)]);
});
