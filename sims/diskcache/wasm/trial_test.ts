import assert from "node:assert/strict";
import { CacheCode } from "./code.ts";
import { hunt } from "./hunt.ts";
import { raceDetector } from "./run.ts";
import { runTrial, trialOf } from "./trial.ts";

Deno.test("nothing is wrong with the cache as it is", async () => {
  const { findings, seeds } = await hunt(await CacheCode.load(), { first: 1, most: 60 });
  assert.deepEqual(findings, []);
  assert.equal(seeds, 60);
});

/** A defect for each promise that this level can see broken. */
const DEFECTS = {
  "copies-unprotected": "P2",
  "no-flush": "P3",
  "write-wakes-nobody": "P7",
  "error-sticks": "P8",
  "tree-loses-a-node": "stopped",
} as const;

for (const [mutation, promise] of Object.entries(DEFECTS)) {
  Deno.test(`the defect "${mutation}" breaks ${promise}`, async () => {
    const { findings } = await hunt(await CacheCode.load({ mutation }), { first: 1, most: 100 });
    const found = findings.map((finding) => finding.promise);
    assert.ok(found.includes(promise), `${found}`);
  });
}

Deno.test("a race is told with both lines of C", async () => {
  const code = await CacheCode.load({ mutation: "update-while-read" });
  const races = raceDetector(code, 4);
  const { findings } = await runTrial(code, trialOf(2), { races });
  const { text } = findings.find(({ promise }) => promise === "race")!;
  const told = text.match(
    /^blocks\+0x\w+ \(fixed_array\.c\): client \d writes 4 bytes in cache_write, cache\.c:(\d+), unordered with: client \d reads 4 bytes in cache_read, cache\.c:(\d+)$/,
  );
  assert.ok(told, text);
  const source = (await Deno.readTextFile(new URL("../guest/cache.c", import.meta.url))).split(
    "\n",
  );
  for (const line of told.slice(1)) assert.match(source[Number(line) - 1]!, /to\[i\] = from\[i\]/);
});

Deno.test("a defect that is no race is not told as one", async () => {
  const code = await CacheCode.load({ mutation: "no-flush" });
  const { findings } = await hunt(code, { first: 1, most: 1 });
  assert.ok(findings.length > 0 && findings.every(({ promise }) => promise !== "race"));
});
