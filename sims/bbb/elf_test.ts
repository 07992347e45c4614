import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { elfOf } from "./_elf.ts";
import { ElfError, readSymbols } from "./elf.ts";

const FILE = elfOf([
  ["_start", 0x8000_0000, 0x20],
  ["thumb_function", 0x8000_0101, 0x10],
  ["$t", 0x8000_0100, 0],
  ["table", 0x8000_0200, 0],
]);

Deno.test("an address is named by the symbol it is in", () => {
  const symbols = readSymbols(FILE, "os.elf");
  assert.equal(symbols.count, 3, "mapping symbols are no names");
  assert.equal(symbols.at(0x8000_0000), "_start");
  assert.equal(symbols.at(0x8000_001c), "_start+0x1c");
  assert.equal(symbols.at(0x8000_0020), undefined, "behind its end");
  assert.equal(symbols.at(0x8000_0104), "thumb_function+0x4");
  assert.equal(symbols.at(0x8000_1000), "table+0xe00", "without a size it goes on");
  assert.equal(symbols.at(0x7fff_ffff), undefined);
  assert.equal(symbols.addressOf("thumb_function"), 0x8000_0100);
});

Deno.test("what is no ELF file of the board says so", () => {
  const message = (file: Uint8Array) => {
    try {
      readSymbols(file, "os.bin");
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const end = "give the ELF file that was linked for the board";
  const of = 'Cannot read symbols of "os.bin": ';
  assert.equal(message(new Uint8Array(100)), `${of}it is no ELF file; ${end}`);
  assert.equal(message(new Uint8Array(0)), `${of}it is no ELF file; ${end}`);
  const wide = FILE.slice();
  wide[4] = 2;
  assert.equal(message(wide), `${of}it is not of 32 bits, little-endian; ${end}`);
  assert.equal(message(FILE.slice(0, -60)), `${of}it is truncated or damaged; ${end}`);
});

Deno.test("any damage is survived, or told", () => {
  const random = new Random("elf");
  for (let n = 0; n < 3000; n++) {
    const file = FILE.slice(0, random.below(4) ? FILE.length : random.below(FILE.length));
    for (let hits = random.below(6); hits > 0 && file.length > 0; hits--) {
      file[random.below(file.length)] = random.below(256);
    }
    try {
      readSymbols(file, "fuzz").at(0x8000_0000);
    } catch (error) {
      assert.ok(error instanceof ElfError, String(error));
    }
  }
});
