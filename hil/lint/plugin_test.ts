import assert from "node:assert/strict";
import plugin, { fenceBroken, roomOf } from "./plugin.ts";

function lint(file: string, source: string): string[] {
  const path = new URL(`../../${file}`, import.meta.url).pathname;
  return Deno.lint.runPlugin(plugin, path, source).map((found) => found.message);
}

Deno.test("a path knows its room", () => {
  assert.equal(roomOf("hil/trace/event.ts"), "hil/trace");
  assert.equal(roomOf("hil/mod.ts"), "hil");
  assert.equal(roomOf("sims/diskcache/port.ts"), "sims");
});

Deno.test("the harness may not import a target", () => {
  assert.match(fenceBroken("hil/runner/plan.ts", "../../sims/diskcache/mod.ts")!, /not sims/);
  assert.equal(fenceBroken("sims/diskcache/port.ts", "hil"), undefined);
});

Deno.test("imports, re-exports and type imports against the arrows are found", () => {
  const found = lint(
    "hil/trace/event.ts",
    `import { a } from "../runner/plan.ts";\nexport * from "../report/mod.ts";\n` +
      `import type { B } from "../scenario/step.ts";\nimport { c } from "node:path";`,
  );
  assert.equal(found.length, 3);
});

Deno.test("host time, timers and chance are found outside their owners", () => {
  const source = "Date.now(); new Date(); performance.now(); setTimeout(f, 1); Math.random();";
  assert.equal(lint("hil/report/junit.ts", source).length, 5);
  assert.equal(lint("hil/time/clock.ts", source).length, 0);
  assert.equal(lint("hil/report/junit.ts", "new Date(0); Math.max(1, 2);").length, 0);
});
