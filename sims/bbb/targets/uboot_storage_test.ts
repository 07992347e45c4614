import assert from "node:assert/strict";
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

/** U-Boot with a card of so many blocks. */
function fake(card: Uint8Array) {
  const commands: string[] = [];
  let memory = new Uint8Array(0);
  const uboot = {
    run: (command: string) => {
      commands.push(command);
      const [name, , base, from, count] = command.split(" ");
      if (command.startsWith("mmc read")) {
        memory = card.slice(Number(from) * 512, (Number(from) + Number(count)) * 512);
        return Promise.resolve("OK");
      }
      if (name !== "md.b") return Promise.resolve("");
      assert.equal(Number(from ?? base), memory.length);
      return Promise.resolve(dump(memory, Number(command.split(" ")[1])));
    },
  } as unknown as UBoot;
  const blocks = card.length / 512;
  return { commands, storage: new UbootStorage({ name: "eMMC", slot: 1, blocks, uboot }) };
}

Deno.test("blocks come as they are on the card, many in several goes", async () => {
  const card = Uint8Array.from({ length: 150 * 512 }, (_, n) => Math.imul(n, 0x9e37_79b1) >>> 24);
  const { storage, commands } = fake(card);
  assert.deepEqual(await storage.read(7), card.slice(7 * 512, 8 * 512));
  assert.deepEqual(commands[0], "mmc dev 1");
  assert.deepEqual(await storage.read(10, 140), card.slice(10 * 512));
  assert.equal(commands.filter((command) => command.startsWith("md.b")).length, 4);
});

Deno.test("what is not on the card is not read, and nothing is written past the board", async () => {
  const { storage } = fake(new Uint8Array(1024));
  await assert.rejects(storage.read(1, 2), {
    name: "RangeError",
    message: 'Cannot read 2 blocks from "1" of eMMC: it has 2; read what is there',
  });
  await assert.rejects(storage.write(0), /Cannot write block "0" of eMMC: .*run "mmc write"/);
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
