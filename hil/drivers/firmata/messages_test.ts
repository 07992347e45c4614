import assert from "node:assert/strict";
import { Random } from "../../time/mod.ts";
import { encode, type FirmataMessage, FirmataParser, type Sender } from "./messages.ts";

/** One of each, with the bytes that protocol.md gives for it. */
const KNOWN: readonly (readonly [Sender, FirmataMessage, string])[] = [
  ["box", { type: "digital", port: 2, levels: 0b1000_0101 }, "920501"],
  ["box", { type: "analog", pin: 3, value: 0x3ff }, "e37f07"],
  ["host", { type: "report analog", pin: 1, on: false }, "c100"],
  ["host", { type: "report digital", port: 1, on: true }, "d101"],
  ["host", { type: "pin mode", pin: 13, mode: 11 }, "f40d0b"],
  ["host", { type: "pin value", pin: 127, level: 1 }, "f57f01"],
  ["box", { type: "version", major: 2, minor: 5 }, "f90205"],
  ["host", { type: "version request" }, "f9"],
  ["host", { type: "reset" }, "ff"],
  ["host", { type: "sysex", id: 0x79, data: new Uint8Array(0) }, "f079f7"],
  ["box", { type: "sysex", id: 0x6e, data: Uint8Array.of(5, 1, 1) }, "f06e050101f7"],
];

const hex = (text: string) => Uint8Array.fromHex(text);

Deno.test("each message has the bytes of the protocol, there and back", () => {
  for (const [from, message, bytes] of KNOWN) {
    assert.equal(encode(message).toHex(), bytes);
    const parser = new FirmataParser(from);
    assert.deepEqual(parser.take(hex(bytes)), [message]);
    assert.equal(parser.dropped, 0);
  }
});

Deno.test("messages come out however their bytes are cut", () => {
  const all = KNOWN.filter(([from]) => from === "box");
  const bytes = hex(all.map(([, , bytes]) => bytes).join(""));
  for (let size = 1; size <= bytes.length; size++) {
    const parser = new FirmataParser("box");
    const got: FirmataMessage[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      got.push(...parser.take(bytes.subarray(at, at + size)));
    }
    assert.deepEqual(got, all.map(([, message]) => message));
  }
});

Deno.test("a message that another one breaks off is left out, and that one is read", () => {
  const parser = new FirmataParser("box");
  const good = { type: "digital", port: 0, levels: 1 } as const;
  for (const noise of ["00", "f7", "90", "9001", "f0", "f06e05", "f4", "f1", "a0", "f0f7"]) {
    const before = parser.dropped;
    assert.deepEqual(parser.take(hex(`${noise}900100`)), [good], noise);
    assert.equal(parser.dropped - before, noise.length / 2, noise);
  }
});

Deno.test("noise never ends it: memory is bounded, and what is read can be written again", () => {
  const random = new Random(20);
  for (const from of ["box", "host"] as const) {
    const parser = new FirmataParser(from);
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from({ length: 200 }, () => random.next() & 0xff);
      for (const message of parser.take(bytes)) {
        const [again, ...others] = new FirmataParser(from).take(encode(message));
        assert.deepEqual([again, others], [message, []]);
      }
    }
    parser.take(hex("f0"));
    const before = parser.dropped;
    parser.take(new Uint8Array(20_000));
    assert.equal(parser.dropped - before, 20_001, "a message without an end is dropped");
  }
});
