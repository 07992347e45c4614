import { deepEqual, equal, ok } from "node:assert/strict";
import { Random } from "../../time/mod.ts";
import { redactFile } from "./attachments.ts";
import { redactFrame } from "./packets.ts";
import { fromLatin1, latin1, Redactor } from "./redactor.ts";

const SECRET = "hunter2-again";

function redactor(): Redactor {
  const made = new Redactor();
  made.learn(`password=${SECRET}`);
  return made;
}

/** One's complement sum (RFC 1071) of words. */
function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += (bytes[at]! << 8) + (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

/** IPv6 with TCP, as it is without a link layer; its checksum is right. */
function tcp6(payload: string): Uint8Array {
  const data = latin1(payload), length = 20 + data.length;
  const packet = new Uint8Array(40 + length);
  const view = new DataView(packet.buffer);
  packet.set([0x60, 0, 0, 0, length >> 8, length & 255, 6, 64]);
  packet.set(
    Uint8Array.fromHex("2a02810800990000000000000000001f2a028108009900000000000000000020"),
    8,
  );
  packet.set([0x13, 0xc4, 0x13, 0xc4, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0], 40);
  packet.set(data, 60);
  view.setUint16(56, ~checksum6(packet));
  return packet;
}

/** All ones when the checksum is right. */
function checksum6(packet: Uint8Array): number {
  const length = packet.length - 40;
  return sum(
    new Uint8Array([
      ...packet.subarray(8),
      ...(length % 2 ? [0] : []),
      0,
      6,
      length >> 8,
      length & 255,
    ]),
  );
}

Deno.test("a segment over IPv6 keeps its checksum, whatever its length", () => {
  for (const more of ["", "!"]) {
    const packet = tcp6(`GET /?p=${SECRET}${more}`);
    equal(checksum6(packet), 0xffff);
    const out = redactFrame(packet, 101, redactor());
    equal(checksum6(out), 0xffff);
    equal(out.length, packet.length);
    ok(!fromLatin1(out).includes(SECRET) && !out.toHex().includes("2a028108"));
    // One network still.
    deepEqual(out.subarray(8, 22), out.subarray(24, 38));
  }
});

Deno.test("a packet with a wrong checksum has a wrong one afterwards, and one cut off needs no more", () => {
  const packet = tcp6(`GET /?p=${SECRET}`);
  packet[57] = packet[57]! ^ 1;
  ok(checksum6(redactFrame(packet, 101, redactor())) !== 0xffff);
  const whole = redactFrame(tcp6(`GET /?p=${SECRET} HTTP/1.1`), 101, redactor());
  const cut = redactFrame(tcp6(`GET /?p=${SECRET} HTTP/1.1`).subarray(0, 90), 101, redactor());
  deepEqual(cut, whole.subarray(0, 90));
});

Deno.test("ARP and Ethernet lose their addresses; broadcast stays", () => {
  const arp = Uint8Array.fromHex(
    "ffffffffffff001b213c9df80806000108000604000100" + "1b213c9df80a141e280000000000000a141e29",
  );
  const out = redactFrame(arp, 1, redactor());
  equal(out.subarray(0, 6).toHex(), "ffffffffffff");
  deepEqual(out.subarray(6, 12), out.subarray(22, 28));
  ok(!out.toHex().includes("001b213c9df8") && !out.toHex().includes("0a141e"));
  equal(out.subarray(32, 38).toHex(), "000000000000");
});

/** The older format, of both byte orders (draft-ietf-opsawg-pcap). */
function pcap(packet: Uint8Array, little: boolean): Uint8Array {
  const file = new Uint8Array(40 + packet.length);
  const view = new DataView(file.buffer);
  const words = [0xa1b2c3d4, 0x00020004, 0, 0, 65535, 101, 5, 6, packet.length, packet.length];
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word, little);
  file.set(packet, 40);
  return file;
}

Deno.test("a capture of the older format is redacted by its packets, and so is its broken end", () => {
  const packet = tcp6(`GET /?p=${SECRET} HTTP/1.1`);
  for (const little of [false, true]) {
    const { treatment, bytes } = redactFile(pcap(packet, little), redactor());
    equal(treatment, "as a capture");
    deepEqual(bytes!.subarray(40), redactFrame(packet, 101, redactor()));
    const cut = redactFile(pcap(packet, little).subarray(0, -3), redactor());
    ok(!fromLatin1(cut.bytes!).includes(SECRET));
  }
});

Deno.test("whatever a packet or a file is, it keeps its length and nothing throws", () => {
  for (let seed = 0; seed < 500; seed++) {
    const random = new Random(seed);
    const base = random.chance(0.5) ? tcp6(`x ${SECRET}`) : pcap(tcp6("x"), random.chance(0.5));
    const bytes = base.subarray(0, random.below(base.length + 1)).slice();
    for (let i = 0; i < random.below(6) && bytes.length > 0; i++) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const linkType = [0, 1, 101, 113, 276][random.below(5)]!;
    equal(redactFrame(bytes, linkType, redactor()).length, bytes.length, `seed ${seed}`);
    const file = redactFile(bytes, redactor());
    equal(file.bytes?.length ?? bytes.length, bytes.length, `seed ${seed}`);
    const block = new Uint8Array([...Uint8Array.fromHex("0a0d0d0a1c0000004d3c2b1a"), ...bytes]);
    equal(redactFile(block, redactor()).bytes?.length, block.length, `seed ${seed}`);
  }
});
