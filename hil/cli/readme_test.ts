/** What README.md shows is so. */
import assert from "node:assert/strict";
import { EXIT_CODES } from "./help.ts";
import { hil, testFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";

const README = await Deno.readTextFile(`${ROOT}/README.md`);

/** The first code block of a language. */
function block(language: string): string {
  return README.match(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms"))![1]!;
}

Deno.test("the scenario and the bench of the README work", async () => {
  await using folder = await testFolder();
  const sims = `${ROOT}/sims/`;
  await folder.write("desk.yaml", block("yaml").replace("../../sims/", sims));
  await Deno.copyFile(`${sims}diskcache/targets/model.ts`, `${folder.path}/my_target.ts`);
  const mine = (await folder.read("my_target.ts")).replaceAll('"../', `"${sims}diskcache/`);
  await folder.write("my_target.ts", mine);
  await folder.write("readme.scenario.ts", block("ts"));
  const { code, stdout, stderr } = await hil(folder, [
    "--bench",
    "desk.yaml",
    "--reports",
    "r",
    ".",
  ]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^2 passed in /m);
});

Deno.test("the README has the exit codes of the help", () => {
  const rows = [...README.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(rows, EXIT_CODES.map(([code]) => code));
});

Deno.test("each folder that the README names is there, and it names each of hil/", async () => {
  const map = README.slice(README.indexOf("## The folders"));
  const named = [...map.matchAll(/^( {2})?([a-z]+)\/ /gm)]
    .map(([, inside, name]) => inside ? `hil/${name}` : name!);
  for (const folder of named) assert((await Deno.stat(`${ROOT}/${folder}`)).isDirectory, folder);
  const there = await Array.fromAsync(Deno.readDir(`${ROOT}/hil`));
  for (const { name, isDirectory } of there) {
    if (isDirectory) assert(named.includes(`hil/${name}`), name);
  }
});
