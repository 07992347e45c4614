import { equal } from "node:assert/strict";
import { ms } from "../time/mod.ts";
import { callText, valueText } from "./text.ts";
import { encode } from "./value.ts";

const SHOWN: readonly (readonly [value: unknown, text: string])[] = [
  [{ within: ms(5), of: [1, "x", null] }, '{ within: 5 ms, of: [1, "x", null] }'],
  [{}, "{}"],
  [undefined, "undefined"],
  [NaN, "NaN"],
  [7n, "7n"],
  [/x y/g, "/x y/g"],
  [new Date(0), "1970-01-01T00:00:00.000Z"],
  [Uint8Array.of(0, 1), "base64 AAE="],
  [new Map([["a", 1]]), 'a map [["a", 1]]'],
  [new Set([1, 2]), "a set [1, 2]"],
  [{ $: "mine", b: 1 }, '{ $: "mine", b: 1 }'],
  [new RangeError("no gauge"), "RangeError: no gauge"],
  [new WeakMap(), "a WeakMap"],
];

Deno.test("values are shown as they would stand in a scenario", () => {
  for (const [value, text] of SHOWN) equal(valueText(encode(value)), text);
  equal(valueText(undefined), "nothing");
  equal(valueText({ $: "bytes", file: "blob-0.bin", length: 2 ** 21 }), "2097152 bytes");
});

Deno.test("calls are shown as they would stand in a scenario", () => {
  equal(callText({ on: "#3.events", method: "next", args: [] }), "#3.events.next()");
  equal(callText({ on: "fn1", method: "", args: [{ $: "object", is: "#2" }] }), "fn1(#2)");
});
