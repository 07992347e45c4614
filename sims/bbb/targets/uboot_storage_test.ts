import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import type { UBoot } from "../port.ts";
import { parseDump, UbootStorage } from "./uboot_storage.ts";

/** As U-Boot prints it: 16 bytes a line, and what of it is text. */
function dump(bytes: Uint8Array, address: number): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const hex = Array.from(part, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = String.fromCharCode(...part).replace(/[^ -~]/g, ".");
    lines.push(`${(address + at).toString(16).padStart(8, "0")}: ${hex.padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}

/** U-Boot with a card, and memory from 0x98000000 on. */
function fake(card: Uint8Array, damage = (command: string) => command) {
  const commands: string[] = [], memory = new Uint8Array(1 << 20), base = 0x9800_0000;
  const place = (text?: string) => Number(`0x${text!.replace(/^0x/, "")}`);
  const one = (command: string): string => {
    const [name, ...words] = command.split(" ");
    if (name === "mmc" && words[0] !== "dev") {
      const [address, block, count] = words.slice(1).map(place) as [number, number, number];
      const there = memory.subarray(address - base, address - base + count * 512);
      const blocks = card.subarray(block * 512, (block + count) * 512);
      if (words[0] === "read") there.set(blocks);
      else blocks.set(there);
    } else if (name === "mw") {
      const [address, word, run = 1] = words.map(place) as [number, number, number?];
      new Uint32Array(memory.buffer, address - base, run).fill(word);
    } else if (name === "md.b" || name === "crc32") {
      const [address, size] = words.map(place) as [number, number];
      const bytes = memory.subarray(address - base, address - base + size);
      return name === "md.b" ? dump(bytes, address) : `crc32 … ==> ${crc(bytes)}`;
    }
    return "";
  };
  const run = (line: string) => {
    commands.push(line);
    return Promise.resolve(damage(line).split(";").map(one).join(""));
  };
  const uboot = () => Promise.resolve({ run } as unknown as UBoot);
  const blocks = card.length / 512;
  return { commands, storage: new UbootStorage({ name: "eMMC", slot: 1, blocks, uboot }) };
}

const crc = (bytes: Uint8Array) => crc32(bytes).toString(16).padStart(8, "0");

Deno.test("blocks come as they are on the card, many in several goes", async () => {
  const card = Uint8Array.from({ length: 150 * 512 }, (_, n) => Math.imul(n, 0x9e37_79b1) >>> 24);
  const { storage, commands } = fake(card);
  assert.deepEqual(await storage.read(7), card.slice(7 * 512, 8 * 512));
  assert.deepEqual(commands[0], "mmc dev 1");
  assert.deepEqual(await storage.read(10, 140), card.slice(10 * 512));
  assert.equal(commands.filter((command) => command.startsWith("md.b")).length, 4);
});

Deno.test("blocks are written by commands that fit a line, runs of a word by one of them", async () => {
  const card = new Uint8Array(100 * 512).fill(0xee);
  const { storage, commands } = fake(card);
  const bytes = Uint8Array.from(
    { length: 3 * 512 },
    (_, n) => n < 600 ? Math.imul(n, 0x9e37_79b1) >>> 24 : 0,
  );
  await storage.write(97, bytes);
  assert.deepEqual(card.subarray(97 * 512), bytes);
  assert(card.subarray(0, 97 * 512).every((byte) => byte === 0xee));
  assert.deepEqual(await storage.read(97, 3), bytes);
  const fills = commands.filter((command) => command.startsWith("mw "));
  assert.equal(fills.join(";").split(";").length, 151);
  assert(fills.every(({ length }) => length <= 600), "U-Boot has room for them");
});

Deno.test("a character that was lost on the way is found before the card is written", async () => {
  const card = new Uint8Array(1024);
  const { storage } = fake(
    card,
    (line) => line.replace("mw 98000000 11111111", "mw 98000000 1111111"),
  );
  await assert.rejects(
    storage.write(0, new Uint8Array(512).fill(0x11)),
    /Cannot write block "0" of eMMC: what U-Boot has in memory is not what it was told; look at/,
  );
  assert.deepEqual(card, new Uint8Array(1024));
});

Deno.test("what is not on the card is neither read nor written", async () => {
  const { storage } = fake(new Uint8Array(1024));
  await assert.rejects(storage.read(1, 2), {
    name: "RangeError",
    message: 'Cannot read 2 blocks from "1" of eMMC: it has 2; read what is there',
  });
  await assert.rejects(storage.write(2, new Uint8Array(512)), /Cannot write 1 blocks from "2"/);
  await assert.rejects(storage.write(0, new Uint8Array(5)), /"5" bytes to eMMC: that is no whole/);
});

Deno.test("a dump that lost a line, or a character, is not taken for bytes", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, n) => n * 5);
  const text = dump(bytes, 0x9800_0000), at = { address: 0x9800_0000, size: 64 };
  assert.deepEqual(parseDump(text, at), bytes);
  const without = text.split("\n").toSpliced(1, 1).join("\n");
  assert.throws(() => parseDump(without, at), /the memory dump at "0x98000010": U-Boot said/);
  // What is text at the end of a line may be anything; what is number may not.
  for (let cut = 0; cut < 57; cut++) {
    const damaged = text.slice(0, cut) + text.slice(cut + 1);
    assert.throws(() => parseDump(damaged, at), Error, damaged);
  }
});
