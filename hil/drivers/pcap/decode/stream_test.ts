import assert from "node:assert/strict";
import fc from "fast-check";
import { tcp } from "./_build.ts";
import { decodeTcp, type StreamPiece, TcpStream } from "./mod.ts";

const BYTES = (text: string) => new TextEncoder().encode(text);

function segment(text: string, sequence: number, flags = 0x10) {
  return decodeTcp(tcp(BYTES(text), { sequence: sequence >>> 0, flags }))!;
}

function textOf(pieces: readonly StreamPiece[]): string {
  return pieces.map(({ missing, bytes }) =>
    (missing > 0 ? `[${missing}]` : "") + new TextDecoder().decode(bytes)
  ).join("");
}

Deno.test("a stream's segments in any order, cut anew and repeated, give its bytes once", () => {
  const text = "INVITE sip:600@pbx.example SIP/2.0";
  const cut = fc.record({ at: fc.nat(text.length - 1), length: fc.integer({ min: 1, max: 9 }) });
  const property = fc.property(fc.array(cut), fc.nat(0xffffffff), (cuts, start) => {
    const stream = new TcpStream();
    const begin = stream.push(segment("", start, 2));
    const all = cuts.map(({ at, length }) =>
      stream.push(segment(text.slice(at, at + length), start + 1 + at))
    );
    // What is still lacking comes at last, with all that was there before.
    const rest = stream.push(segment(text, start + 1));
    assert.equal(textOf([...begin, ...all.flat(), ...rest]), text);
    assert.equal(stream.held, 0);
  });
  fc.assert(property, { seed: 6, numRuns: 1000 });
});

Deno.test("a capture that begins in the middle gives what follows", () => {
  const stream = new TcpStream();
  assert.equal(textOf(stream.push(segment("middle", 0xfffffffd))), "middle");
  assert.equal(textOf(stream.push(segment("!", 3))), "!");
});

Deno.test("a gap that is not filled is skipped and said when too much waits for it", () => {
  const stream = new TcpStream({ mostBytes: 8, mostSegments: 100 });
  stream.push(segment("a", 0));
  assert.deepEqual(stream.push(segment("efgh", 4)), []);
  assert.deepEqual(stream.push(segment("mnop", 12)), []);
  assert.equal(textOf(stream.push(segment("ijkl", 8))), "[3]efghijklmnop");
});

Deno.test("segments that wait are bounded by number too", () => {
  const stream = new TcpStream({ mostSegments: 4 });
  stream.push(segment("a", 0));
  for (let i = 1; i < 1000; i++) {
    stream.push(segment("x", 10 * i));
    assert.ok(stream.held <= 4);
  }
});

Deno.test("a SYN begins anew; one that comes again does not", () => {
  const stream = new TcpStream();
  stream.push(segment("", 100, 2));
  assert.equal(textOf(stream.push(segment("one", 101))), "one");
  assert.deepEqual(stream.push(segment("", 100, 2)), []);
  assert.deepEqual(stream.push(segment("one", 101)), []);
  for (const start of [5000, 50]) {
    stream.push(segment("", start, 2));
    assert.equal(textOf(stream.push(segment("two", start + 1))), "two");
  }
});
