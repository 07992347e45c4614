import assert from "node:assert/strict";
import { caller, framesOf, inHarness, scenarioFrame } from "./caller.ts";

const HERE = decodeURIComponent(new URL(import.meta.url).pathname);
const HARNESS = HERE.replace(/\/scenario\/[^/]+$/, "");

/** A stack as V8 writes it, innermost first. */
function stack(...places: string[]): string {
  return ["Error: no", ...places.map((place) => `    at work (${place})`)].join("\n");
}

Deno.test("the caller is the frame below the entry, in the file that calls it", () => {
  function entry() {
    return caller(entry);
  }
  const { file, line } = entry();
  assert.equal(file, HERE);
  const expected = Number(new Error().stack!.match(/caller_test\.ts:(\d+)/)![1]) - 2;
  assert.equal(line, expected);
});

Deno.test("a scenario file comes before what it calls, the harness and its helpers", () => {
  const frame = scenarioFrame(stack(
    `file://${HARNESS}/scenario/expect.ts:10:5`,
    "file:///lab/scenarios/bbb/steps.ts:4:2",
    "file:///lab/scenarios/bbb/led.scenario.ts:30:7",
    `file://${HARNESS}/runner/worker/execute.ts:99:1`,
  ));
  assert.deepEqual(frame, { file: "/lab/scenarios/bbb/led.scenario.ts", line: 30 });
});

Deno.test("without a scenario file it is the innermost outside the harness, if any", () => {
  const harness = `file://${HARNESS}/scenario/expect.ts:10:5`;
  assert.deepEqual(scenarioFrame(stack(harness, "file:///lab/steps.ts:4:2")), {
    file: "/lab/steps.ts",
    line: 4,
  });
  assert.equal(scenarioFrame(stack(harness)), undefined);
  assert.equal(scenarioFrame(stack("ext:core/01_core.js:1:2", "node:assert:3:4")), undefined);
  assert.equal(scenarioFrame(""), undefined);
});

Deno.test("a path has spaces and other signs, whether its URL was decoded or not", () => {
  for (
    const path of ["/my lab/it's #1?/led.scenario.ts", "/my%20lab/it's%20%231%3F/led.scenario.ts"]
  ) {
    assert.deepEqual(framesOf(stack(`file://${path}:4:2`, "file:///b c.ts:5:1")), [
      { file: "/my lab/it's #1?/led.scenario.ts", line: 4 },
      { file: "/b c.ts", line: 5 },
    ]);
  }
  assert.deepEqual(framesOf('no "file:///a.ts" in file:///b.ts:3:4'), [{ file: "/b.ts", line: 3 }]);
  assert.deepEqual(framesOf("file:///a.ts at 12:30:11"), []);
});

Deno.test("a folder called hil above the project is not the harness", () => {
  assert.deepEqual(scenarioFrame(stack("file:///home/me/hil/lab/steps.ts:4:2")), {
    file: "/home/me/hil/lab/steps.ts",
    line: 4,
  });
  assert.ok(inHarness(`${HARNESS}/scenario/expect.ts`));
  assert.ok(!inHarness(HERE), "its tests stand for a user's code");
});

Deno.test("paths of any characters are read from URLs", () => {
  for (
    const path of ["/my lab/a.ts", "/lab (copy)/a.ts", "/büro/100%/a.ts", "/a:1/b#c?.ts", "/(a)/b"]
  ) {
    const url = new URL("file:///");
    url.pathname = path.replaceAll("%", "%25");
    for (const text of [`at f (${url.href}:12:3)`, `at ${url.href}:12:3`, `at async ${url}:12:3`]) {
      assert.deepEqual(framesOf(text), [{ file: path, line: 12 }], text);
    }
  }
  assert.deepEqual(framesOf("at file:///a.ts?run=2#x:7:1"), [{ file: "/a.ts", line: 7 }]);
});

Deno.test("what only looks like a place is none, and nothing throws", () => {
  for (const text of ["file:///", "file:///a.ts", "file:///a.ts:5", "http://x/a.ts:1:2", "file:"]) {
    assert.deepEqual(framesOf(text), [], text);
  }
  for (const text of ["file:///%zz:1:2", "file:///%:1:2", "file://[:1:2", "file:///\u0000:1:2"]) {
    framesOf(text);
  }
});
