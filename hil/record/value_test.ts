import assert from "node:assert/strict";
import { ms, Random } from "../time/mod.ts";
import type { Json } from "../trace/event.ts";
import { decode, Opaque, referenceOf, ValueError } from "./decode.ts";
import { encode, encodeWithReferences, LARGEST_INLINE } from "./value.ts";

/** As a trace does it. */
function kept(value: unknown): unknown {
  return decode(JSON.parse(JSON.stringify(encode(value))) as Json);
}

const VALUES: Readonly<Record<string, unknown>> = {
  "JSON": { a: [1, "two", null, true], b: { c: -1.5 } },
  "undefined, also in a list and an object": { a: undefined, b: [undefined, 1], c: {} },
  "numbers that JSON has not": [NaN, Infinity, -Infinity, -0, 0],
  "a bigint": 2n ** 70n,
  "a duration": { within: ms(5) },
  "a date, and an invalid one": [new Date(1_764_000_000_123), new Date(NaN)],
  "patterns": [/a(?<b>c)\/"/giu, /^$/],
  "bytes": new Uint8Array([0, 255, 128]),
  "other views": [new Float64Array([1.5, NaN]), new Int16Array([-1]), new ArrayBuffer(3)],
  "a map": new Map<unknown, unknown>([["a", 1], [ms(1), new Set([undefined])]]),
  "an object with $": { $: "bytes", base64: "AA==" },
  "an object whose key is __proto__": JSON.parse('{"__proto__":{"x":1},"a":2}'),
  "texts that are hard to write": ["\ud800", "\0\u2028", "é".normalize("NFD")],
};

for (const [what, value] of Object.entries(VALUES)) {
  Deno.test(`${what} comes back from a trace as it was`, () => {
    assert.deepEqual(kept(value), value);
  });
}

Deno.test("a field that is undefined is there, and one that is not is not", () => {
  assert.deepEqual(Object.keys(kept({ a: undefined }) as object), ["a"]);
});

Deno.test("part of a buffer is that part alone", () => {
  const buffer = new Uint8Array([1, 2, 3, 4]);
  const part = kept(buffer.subarray(1, 3)) as Uint8Array;
  assert.deepEqual([...part, part.buffer.byteLength], [2, 3, 2]);
});

Deno.test("what cannot be told is opaque, and nothing is thrown because of it", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const throwing = new Proxy({}, {
    ownKeys() {
      throw new Error("not for you");
    },
  });
  class Pump {}
  const values = [new Pump(), Symbol("s"), () => 1, cycle, throwing, new WeakMap()];
  assert.deepEqual(encode(values), [
    { $: "opaque", is: "Pump" },
    { $: "opaque", is: "Symbol" },
    { $: "opaque", is: "Function" },
    { self: { $: "opaque", is: "cycle" } },
    { $: "opaque", is: "unreadable" },
    { $: "opaque", is: "WeakMap" },
  ]);
  assert.deepEqual(decode({ $: "opaque", is: "Pump" }), new Opaque("Pump"));
});

Deno.test("an object twice in a value is no cycle", () => {
  const at = { lba: 7 };
  assert.deepEqual(encode([at, at]), [{ lba: 7 }, { lba: 7 }]);
});

Deno.test("a structure without end is cut off", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 10_000; i++) deep = { deep };
  assert.match(JSON.stringify(encode(deep)), /"too deep"/);
});

Deno.test("who knows an object is asked for it by its path, before it is looked into", () => {
  const phone = new Map();
  const asked: string[] = [];
  const encoded = encodeWithReferences({ phones: [phone], at: 1 }, {
    reference: (value, path) => {
      asked.push(path);
      return value === phone ? { $: "object", is: "#3.phones.0" } : undefined;
    },
  });
  const reference = { $: "object", is: "#3.phones.0" };
  assert.deepEqual(encoded, { json: { phones: [reference], at: 1 }, references: true });
  assert.deepEqual(asked, ["", "phones", "phones.0"]);
  assert.deepEqual(referenceOf(reference), reference);
  assert.deepEqual(decode(encoded.json, { reference: ({ is }) => is }), {
    phones: ["#3.phones.0"],
    at: 1,
  });
});

/** Files beside a trace. */
function shelf() {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    keep: (content: Uint8Array, ending: string) => {
      const name = `blob-${`${files.size}`.padStart(16, "0")}.${ending}`;
      files.set(name, content.slice());
      return name;
    },
    file: (name: string) => files.get(name)!,
  };
}

Deno.test("bytes that are many are a file, and come back from it", () => {
  const { files, keep, file } = shelf();
  const image = new Uint8Array(LARGEST_INLINE + 1).fill(7);
  const json = encode({ image, few: new Uint8Array(2) }, { keep });
  assert.deepEqual(json, {
    image: { $: "bytes", file: "blob-0000000000000000.bin", length: LARGEST_INLINE + 1 },
    few: { $: "bytes", base64: "AAA=" },
  });
  assert.deepEqual([...files.values()], [image]);
  assert.deepEqual(decode(json, { file }), { image, few: new Uint8Array(2) });
});

