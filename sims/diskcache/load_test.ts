import assert from "node:assert/strict";
import { Random } from "../engine/mod.ts";
import {
  formatLoad,
  generateLoad,
  LoadError,
  parseLoad,
  partsOf,
  stampFor,
  STANDARD_LOAD,
} from "./load.ts";

Deno.test("one seed gives one load, another seed another", () => {
  const load = (seed: number) => formatLoad(generateLoad(new Random(seed), STANDARD_LOAD));
  assert.equal(load(1), load(1));
  assert.notEqual(load(1), load(2));
});

Deno.test("a load has the shape that was asked for", () => {
  const shape = { ...STANDARD_LOAD, operations: 1000, drives: 2, readPercent: 60, syncPercent: 10 };
  const { clients, entries, sizes } = generateLoad(new Random(1), shape);
  const all = clients.flat();
  assert.deepEqual([clients.length, all.length, entries, sizes], [4, 4000, 4, [8, 8, 0, 0]]);
  const share = (kind: string) => all.filter((operation) => operation.kind === kind).length / 40;
  assert.ok(Math.abs(share("read") - 60) < 4 && Math.abs(share("sync") - 10) < 4);
  assert.deepEqual([...new Set(all.map(({ drive }) => drive))].sort(), [0, 1]);
  assert.deepEqual([...new Set(all.map(({ lba }) => lba))].sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
});

Deno.test("each write has a stamp of its own that says whose it is", () => {
  const shape = { ...STANDARD_LOAD, clients: 31, operations: 200, drives: 4 };
  const { clients } = generateLoad(new Random(1), shape);
  const stamps = new Set<number>();
  for (const [client, operations] of clients.entries()) {
    for (const [sequence, { kind, drive, lba, stamp }] of operations.entries()) {
      if (kind !== "write") {
        assert.equal(stamp, 0);
        continue;
      }
      assert.deepEqual(partsOf(stamp), { client, sequence, drive, lba });
      stamps.add(stamp);
    }
  }
  const writes = clients.flat().filter(({ kind }) => kind === "write").length;
  assert.equal(stamps.size, writes);
  assert.equal(partsOf(0), undefined);
  assert.equal(stampFor({ client: 0, sequence: 2, drive: 1, lba: 7 }), 0x0800_2407);
});

Deno.test("a load of an impossible shape is refused", () => {
  const refused = (shape: Partial<typeof STANDARD_LOAD>, message: string) =>
    assert.throws(() => generateLoad(new Random(1), { ...STANDARD_LOAD, ...shape }), {
      name: "RangeError",
      message,
    });
  refused(
    { clients: 32 },
    'Cannot generate a load with clients "32": a load has 1 to 31; give a whole number of these',
  );
  refused(
    { readPercent: 96 },
    'Cannot generate a load with syncPercent "5": a load has 0 to 4, 96 % being reads; ' +
      "give a whole number of these",
  );
});

Deno.test("a load survives being written and read", () => {
  const load = generateLoad(new Random(7), { ...STANDARD_LOAD, drives: 4 });
  assert.deepEqual(parseLoad(formatLoad(load)), load);
  assert.deepEqual(parseLoad(JSON.parse(formatLoad(load))), load);
});

const GOOD = '{"load":1,"entries":4,"sizes":[8],"clients":[[["write",0,1,5],["read",0,1,0]]]}';

for (
  const [what, text, reason, message] of [
    ["no JSON", "{", "not-json", 'Cannot read the load "the text": it is no JSON; give what'],
    ["a list", "[]", "not-a-load", 'Cannot read the load "the text": it is no object;'],
    ["no version", "{}", "not-a-load", 'Cannot read the load "load": it has no version;'],
    [
      "a newer one",
      GOOD.replace('"load":1', '"load":2'),
      "newer",
      'Cannot read the load "load": it is of version 2 and this harness reads 1 to 1; update it',
    ],
    [
      "a drive that is not there",
      GOOD.replace('["read",0', '["read",1'),
      "damaged",
      'Cannot read the load "clients[0][1][1]": it is 1, and ought to be: a whole number 0 to 0',
    ],
    [
      "a block past the end",
      GOOD.replace('["read",0,1', '["read",0,8'),
      "damaged",
      'Cannot read the load "clients[0][1][2]": it is 8,',
    ],
    [
      "a stamp that is written twice",
      GOOD.replace('["read",0,1,0]', '["write",0,2,5]'),
      "damaged",
      'Cannot read the load "clients[0][1][3]": it is 5, and ought to be: a stamp of its own',
    ],
    [
      "an operation that there is not",
      GOOD.replace('"read"', '"trim"'),
      "damaged",
      'Cannot read the load "clients[0][1][0]": it is "trim", and ought to be: read, write or sync',
    ],
  ] as const
) {
  Deno.test(`${what} is no load`, () => {
    assert.ok(parseLoad(GOOD));
    assert.throws(() => parseLoad(text), (error) => {
      assert.ok(error instanceof LoadError);
      assert.equal(error.reason, reason);
      assert.ok(error.message.startsWith(message), error.message);
      return true;
    });
  });
}

Deno.test("damaged loads give a load or a LoadError, and nothing else", () => {
  const random = new Random("damaged loads");
  const whole = formatLoad(generateLoad(new Random(1), { ...STANDARD_LOAD, operations: 3 }));
  const pieces = ['"', "]", "[", "}", "0", "-1", "1e99", ",", "null", "\u0000", "9", "{}"];
  let errors = 0;
  for (let i = 0; i < 5_000; i++) {
    let text = whole;
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
      const at = random.below(text.length);
      const piece = random.chance(0.5) ? pieces[random.below(pieces.length)]! : "";
      text = text.slice(0, at) + piece + text.slice(at + random.below(4));
    }
    try {
      const load = parseLoad(text);
      assert.deepEqual(parseLoad(formatLoad(load)), load);
    } catch (error) {
      assert.ok(error instanceof LoadError, String(error));
      errors++;
    }
  }
  assert.ok(errors > 2_000, `${errors} were refused`);
});
