import assert from "node:assert/strict";
import { verdictOf } from "./verdict.ts";

const suite = (inside: string) =>
  `<?xml version="1.0"?><testsuites><testsuite name="s"><testcase name="a hit" classname="c">` +
  `${inside}</testcase></testsuite></testsuites>`;

Deno.test("a failure kills, with the first line of its message", () => {
  const junit = suite(`<failure message="the block is torn&#10;more" type="E">body</failure>`);
  assert.deepEqual(verdictOf(junit, "a hit"), { type: "killed", why: "the block is torn" });
});

Deno.test("a scenario that passes lets the defect survive", () => {
  assert.deepEqual(verdictOf(suite(""), "a hit"), { type: "survived" });
});

Deno.test("an error, a skip and a missing scenario decide nothing", () => {
  const error = suite(`<error message="Cannot start QEMU" type="QemuError">body</error>`);
  assert.deepEqual(verdictOf(error, "a hit"), { type: "void", why: "Cannot start QEMU" });
  const skipped = suite(`<skipped message="no QEMU">no QEMU</skipped>`);
  assert.deepEqual(verdictOf(skipped, "a hit"), { type: "void", why: "no QEMU" });
  assert.equal(verdictOf(suite(""), "a miss").type, "void");
  assert.equal(verdictOf("<testsuites/>", "a hit").type, "void");
});
