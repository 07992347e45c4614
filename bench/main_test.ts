import { deepEqual, equal, match } from "node:assert/strict";

/** What `bench/main.ts` prints and gives back. */
async function bench(...args: string[]) {
  const main = new URL("./main.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-read", "--allow-env", main, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("the help names every benchmark and option", async () => {
  const { code, stdout } = await bench("--help");
  equal(code, 0);
  for (const word of ["console", "command", "runner", "qemu", "--quick", "--json FILE"]) {
    match(stdout, new RegExp(`^  ${word} `, "m"));
  }
});

Deno.test("a benchmark that is not there is wrong usage", async () => {
  const { code, stdout, stderr } = await bench("cosnole");
  deepEqual([code, stdout], [2, ""]);
  match(
    stderr,
    /^Cannot run the benchmark "cosnole": there is no such; name one of console, command, [\w, -]+$/m, // On a new machine, after what Deno downloads.
  );
});
