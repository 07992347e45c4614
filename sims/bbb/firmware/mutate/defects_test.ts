import assert from "node:assert/strict";
import { DEFECTS } from "./defects.ts";

const ROOT = new URL("../../../../", import.meta.url).pathname;

Deno.test("each defect's text stands once in the system's sources, and its scenario exists", async () => {
  for (const { name, file, from, to, scenarios, scenario } of DEFECTS) {
    const source = await Deno.readTextFile(`${ROOT}sims/bbb/firmware/os/${file}`);
    assert.equal(source.split(from).length, 2, `"${name}" in ${file}`);
    assert.notEqual(from, to, name);
    const text = await Deno.readTextFile(`${ROOT}scenarios/bbb/${scenarios}.scenario.ts`);
    assert.ok(text.includes(`"${scenario}"`), `the scenario of "${name}"`);
  }
  assert.equal(new Set(DEFECTS.map(({ name }) => name)).size, DEFECTS.length, "names are unique");
});
