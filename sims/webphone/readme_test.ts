import assert from "node:assert/strict";

const README = await Deno.readTextFile(new URL("./README.md", import.meta.url));

Deno.test("the phone without a browser of the README registers, and its program ends", async () => {
  const snippet = /```ts\n(.*?)```/s.exec(README)![1]!;
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/headless.ts`, `${snippet}\nconsole.log("registered");\n`);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", "--config", config, `${folder}/headless.ts`],
    stdin: "null",
  }).output();
  await Deno.remove(folder, { recursive: true });
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.equal(new TextDecoder().decode(stdout).trim(), "registered");
});
