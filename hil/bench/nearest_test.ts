import assert from "node:assert/strict";
import { nearest, suggestion } from "./mod.ts";

const OPTIONS = ["grep", "bench", "use", "jobs", "seed", "last-failed", "fail-fast"];

Deno.test("a slip of the fingers finds the name that was meant", () => {
  const slips = {
    gerp: "grep",
    benhc: "bench",
    ues: "use",
    job: "jobs",
    LastFailed: "last-failed",
  };
  for (const [typed, meant] of Object.entries(slips)) {
    assert.equal(nearest(typed, OPTIONS), meant, typed);
  }
});

Deno.test("a name that is like none gets no guess but the list", () => {
  for (const typed of ["", "x", "verbose", "z".repeat(1e6)]) {
    assert.equal(nearest(typed, OPTIONS), undefined, typed.slice(0, 9));
  }
  assert.equal(suggestion("verbose", ["use", "jobs"]), 'there is "use", "jobs"');
  assert.equal(suggestion("verbose", []), "there is none");
  assert.equal(suggestion("jbos", OPTIONS), 'did you mean "jobs"?');
});
