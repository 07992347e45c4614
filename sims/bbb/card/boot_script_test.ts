import assert from "node:assert/strict";
import { bootScript } from "./boot_script.ts";

async function run(program: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null" }).output()).success;
  } catch {
    return false;
  }
}
const mkimage = await run("mkimage", ["-V"]);

Deno.test({
  name: "mkimage makes the same image of a script, but for its date",
  ignore: !mkimage,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const script = "setenv ipaddr 192.0.2.2\necho done";
      await Deno.writeTextFile(`${folder}/in`, script + "\n");
      const how = ["-A", "arm", "-O", "linux", "-T", "script", "-C", "none", "-n", "a name"];
      assert.ok(await run("mkimage", [...how, "-d", `${folder}/in`, `${folder}/out`]));
      const theirs = await Deno.readFile(`${folder}/out`);
      const ours = bootScript(script, { name: "a name" });
      assert.ok(await run("mkimage", ["-l", `${folder}/out`]));
      // Bytes 8 to 11 are the date, and 4 to 7 the header's checksum, which covers it.
      theirs.set(ours.subarray(4, 12), 4);
      assert.deepEqual(ours, theirs);
      await Deno.writeFile(`${folder}/ours`, ours);
      assert.ok(await run("mkimage", ["-l", `${folder}/ours`]), "its checksums are right");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("the image has the size of its script, and a name that ends", () => {
  const image = bootScript("go 80000000", { name: "x".repeat(40) });
  const view = new DataView(image.buffer);
  assert.equal(view.getUint32(0), 0x2705_1956);
  assert.equal(view.getUint32(12), image.length - 64);
  assert.equal(view.getUint32(64), "go 80000000\n".length);
  assert.equal(image[63], 0);
});
