import assert from "node:assert/strict";
import fc from "fast-check";
import { formatPcapng } from "../../trace/mod.ts";
import { CaptureFileError } from "./error.ts";
import { readCapture } from "./file.ts";
import type { CapturedPacket } from "./packet.ts";

const HELLO = new TextEncoder().encode("hello");

function pcap(
  { little = true, magic = 0xa1b23c4d, linkType = 1, fraction = 123 } = {},
): Uint8Array {
  const view = new DataView(new ArrayBuffer(24 + 16 + HELLO.length));
  const words = [
    magic,
    0x00020004,
    0,
    0,
    65535,
    linkType,
    1_700_000_000,
    fraction,
    HELLO.length,
    90,
  ];
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word, little);
  const file = new Uint8Array(view.buffer);
  file.set(HELLO, 40);
  return file;
}

function read(file: Uint8Array): CapturedPacket[] {
  return [...readCapture(file)];
}

Deno.test("pcap of both byte orders and both units of time is read", () => {
  const packet = { linkType: 1, seconds: 1_700_000_000, bytes: HELLO, length: 90 };
  for (const little of [true, false]) {
    assert.deepEqual(read(pcap({ little })), [{ ...packet, nanoseconds: 123 }]);
    assert.deepEqual(read(pcap({ little, magic: 0xa1b2c3d4 })), [{
      ...packet,
      nanoseconds: 123e3,
    }]);
  }
});

Deno.test("libpcap's own numbers for raw packets, and bits beside the link type, are understood", () => {
  assert.equal(read(pcap({ linkType: 12 }))[0]!.linkType, 101);
  assert.equal(read(pcap({ linkType: 0x2400_0001 }))[0]!.linkType, 1);
});

Deno.test("what the trace exports as pcapng comes back", () => {
  const file = formatPcapng([
    { t: 1_234_567_890, channel: "lan", bytes: HELLO },
    {
      t: 5_000_000_000_123,
      channel: "wan",
      bytes: HELLO.subarray(0, 3),
      length: 60,
      comment: "lost",
    },
  ]);
  assert.deepEqual(read(file), [
    { linkType: 1, seconds: 1, nanoseconds: 234567890, bytes: HELLO, length: 5, interface: "lan" },
    {
      linkType: 1,
      seconds: 5000,
      nanoseconds: 123,
      bytes: HELLO.subarray(0, 3),
      length: 60,
      interface: "wan",
      comment: "lost",
    },
  ]);
});

/** Blocks of big-endian words. */
function pcapng(...blocks: readonly (readonly number[])[]): Uint8Array {
  const bytes = blocks.flatMap(([type, ...body]) => {
    const length = 12 + 4 * body.length;
    return [type!, length, ...body, length];
  });
  const view = new DataView(new ArrayBuffer(4 * bytes.length));
  bytes.forEach((word, i) => view.setUint32(4 * i, word));
  return new Uint8Array(view.buffer);
}

const SECTION = [0x0a0d0d0a, 0x1a2b3c4d, 0x00010000, 0xffffffff, 0xffffffff];

Deno.test("big-endian pcapng, binary time units, a time offset and simple packets are read", () => {
  const options = [0x00090001, 0x8a000000, 0x000e0008, 0, 1000, 0];
  const file = pcapng(
    SECTION,
    [1, 0x01140000, 2, ...options],
    [6, 0, 0, 1024 + 512, 4, 4, 0x61626364],
    [3, 4, 0x65660000],
    [0x0bad, 1, 2, 3],
  );
  assert.deepEqual(read(file), [
    {
      linkType: 276,
      seconds: 1001,
      nanoseconds: 5e8,
      bytes: HELLO.map((_, i) => 97 + i).slice(0, 4),
      length: 4,
    },
    { linkType: 276, seconds: 0, nanoseconds: 0, bytes: Uint8Array.of(101, 102), length: 4 },
  ]);
});

Deno.test("a file that is none, and one that was cut off, say where and why", () => {
  const messages: readonly (readonly [Uint8Array, RegExp])[] = [
    [HELLO, /^Cannot read the capture at byte "0": it begins like neither pcap nor pcapng; let/],
    [HELLO.subarray(0, 2), /it has no four bytes/],
    [pcap().subarray(0, 20), /at byte "0": it ends in its header/],
    [pcap().subarray(0, 30), /at byte "24": it ends in a packet's header/],
    [pcap().subarray(0, 44), /at byte "24": it ends in a packet;/],
    [pcap({ fraction: 1e9 }), /a time has a second too many/],
    [pcapng(SECTION, [6, 0, 0, 0, 0, 0]), /at byte "28": a packet is of interface 0, which/],
    [pcapng(SECTION, [1, 0, 0], [6, 0, 0, 0, 9, 9, 0]), /a packet is longer than its block/],
    [pcapng([0x0a0d0d0a, 1, 2, 3, 4]), /it has no byte order/],
    [pcapng(SECTION).subarray(0, 24), /it ends in a block/],
  ];
  for (const [file, message] of messages) assert.throws(() => read(file), { message });
});

Deno.test("packets before the cut are given", () => {
  const file = Uint8Array.of(...pcap(), 1, 2, 3);
  const packets = readCapture(file);
  assert.deepEqual(packets.next().value!.bytes, HELLO);
  assert.throws(() => packets.next(), CaptureFileError);
});

Deno.test("no bytes make the reader throw anything else, hang, or read outside of them", () => {
  const whole = [
    pcap(),
    pcap({ little: false, magic: 0xa1b2c3d4 }),
    pcapng(SECTION, [1, 0x01140000, 2, 0x00090001, 0x8a000000], [6, 0, 0, 9, 4, 4, 7], [3, 4, 7]),
    formatPcapng([{ t: 7, channel: "lan", bytes: HELLO, comment: "lost" }]),
  ];
  const property = fc.property(
    fc.constantFrom(...whole),
    fc.array(fc.tuple(fc.nat(200), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 4, 255)))),
    fc.nat(250),
    (good, edits, length) => {
      const file = good.slice(0, length);
      for (const [at, value] of edits) if (at < file.length) file[at] = value;
      try {
        for (const { bytes, nanoseconds } of readCapture(file)) {
          assert.ok(bytes.length <= file.length);
          assert.ok(nanoseconds >= 0 && nanoseconds < 1e9);
        }
      } catch (error) {
        assert.ok(error instanceof CaptureFileError, String(error));
      }
    },
  );
  fc.assert(property, { seed: 6, numRuns: 20_000 });
});

const hasTcpdump = await new Deno.Command("tcpdump", { args: ["--version"], stderr: "null" })
  .output().then(({ success }) => success, () => false);

Deno.test({
  name: "what tcpdump makes of a pcapng file is read alike",
  ignore: !hasTcpdump,
  async fn() {
    const t = 5_000_000_123_000;
    const file = await Deno.makeTempFile({ suffix: ".pcapng" });
    try {
      await Deno.writeFile(file, formatPcapng([{ t, channel: "lan", bytes: HELLO, length: 60 }]));
      const args = ["-r", file, "-w", "-"];
      const { stdout } = await new Deno.Command("tcpdump", { args, stderr: "null" }).output();
      assert.deepEqual(read(stdout), [
        { linkType: 1, seconds: 5000, nanoseconds: 123_000, bytes: HELLO, length: 60 },
      ]);
    } finally {
      await Deno.remove(file);
    }
  },
});