Deno.test("a long text, and many small values, are a file", () => {
  const long = "x".repeat(LARGEST_INLINE);
  for (const value of [`\ufeffé${long}`, `\ud800${long}`, new Array(200_000).fill(undefined)]) {
    const { keep, file } = shelf();
    const json = encode(value, { keep });
    assert.ok(JSON.stringify(json).length < 100);
    assert.deepEqual(decode(json, { file }), value);
  }
});

const BAD: readonly (readonly [Json, RegExp])[] = [
  [{ $: "hat" }, /Cannot decode the value "\{"\$":"hat"\}": the kind "hat" is unknown; record/],
  [{ $: "toString" }, /the kind "toString" is unknown/],
  [{ $: 5 }, /the kind 5 is unknown/],
  [{ $: "number", is: "7" }, /that is no such number/],
  [{ $: "bigint", is: "0x1" }, /that is no whole number/],
  [{ $: "duration", ns: -1 }, /Cannot make a duration of "-1" ns/],
  [{ $: "regexp", source: "(", flags: "" }, /Invalid regular expression/],
  [{ $: "bytes", base64: "?" }, /base64/i],
  [{ $: "bytes", base64: "AAA=", of: "Float64Array" }, /multiple of 8/],
  [{ $: "bytes", base64: "", of: "constructor" }, /there is no view "constructor"/],
  [{ $: "bytes", file: "../../etc/passwd", length: 1 }, /no name of a file beside a trace/],
  [{ $: "bytes", file: "blob-0123456789abcdef.bin", length: 1 }, /nobody here reads the files/],
  [{ $: "map", entries: [1] }, /an entry is no pair/],
  [{ $: "plain", entries: [[1, 2]] }, /a key is no text/],
  [{ $: "set" }, /its "entries" is no list/],
  [{ $: "error", name: "Error" }, /its "message" is no text/],
  [{ $: "error", name: "E", message: "", fields: [] }, /its "fields" is no object/],
  [{ $: "object" }, /it has no key/],
  [{ $: "object", is: "board" }, /nobody here knows what it is/],
];

for (const [json, why] of BAD) {
  Deno.test(`what is no value says so: ${JSON.stringify(json)}`, () => {
    assert.throws(() => decode(json), (error: Error) => {
      assert.ok(error instanceof ValueError, error.name);
      assert.match(error.message, why);
      return true;
    });
  });
}

Deno.test("a file of another length, and one that is not there, is told", () => {
  const json = { $: "bytes", file: "blob-0123456789abcdef.bin", length: 2 };
  const with_ = (file: () => Uint8Array) => () => decode(json, { file });
  assert.throws(with_(() => new Uint8Array(1)), /the file has 1 bytes/);
  const missing = () => {
    throw new Deno.errors.NotFound("no such file");
  };
  assert.throws(with_(missing), { name: "ValueError", message: /no such file/ });
});

/** JSON with all the words of the encoding at random places. */
function randomJson(random: Random, depth = 0): Json {
  const word = () => WORDS[random.below(WORDS.length)]!;
  const inner = () => randomJson(random, depth + 1);
  switch (random.below(depth > 4 ? 3 : 6)) {
    case 0:
      return word();
    case 1:
      return (random.below(200) - 100) / 4;
    case 2:
      return random.chance(0.5) ? null : random.chance(0.5);
    case 3:
      return Array.from({ length: random.below(4) }, inner);
    default: {
      const fields = Array.from({ length: random.below(4) }, () => [word(), inner()] as const);
      return { ...(random.chance(0.8) && { $: word() }), ...Object.fromEntries(fields) };
    }
  }
}

// deno-fmt-ignore
const WORDS = ["undefined", "number", "bigint", "duration", "date", "regexp", "bytes", "json", "map",
  "set", "plain", "error", "throws", "object", "promise", "function", "opaque", "is", "ns", "ms",
  "source", "flags", "base64", "file", "length", "of", "entries", "name", "message", "fields", "$",
  "__proto__", "constructor", "NaN", "AAAA", "Int8Array", "blob-0123456789abcdef.json", "-1", "[", ""];

Deno.test("whatever JSON comes, it is decoded, thrown on purpose, or refused clearly", () => {
  let refused = 0;
  for (let seed = 0; seed < 20_000; seed++) {
    const json = randomJson(new Random(seed));
    try {
      decode(json, { reference: ({ is }) => is, file: () => new TextEncoder().encode("[1]") });
    } catch (error) {
      const thrown = JSON.stringify(json).includes('"throws"') && !(error instanceof ValueError);
      assert.ok(thrown || error instanceof ValueError, `seed ${seed}: ${error}`);
      refused++;
    }
  }
  assert.ok(refused > 1000, `${refused}`);
});
