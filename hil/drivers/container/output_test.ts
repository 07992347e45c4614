import assert from "node:assert/strict";
import { Random } from "../../time/mod.ts";
import { ContainerError } from "./error.ts";
import { FrameReader, LineSplitter } from "./output.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

function frame(stream: number, text: string): Uint8Array {
  const body = bytesOf(text);
  const head = new Uint8Array(8);
  head[0] = stream;
  new DataView(head.buffer).setUint32(4, body.length);
  return new Uint8Array([...head, ...body]);
}

/** `bytes` in pieces of a length by chance. */
function* pieces(bytes: Uint8Array, random: Random): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const size = 1 + random.below(7);
    yield bytes.subarray(at, at += size);
  }
}

Deno.test("frames are the same however the connection cuts them", () => {
  const sent: [number, string][] = [[1, "one\n"], [2, ""], [2, "ä error"], [1, "x".repeat(300)]];
  const bytes = new Uint8Array(sent.flatMap(([stream, text]) => [...frame(stream, text)]));
  for (let seed = 0; seed < 50; seed++) {
    const reader = new FrameReader();
    const got = [...pieces(bytes, new Random(seed))].flatMap((piece) => reader.push(piece));
    const said = got.map(({ stream, bytes }) => [stream, new TextDecoder().decode(bytes)]);
    assert.deepEqual(said, [
      ["stdout", "one\n"],
      ["stderr", ""],
      ["stderr", "ä error"],
      ["stdout", "x".repeat(300)],
    ]);
    assert.ok(reader.atBoundary);
  }
});

Deno.test("what is no frame is refused, and what is half of one waits", () => {
  const reader = new FrameReader();
  assert.deepEqual(reader.push(frame(1, "half").subarray(0, 10)), []);
  assert.ok(!reader.atBoundary);
  assert.throws(() => new FrameReader().push(bytesOf("HTTP/1.1 200 OK")), {
    name: "ContainerError",
    message: 'Cannot read output of a container: "485454502f312e31" is no head of a frame; ' +
      "make the container without a terminal",
  });
  for (const head of ["0900000000000000", "0100010000000001", "01000000ffffffff"]) {
    assert.throws(() => new FrameReader().push(Uint8Array.fromHex(head)), ContainerError, head);
  }
});

Deno.test("any bytes are frames or are refused", () => {
  const random = new Random(8);
  for (let n = 0; n < 2000; n++) {
    const bytes = new Uint8Array(random.below(40)).map(() => random.below(6) && random.below(256));
    const reader = new FrameReader();
    try {
      for (const piece of pieces(bytes, random)) reader.push(piece);
    } catch (error) {
      assert.ok(error instanceof ContainerError, `${error}`);
    }
  }
});

Deno.test("lines are whole, letters too, and the last one needs no end", () => {
  const bytes = bytesOf("grün\r\n\nlast ✓");
  for (let seed = 0; seed < 20; seed++) {
    const lines = new LineSplitter();
    const got = [...pieces(bytes, new Random(seed))].flatMap((piece) => lines.push(piece));
    assert.deepEqual([...got, ...lines.end()], ["grün", "", "last ✓"]);
    assert.deepEqual(lines.end(), []);
  }
});
