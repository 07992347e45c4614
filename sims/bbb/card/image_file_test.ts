import assert from "node:assert/strict";
import { ImageError, ImageFile, saveChanges } from "./image_file.ts";
import { SparseImage } from "./sparse_image.ts";
import { CardStorage } from "./storage.ts";

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const filled = (byte: number) => new Uint8Array(512).fill(byte);

Deno.test("an image is read from its file, which stays as it is unless changes are kept", () =>
  inFolder(async (folder) => {
    const path = `${folder}/card.img`;
    const image = new SparseImage("card", 3000);
    image.write(0, filled(1));
    image.write(2999, filled(2));
    await image.save(path);
    assert.equal((await Deno.stat(path)).size, 3000 * 512);
    using file = await ImageFile.open(path);
    assert.equal(file.blocks, 3000);
    const storage = new CardStorage("card", 4096, file);
    assert.deepEqual(storage.readBlock(2999), filled(2));
    assert.deepEqual(storage.readBlock(3000), filled(0));
    storage.writeBlock(5, filled(5));
    assert.deepEqual(file.readBlock(5), filled(0));
    await saveChanges(path, storage);
    assert.deepEqual(file.readBlock(5), filled(5));
    assert.deepEqual(file.readBlock(0), filled(1));
  }));

Deno.test("a file that is no raw image is an error that says why and what to do", () =>
  inFolder(async (folder) => {
    const messageOf = async (name: string, bytes?: Uint8Array) => {
      const path = `${folder}/${name}`;
      if (bytes) await Deno.writeFile(path, bytes);
      const error = await ImageFile.open(path).then(() => undefined, (error) => error);
      assert.ok(error instanceof ImageError, name);
      return error.message.replaceAll(folder, "/f").replace(Deno.cwd(), "/cwd");
    };
    assert.equal(
      await messageOf("none.img"),
      'Cannot open card image "/f/none.img": there is no such file; give the path of a raw ' +
        'image, from "/cwd"',
    );
    assert.equal(
      await messageOf("short.img", new Uint8Array(1000)),
      'Cannot open card image "/f/short.img": it has 1,000 bytes, which is 488 bytes more than ' +
        "whole blocks of 512: it is truncated; make it again",
    );
    assert.equal(
      await messageOf("empty.img", new Uint8Array(0)),
      'Cannot open card image "/f/empty.img": it is empty; give a raw image of a card',
    );
    assert.equal(
      await messageOf("card.img.xz", Uint8Array.fromHex("fd377a585a000004")),
      'Cannot open card image "/f/card.img.xz": it is packed with xz; unpack it first: ' +
        'xz -dk "/f/card.img.xz"',
    );
    assert.match(await messageOf(""), /it is a folder; give a file$/);
  }));

Deno.test("a file that becomes shorter while it is in use is an error", () =>
  inFolder(async (folder) => {
    const path = `${folder}/card.img`;
    await new SparseImage("card", 10).save(path);
    using file = await ImageFile.open(path);
    await Deno.truncate(path, 512 * 4 + 100);
    assert.throws(() => file.readBlock(4), /Cannot read block 4 of card image .*become shorter/);
  }));

Deno.test("what cannot be kept is an error", () =>
  inFolder(async (folder) => {
    const storage = new CardStorage("card", 10);
    await assert.rejects(saveChanges(`${folder}/none/x.img`, storage), {
      name: "ImageError",
      message:
        /^Cannot keep what was written to card "card" in ".*"; check|check that the file may/,
    });
  }));
