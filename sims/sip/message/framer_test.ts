import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeRawFrame } from "sims/websocket/core/mod.ts";
import { Framer } from "./framer.ts";

const TEXT = new TextEncoder();
const HANDSHAKE = "GET /ws HTTP/1.1\r\nHost: pbx\r\n\r\n";

function message(n: number): string {
  return `SIP/2.0 403 No\r\nVia: SIP/2.0/TCP 203.0.113.9:5060;branch=z9hG4bK${n}\r\n` +
    `From: <sip:1000@pbx>;tag=f\r\nCall-ID: call${n}\r\nCSeq: 1 REGISTER\r\n` +
    "Content-Length: 3\r\n\r\nabc";
}

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
    encodeRawFrame({ opcode: 1, payload: three[0]! }),
    encodeRawFrame({ opcode: 9 }), // a ping between
    encodeRawFrame({ opcode: 1, fin: false, payload: three[1]!.slice(0, 99) }),
    encodeRawFrame({ opcode: 10, mask: "none" }),
    encodeRawFrame({ opcode: 0, payload: three[1]!.slice(99) }),
    encodeRawFrame({ opcode: 2, mask: "none", payload: three[2]! }),
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
    [TEXT.encode(HANDSHAKE), encodeRawFrame({ opcode: 1, fin: false, mask: "none" })],
    [TEXT.encode(HANDSHAKE), encodeRawFrame({ opcode: 0, fin: false, mask: "none", payload: "A" })],
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

Deno.test("from the first TLS record or compressed frame on nothing is read", () => {
  for (const first of [[22, 3, 1, 2, 0], [...TEXT.encode(HANDSHAKE), 0xc1, 5]]) {
    const framer = new Framer();
    const rest = encodeRawFrame({ opcode: 1, payload: message(1) });
    assert.deepEqual(framer.push(Uint8Array.of(...first, ...new Uint8Array(9), ...rest)), []);
    assert.equal(framer.kind, "other");
  }
});

Deno.test("a gap in a stream costs what was begun, and no more", () => {
  const framer = new Framer();
  framer.push(TEXT.encode(message(1).slice(0, 50)));
  framer.gap();
  const found = framer.push(TEXT.encode(message(2)));
  assert.equal(new TextDecoder().decode(found[0]), message(2));
});
