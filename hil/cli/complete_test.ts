import { deepEqual, equal, match, ok } from "node:assert/strict";
import { hil, testFolder } from "./_testing.ts";
import { complete, wordsOf } from "./complete.ts";
import { COMMANDS } from "./commands.ts";
import { ROOT } from "./paths.ts";
import { RUN_OPTIONS } from "./run_options.ts";

Deno.test("commands, scenario files and folders may come first", async () => {
  for (const name of Object.keys(COMMANDS)) ok((await complete([name.slice(0, 3)])).includes(name));
  deepEqual(await complete(["docto"]), ["doctor"]);
  const all = await complete([`${ROOT}/`]);
  ok(all.includes(`${ROOT}/scenarios/`) && !all.includes(`${ROOT}/README.md`));
  const files = await complete([`${ROOT}/scenarios/websocket/`]);
  deepEqual(files, [`${ROOT}/scenarios/websocket/conformance.scenario.ts`]);
});

Deno.test("options are those of the command, and of the run where there is none", async () => {
  deepEqual(await complete(["x", "--"]), [...Object.keys(RUN_OPTIONS), "help"].map(option));
  deepEqual(await complete(["x", "--last"]), ["--last-failed"]);
  for (const [name, { options }] of Object.entries(COMMANDS)) {
    deepEqual(await complete([name, "--"]), [...Object.keys(await options()), "help"].map(option));
  }
});

const option = (name: string) => `--${name}`;

Deno.test("--use takes the bench's roles, and then targets that are not named yet", async () => {
  deepEqual(await complete(["--use", "dis"]), ["diskcache=", "diskcache-code="]);
  deepEqual(await complete(["--use", "diskcache="]), [
    "diskcache=model",
    "diskcache=qemu",
    "diskcache=qemu-recorded",
  ]);
  deepEqual(await complete(["--use", "diskcache=model,"]), [
    "diskcache=model,qemu",
    "diskcache=model,qemu-recorded",
  ]);
  deepEqual(await complete(["--use=board="]), ["--use=board=sim"]);
  const lab = `${ROOT}/fixtures/benches/rehearsal.yaml`;
  deepEqual(await complete(["--bench", lab, "--use", "board="]), ["board=rehearsal"]);
  deepEqual(await complete(["--bench", "no.yaml", "--use", ""]), []);
});

Deno.test("files are those that the option or the command reads", async () => {
  const benches = await complete(["--bench", `${ROOT}/fixtures/benches/e`]);
  deepEqual(benches, [`${ROOT}/fixtures/benches/emulated.yaml`]);
  const traces = await complete(["diff", `${ROOT}/fixtures/traces/`]);
  ok(traces.length > 0 && traces.every((name) => name.endsWith(".jsonl")));
  deepEqual(await complete(["doctor", `${ROOT}/`]), []);
  deepEqual(await complete(["/no/such/folder/"]), []);
});

Deno.test("a line of a shell is taken apart with its quotes and its open end", () => {
  deepEqual(wordsOf(`hil  --grep 'a b' "c \\'" d\\ e`), ["hil", "--grep", "a b", "c \\'", "d e"]);
  deepEqual(wordsOf("hil "), ["hil", ""]);
  deepEqual(wordsOf(""), [""]);
  deepEqual(wordsOf("hil ''"), ["hil", ""]);
});

Deno.test("each shell has a script, and others get a remedy", async () => {
  await using folder = await testFolder();
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout, stderr } = await hil(folder, ["completions", shell]);
    deepEqual([code, stderr], [0, ""]);
    match(stdout, /deno task --quiet hil completions words/);
  }
  const { code, stderr } = await hil(folder, ["completions", "bsh"]);
  equal(code, 2);
  match(stderr, /Cannot print completions for "bsh": did you mean "bash"\?/);
});

Deno.test("completions are of one shell", async () => {
  await using folder = await testFolder();
  const { code, stderr } = await hil(folder, ["completions", "bash", "zsh"]);
  equal(code, 2);
  match(stderr, /Cannot use "zsh": completions takes one shell; leave it out/);
});

Deno.test("a mistyped command is met with the one that was meant", async () => {
  await using folder = await testFolder();
  const { code, stderr } = await hil(folder, ["reprot"]);
  equal(code, 2);
  match(stderr, /Cannot run "reprot": there is no such command, .*did you mean "report"\?/);
});
