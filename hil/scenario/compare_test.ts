import assert from "node:assert/strict";
import { Random } from "../time/mod.ts";
import { cut, difference, equal, show } from "./compare.ts";

Deno.test("equality is deep and strict", () => {
  assert.ok(equal({ a: [1, new Map([["k", new Set([1])]])] }, {
    a: [1, new Map([["k", new Set([1])]])],
  }));
  assert.ok(equal(new Uint8Array([1, 2]), new Uint8Array([1, 2])));
  assert.ok(equal({ a: NaN }, { a: NaN }));
  assert.ok(equal({ a: 1, b: 2 }, { b: 2, a: 1 }));
  for (
    const [a, b] of [
      [1, "1"],
      [0, -0],
      [null, undefined],
      [{ a: undefined }, {}],
      [[1], { 0: 1 }],
      [new Uint8Array([1]), [1]],
      [new Map([[1, 2]]), new Map([[1, 3]])],
    ]
  ) assert.ok(!equal(a, b), `${show(a)} and ${show(b)}`);
});

Deno.test("a value is one line, whatever is in it", () => {
  assert.equal(show("a\nb"), '"a\\nb"');
  assert.equal(show(new RangeError("no\nroom")), "RangeError: no\nroom".replace("\n", " "));
  assert.equal(show([1, { a: undefined }, null]), "[ 1, { a: undefined }, null ]");
  for (const value of [{ error: new Error("inside") }, [new Error("in a list")], () => 5]) {
    assert.doesNotMatch(show(value), /\n/);
  }
});

Deno.test("a value is short, whatever its size", () => {
  const wide = Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => [`key ${i}`, i]));
  const deep = [[[[wide, wide], [wide]]], "\u{1f600}".repeat(1000)];
  for (const value of [wide, deep, "x".repeat(1e6), new Error("y".repeat(1e6)), new Array(1e6)]) {
    const text = show(value);
    assert.ok(text.length <= 600, `${text.length}`);
    assert.ok(text.isWellFormed());
  }
});

Deno.test("a cut says so and leaves no half of a character", () => {
  assert.equal(cut("abc", 3), "abc");
  assert.equal(cut("abcd", 3), "ab…");
  assert.ok(cut("a\u{1f600}b", 3).isWellFormed());
});

Deno.test("the first place of a difference is named as one would write it", () => {
  for (
    const [actual, expected, told] of [
      [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, ".a[0].b is 1, not 2"],
      [[1, 2], [1, 2, 3], "[2] is missing, not 3"],
      [[1, 2, 3], [1, 2], "[2] is 3, not missing"],
      [{ a: undefined }, {}, ".a is undefined, not missing"],
      [{ "a key": 1 }, { "a key": 2 }, '["a key"] is 1, not 2'],
      [{ a: { b: 1 } }, { a: [1] }, ".a is { b: 1 }, not [ 1 ]"],
      [new Uint8Array([1, 2]), new Uint8Array([1, 3]), "[1] is 2, not 3"],
      [1, 2, undefined],
      [[1], { 0: 1 }, undefined],
      [new Map([[1, 2]]), new Map([[1, 3]]), undefined],
    ]
  ) assert.equal(difference(actual, expected), told);
});

Deno.test("structures that contain themselves are compared, too", () => {
  const make = (end: number) => {
    const one: Record<string, unknown> = { end };
    return Object.assign(one, { self: one });
  };
  const inFront = (end: number) => {
    const one: Record<string, unknown> = {};
    return Object.assign(one, { self: one, end });
  };
  assert.equal(difference(make(1), make(2)), ".end is 1, not 2");
  assert.match(difference(inFront(1), inFront(2))!, /^(\.self)+ is /);
});

Deno.test("one changed leaf of any tree is the place that is named", () => {
  const random = new Random(5);
  const tree = (depth: number): unknown => {
    if (depth === 0 || random.chance(0.2)) return random.below(100);
    const children = Array.from({ length: 1 + random.below(4) }, () => tree(depth - 1));
    return random.chance(0.5)
      ? children
      : Object.fromEntries(children.map((child, i) => [`k${i}`, child]));
  };
  for (let round = 0; round < 200; round++) {
    const before = { root: tree(4) };
    const after = structuredClone(before);
    let path = "", parent: Record<string, unknown> = after;
    for (let key = "root";;) {
      path += Array.isArray(parent) ? `[${key}]` : `.${key}`;
      const child = parent[key];
      if (typeof child !== "object") {
        parent[key] = 1000;
        assert.equal(difference(before, after), `${path} is ${child}, not 1000`);
        break;
      }
      parent = child as Record<string, unknown>;
      const keys = Object.keys(parent);
      key = keys[random.below(keys.length)]!;
    }
  }
});
