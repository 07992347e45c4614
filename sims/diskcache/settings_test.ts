import assert from "node:assert/strict";
import { ms, seconds } from "hil";
import { type CacheSettings, checkedSettings, DEFAULT_SETTINGS } from "./settings.ts";

Deno.test("what is not named stays as it is, or is as a cache is by default", () => {
  assert.deepEqual(checkedSettings({}), DEFAULT_SETTINGS);
  const present = checkedSettings({ list: "tree", entries: 1000, timeout: seconds(1) });
  assert.deepEqual(
    checkedSettings({ scheduler: "deadline", writeDeadline: ms(7) }, present),
    { ...present, scheduler: "deadline", writeDeadline: ms(7) },
  );
});

for (
  const [settings, message] of [
    [
      { entries: 257 },
      'Cannot make a cache of "257" entries: the array holds 1 to 256; ' +
      "give a whole number",
    ],
    [
      { entries: 16_385, list: "tree" },
      'Cannot make a cache of "16385" entries: the tree holds ' +
      "1 to 16384; give a whole number",
    ],
    [
      { entries: 0 },
      'Cannot make a cache of "0" entries: the array holds 1 to 256; ' +
      "give a whole number",
    ],
    [
      { list: "heap" },
      'Cannot make a cache with the list "heap": there are array, tree; ' +
      "name one of them",
    ],
    [
      { scheduler: "lift" },
      'Cannot make a cache with the scheduler "lift": there are ' +
      "first-pending, look, deadline; name one of them",
    ],
    [
      { writeDeadline: 50 },
      'Cannot make a cache with the writeDeadline "50": it is no time; ' +
      "give a Duration, such as ms(50)",
    ],
  ] as const
) {
  Deno.test(`settings ${JSON.stringify(settings)} are refused`, () => {
    assert.throws(
      () => checkedSettings(settings as unknown as CacheSettings),
      { name: "RangeError", message },
    );
  });
}
