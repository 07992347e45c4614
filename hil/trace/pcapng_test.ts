import assert from "node:assert/strict";
import type { TraceEvent } from "./event.ts";
import { formatPcapng, type Packet, packetsOf } from "./pcapng.ts";

/** Broadcast ARP: who has 198.51.100.1? */
const ARP = Uint8Array.fromHex(
  "ffffffffffff90faf1301cbb0806000108000604000190faf1301cbbc6336402000000000000c6336401" +
    "00".repeat(18),
);
const PACKETS: readonly Packet[] = [
  { t: 1_234_567_890, channel: "lan", bytes: ARP },
  { t: 5_000_000_000_123, channel: "lan", bytes: ARP.subarray(0, 21), length: 60, comment: "lost" },
  { t: 5_000_000_000_124, channel: "other", bytes: ARP },
];

/** Blocks by their frames alone, as any reader has to. */
function blocksOf(file: Uint8Array): { type: number; body: DataView }[] {
  const view = new DataView(file.buffer);
  const blocks: { type: number; body: DataView }[] = [];
  for (let at = 0; at < file.length;) {
    const length = view.getUint32(at + 4, true);
    assert.equal(length % 4, 0);
    assert.equal(view.getUint32(at + length - 4, true), length, "the length is there twice");
    blocks.push({
      type: view.getUint32(at, true),
      body: new DataView(file.buffer, at + 8, length - 12),
    });
    at += length;
  }
  return blocks;
}

Deno.test("a file has a section, each interface before its first packet, and the packets", () => {
  const blocks = blocksOf(formatPcapng(PACKETS));
  assert.deepEqual(blocks.map(({ type }) => type), [0x0a0d0d0a, 1, 6, 6, 1, 6]);
  assert.equal(blocks[0]!.body.getUint32(0, true), 0x1a2b3c4d);
});

Deno.test("a packet has its time in nanoseconds, both of its lengths, and its bytes", () => {
  const { body } = blocksOf(formatPcapng(PACKETS))[3]!;
  const words = [0, 4, 8, 12, 16].map((at) => body.getUint32(at, true));
  assert.deepEqual(words, [
    0,
    Math.floor(5_000_000_000_123 / 2 ** 32),
    5_000_000_000_123 % 2 ** 32,
    21,
    60,
  ]);
  const bytes = new Uint8Array(body.buffer, body.byteOffset + 20, 21);
  assert.deepEqual(bytes, ARP.subarray(0, 21));
});

Deno.test("a trace's packets are the signals that carry a frame", () => {
  const base = { type: "signal", channel: "lan", kind: "frame" } as const;
  const events: TraceEvent[] = [
    { seq: 1, t: 7, ...base, data: { frame: ARP.toBase64(), length: 60, comment: "lost" } },
    { seq: 2, t: 8, ...base, data: { level: 1 } },
    { seq: 3, t: 9, ...base },
    { seq: 4, t: 9, type: "log", level: "info", text: "frame" },
  ];
  assert.deepEqual([...packetsOf(events)], [
    { t: 7, channel: "lan", bytes: ARP, length: 60, comment: "lost" },
  ]);
});

Deno.test("packets of another link type have an interface of their own, with its number", () => {
  const base = { seq: 1, t: 7, type: "signal", channel: "any", kind: "packet" } as const;
  const packets = [...packetsOf([
    { ...base, data: { frame: ARP.toBase64() } },
    { ...base, data: { frame: ARP.toBase64(), linkType: 113 } },
  ])];
  assert.deepEqual(packets.map(({ linkType }) => linkType), [undefined, 113]);
  const blocks = blocksOf(formatPcapng(packets));
  const interfaces = blocks.filter(({ type }) => type === 1);
  assert.deepEqual(interfaces.map(({ body }) => body.getUint16(0, true)), [1, 113]);
  assert.deepEqual(
    blocks.filter(({ type }) => type === 6).map(({ body }) => body.getUint32(0, true)),
    [
      0,
      1,
    ],
  );
});

Deno.test("no packets are a file too", () => {
  assert.deepEqual(blocksOf(formatPcapng([])).map(({ type }) => type), [0x0a0d0d0a]);
});

function hasTool(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

async function read(tool: string, args: (file: string) => string[]): Promise<string> {
  const file = await Deno.makeTempFile({ suffix: ".pcapng" });
  try {
    await Deno.writeFile(file, formatPcapng(PACKETS, { comment: "seed 1" }));
    const { stdout } = await new Deno.Command(tool, { args: args(file), stderr: "null" }).output();
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test({
  name: "capinfos reads what it is and when",
  ignore: !hasTool("capinfos"),
  fn: async () => {
    const text = await read("capinfos", (file) => ["-M", file]);
    assert.match(text, /pcapng/);
    assert.match(text, /Number of packets: +3\n/);
    assert.match(text, /nanoseconds \(9\)/);
    assert.match(text, /seed 1/);
  },
});

Deno.test({
  name: "tshark reads times, interfaces, comments and what is in the packets",
  ignore: !hasTool("tshark"),
  fn: async () => {
    const fields = [
      "frame.time_relative",
      "frame.interface_name",
      "frame.comment",
      "arp.dst.proto_ipv4",
    ];
    const text = await read("tshark", (file) => [
      ...["-r", file, "-T", "fields"],
      ...fields.flatMap((field) => ["-e", field]),
    ]);
    assert.deepEqual(text.split("\n").slice(0, 3).map((line) => line.split("\t")), [
      ["0.000000000", "lan", "", "198.51.100.1"],
      ["4998.765432233", "lan", "lost", ""],
      ["4998.765432234", "other", "", "198.51.100.1"],
    ]);
  },
});
