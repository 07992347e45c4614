import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "hil/time/mod.ts";
import { BanEngine } from "../core/mod.ts";
import { answer, frame, framed, Lan, request } from "./_lan.ts";
import { Framer } from "./framer.ts";
import { Watcher } from "./watcher.ts";

const TEXT = new TextEncoder();
const message = (n: number) =>
  answer("203.0.113.9", n, 1, 403).replace(/0\r\n\r\n$/, "3\r\n\r\nabc");
const HANDSHAKE = "GET /ws HTTP/1.1\r\nHost: pbx\r\n\r\n";

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function cutAnywhere(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const framer = new Framer();
  const at = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  return at.slice(1).flatMap((end, i) => framer.push(bytes.subarray(at[i], end)))
    .map((found) => new TextDecoder().decode(found));
}

Deno.test("messages of a stream are found however it is cut, several in a segment", () => {
  const three = [1, 2, 3].map(message);
  const stream = TEXT.encode(`${three[0]}\r\n\r\n${three[1]}${three[2]}`);
  const frames = [
    TEXT.encode(HANDSHAKE),
    frame(TEXT.encode(three[0]!), true),
    frame(Uint8Array.of(), true, 0x89), // a ping between
    frame(TEXT.encode(three[1]!.slice(0, 99)), true, 0x01),
    frame(Uint8Array.of(), false, 0x8a),
    frame(TEXT.encode(three[1]!.slice(99)), true, 0x80),
    frame(TEXT.encode(three[2]!), false, 0x82),
  ];
  fc.assert(
    fc.property(fc.array(fc.nat(2000), { maxLength: 9 }), (cuts) => {
      assert.deepEqual(cutAnywhere(stream, cuts), three);
      assert.deepEqual(cutAnywhere(join(frames), cuts), three);
    }),
    { seed: 6, numRuns: 200 },
  );
});

Deno.test("the head of a handshake is kept, that of SIP is not", () => {
  const framer = new Framer();
  framer.push(TEXT.encode(HANDSHAKE));
  assert.deepEqual([framer.kind, new TextDecoder().decode(framer.handshake)], [
    "websocket",
    HANDSHAKE,
  ]);
  const sip = new Framer();
  sip.push(TEXT.encode(message(1)));
  assert.deepEqual([sip.kind, sip.handshake], ["sip", undefined]);
});

Deno.test("what nobody can read costs no memory: TLS, compressed or endless frames, endless heads", () => {
  const endless = [
    [Uint8Array.of(22, 3, 1, 2, 0), new Uint8Array(9000)],
    [TEXT.encode(HANDSHAKE), Uint8Array.of(0xc1, 5), new Uint8Array(9000)],
    [TEXT.encode(HANDSHAKE), Uint8Array.of(0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255)],
    [TEXT.encode(HANDSHAKE), frame(Uint8Array.of(), false, 0x01)],
    [TEXT.encode(HANDSHAKE), frame(Uint8Array.of(65), false, 0x00)],
    [TEXT.encode("SIP/2.0 200 OK\r\n"), TEXT.encode("X: y\r\n")],
    [TEXT.encode("SIP/2.0 200 OK\r\nContent-Length: 999999999\r\n\r\n"), new Uint8Array(999)],
  ];
  for (const [begin, again] of endless) {
    const framer = new Framer();
    framer.push(begin!);
    for (let i = 0; i < 2000; i++) {
      framer.push(again ?? Uint8Array.of());
      assert.ok(framer.held <= 140_000, `${framer.held}`);
    }
  }
});

Deno.test("a gap in a stream costs what was begun, and no more", () => {
  const framer = new Framer();
  framer.push(TEXT.encode(message(1).slice(0, 50)));
  framer.gap();
  const found = framer.push(TEXT.encode(message(2)));
  assert.equal(new TextDecoder().decode(found[0]), message(2));
});

Deno.test("no packets whatever make the watcher throw or hold on to memory", () => {
  const shapes = Object.values(framed);
  const engine = new BanEngine({ own: ["198.51.100.1"], maxHosts: 50, maxTransactions: 50 });
  const watcher = new Watcher(engine, { proxies: ["203.0.113.5"] });
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed);
      const host = `203.0.113.${random.below(9)}`;
      const lan = new Lan({
        host,
        pbx: "198.51.100.1",
        shape: shapes[random.below(shapes.length)]!,
      });
      const packets = lan.guess(1 + random.below(3));
      packets.push(...lan.say("out", request(host, 1, 1, "")));
      for (const packet of packets) {
        if (random.below(4) === 0) continue; // lost
        const bytes = packet.bytes.slice(0, random.below(9) ? undefined : random.below(80));
        for (let n = random.below(4); n > 0 && bytes.length > 0; n--) {
          bytes[random.below(bytes.length)] = random.below(256);
        }
        watcher.see({ ...packet, bytes, seconds: seed % 1000 });
      }
    }),
    { seed: 6, numRuns: 600 },
  );
  assert.ok(watcher.counts.messages > 500, `${watcher.counts.messages}`);
});
