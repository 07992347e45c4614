import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { formatPacket, type Packet, parsePacket } from "./packet.ts";

const PACKETS: readonly Packet[] = [
  { type: "RRQ", file: "os.bin", mode: "octet", options: new Map() },
  { type: "WRQ", file: "a/ü", mode: "netascii", options: new Map([["blksize", "1468"]]) },
  { type: "DATA", block: 0xabcd, data: Uint8Array.of(1, 2, 3) },
  { type: "DATA", block: 1, data: new Uint8Array() },
  { type: "ACK", block: 65535 },
  { type: "ERROR", code: 1, message: "File not found" },
  { type: "OACK", options: new Map([["tsize", "0"], ["timeout", "5"]]) },
];

for (const packet of PACKETS) {
  Deno.test(`${packet.type} ${"block" in packet ? packet.block : ""} is read as it was written`, () => {
    assert.deepEqual(parsePacket(formatPacket(packet)), packet);
  });
}

Deno.test("packets lie on the line as RFC 1350 draws them", () => {
  const hex = (packet: Packet) => formatPacket(packet).toHex();
  assert.equal(hex(PACKETS[0]!), "00016f732e62696e006f6374657400");
  assert.equal(hex(PACKETS[2]!), "0003abcd010203");
  assert.equal(hex(PACKETS[4]!), "0004ffff");
});

Deno.test("mode and names of options count in any case, and of two options the first", () => {
  const bytes = new TextEncoder().encode("\0\x01f\0OCTET\0BlkSize\x001024\0blksize\x00512\0");
  assert.deepEqual(parsePacket(bytes), {
    type: "RRQ",
    file: "f",
    mode: "octet",
    options: new Map([["blksize", "1024"]]),
  });
});

const BROKEN: Readonly<Record<string, string>> = {
  "nothing": "",
  "half a header": "\0\x04\0",
  "an unknown opcode": "\0\x07\0\0",
  "an opcode past 255": "\x01\x01f\0octet\0",
  "no end of the last string": "\0\x01f\0octet",
  "no mode": "\0\x01f\0",
  "no file": "\0\x01\0octet\0",
  "an option without a value": "\0\x01f\0octet\0blksize\0",
  "a request of 2 KB": `\0\x01${"f".repeat(2000)}\0octet\0`,
  "an OACK that is cut off": "\0\x06blksize\x00512",
};
for (const [what, text] of Object.entries(BROKEN)) {
  Deno.test(`${what} is no packet`, () => {
    assert.equal(parsePacket(new TextEncoder().encode(text)), undefined);
  });
}

Deno.test("any bytes are read or refused, and what was read stays the same", () => {
  const random = new Random("tftp packets");
  for (let i = 0; i < 20_000; i++) {
    const seedling = formatPacket(PACKETS[random.below(PACKETS.length)]!);
    const bytes = seedling.slice(0, random.below(seedling.length + 1));
    for (let flips = random.below(4); flips > 0 && bytes.length > 0; flips--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const packet = parsePacket(bytes);
    if (packet) assert.deepEqual(parsePacket(formatPacket(packet)), packet);
  }
});
