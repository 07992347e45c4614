import assert from "node:assert/strict";
import { link, PAGE_MODULES, pageScript } from "./page_script.ts";

Deno.test("modules become one script: types gone, each with names of its own", () => {
  const script = link([
    ["first", `const own = 1;\nexport function one(): number {\n  return own;\n}\n`],
    [
      "second",
      `import { one } from "./first.ts";\nimport type { T } from "./types.ts";\n` +
      `const own: T = 2;\nexport const sum: number = one() + own;\n`,
    ],
    ["third", `import { sum } from "./second.ts";\nglobalThis.sumOfTest = sum;\n`],
  ]);
  new Function(script)();
  assert.equal((globalThis as { sumOfTest?: number }).sumOfTest, 3);
  assert.doesNotMatch(script, /import|export|number/);
});

Deno.test("a module before what it imports is told", () => {
  assert.throws(
    () => link([["a", `import { b } from "./b.ts";\n`], ["b", "export const b = 1;\n"]]),
    /Cannot link "a" before "b"/,
  );
});

Deno.test("every module of the page is in its script", () => {
  const files = [...Deno.readDirSync(new URL("page", import.meta.url))].map(({ name }) => name)
    .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts"));
  assert.deepEqual(files.sort(), PAGE_MODULES.map((name) => `${name}.ts`).sort());
  assert.doesNotMatch(pageScript(), /^\s*(import|export)\b/m);
});
