import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { loadConfig, NightConfigError, parseConfig } from "./config.ts";

const EXAMPLE = fileURLToPath(new URL("../../fixtures/nightly.example.yaml", import.meta.url));
const FIXTURES = EXAMPLE.slice(0, EXAMPLE.lastIndexOf("/"));

Deno.test("the example is one, and its paths are relative to it", async () => {
  const config = await loadConfig(EXAMPLE);
  const { bench, files, budgetMs, keepSizeBytes, keepAgeMs, jobs, retries, notify } = config;
  assert.equal(bench, `${FIXTURES}/benches/lab.yaml`);
  assert.ok((await Deno.stat(bench!)).isFile && (await Deno.stat(files![0]!)).isDirectory);
  assert.deepEqual([budgetMs, keepSizeBytes, keepAgeMs, jobs, retries], [
    ...[6 * 3600e3, 10 * 2 ** 30, 30 * 24 * 3600e3, 2, 1],
  ]);
  assert.deepEqual(notify.map(({ name, input, when, limit }) => [name, input, when, `${limit}`]), [
    ["mail", "mail", "change", "1 min"],
    ["chat", "json", "trouble", "30 s"],
  ]);
  // What is commented out is right as well.
  const all = (await Deno.readTextFile(EXAMPLE)).replace(
    /^# (grep|use|quarantine|passes):/gm,
    "$1:",
  );
  const { grep, use, passes, quarantine } = await parseConfig(all, EXAMPLE);
  assert.deepEqual([grep, use, passes], ["@night", ["board=bbb"], 100]);
  assert.equal(quarantine, `${FIXTURES}/quarantine.yaml`);
});

Deno.test("everything that is wrong is told with its line, and what to do", async () => {
  const text = `bench: 7
files: scenarios
bugdet: 6h
budget: 6 hours
jobs: 0
keep: { size: 1, age: 30d }
notify:
  - command: mail -s x
  - name: chat
    command: []
    when: sometimes
    limit: 2 parsecs
`;
  await assert.rejects(parseConfig(text, "/etc/lab.yaml", "lab.yaml"), (error: Error) => {
    assert.ok(error instanceof NightConfigError);
    assert.deepEqual(
      error.message.split("\n").map((line) => line.replace(/; .*/, "").trim()).sort(),
      [
        'Cannot use the configuration "lab.yaml":',
        'lab.yaml:9: "command" is missing: write command: [PROGRAM, ARGUMENT, …]',
        'lab.yaml:11: "notify.1.when" is none of always, trouble, change',
        'lab.yaml:12: "notify.1.limit": Cannot use the length "2 parsecs": it is no time from 1s to ten years',
        'lab.yaml:1: "bench" is no text',
        'lab.yaml:2: "files" is no list',
        'lab.yaml:3: there is no "bugdet" in the file',
        'lab.yaml:4: "budget": Cannot use the length "6 hours": it is no time from 1s to ten years',
        'lab.yaml:5: "jobs" is no whole number from 1 to 256',
        'lab.yaml:6: "keep.size" is no text',
        'lab.yaml:8: "notify.0.command" is no list',
        "see fixtures/nightly.example.yaml",
      ].sort(),
    );
    assert.match(error.message, /no "bugdet" in the file; did you mean "budget"\?/);
    return true;
  });
});

Deno.test("what is no YAML, no map, or not there is told", async () => {
  const told = (text: string) =>
    parseConfig(text, "/a.yaml", "a.yaml").then(
      () => assert.fail("it was taken"),
      (e) => e.message,
    );
  assert.match(await told("a: [1"), /^Cannot use the configuration "a.yaml":\n {2}a.yaml:1: /);
  assert.match(await told("- a"), /a.yaml:1: the file is no map; write NAME: VALUE/);
  assert.match(await told("a: 1\na: 2"), /unique/);
  await assert.rejects(loadConfig("/nowhere/a.yaml"), {
    message: /"\/nowhere\/a.yaml": it is not there/,
  });
  assert.deepEqual((await parseConfig("", "/a.yaml")).notify, []);
});

Deno.test("a program that is a path is one from the file's folder", async () => {
  const of = async (program: string) => {
    const text = `notify: [{ command: [${program}, ./x] }]`;
    return (await parseConfig(text, "/etc/hil/lab.yaml")).notify[0]!.command;
  };
  assert.deepEqual(await of("./tell"), ["/etc/hil/tell", "./x"]);
  assert.deepEqual(await of("/usr/bin/tell"), ["/usr/bin/tell", "./x"]);
  assert.deepEqual(await of("tell"), ["tell", "./x"]);
});
