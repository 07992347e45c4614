import assert from "node:assert/strict";
import { hil, type TestFolder, testFolder } from "./_testing.ts";

const HEADER = {
  trace: 1,
  scenario: "led",
  file: "led.scenario.ts",
  line: 1,
  seed: 7,
  bench: "b",
  targets: { board: { target: "sim" } },
  environment: {},
};

function traceText(lines: readonly string[], outcome = "passed"): string {
  const events = lines.map((text) => ({ type: "bytes", channel: "com1", dir: "rx", text }));
  return [
    HEADER,
    ...[...events, { type: "end", outcome }].map((body, i) => ({
      seq: i + 1,
      t: i * 1000,
      ...body,
    })),
  ].map((line) => `${JSON.stringify(line)}\n`).join("");
}

async function lab(): Promise<TestFolder> {
  const folder = await testFolder();
  await folder.write("green.jsonl", traceText(["pid 12 up\n", "disk ready\n"]));
  await folder.write("again.jsonl", traceText(["pid 13 up\n", "disk ready\n"]));
  await folder.write("red.jsonl", traceText(["pid 12 up\n", "disk \u001b[31merror\n"], "failed"));
  return folder;
}

Deno.test("diff exits with 0 for the same, 1 for a difference, and shows it without colours", async () => {
  await using folder = await lab();
  const same = await hil(folder, ["diff", "green.jsonl", "again.jsonl"]);
  assert.deepEqual([same.code, same.stderr], [0, ""]);
  assert.match(same.stdout, /^No difference: 3 items are the same, 1 of them but for noise/m);
  const { code, stdout } = await hil(folder, ["diff", "green.jsonl", "red.jsonl"]);
  assert.equal(code, 1);
  assert.match(stdout, /^- .*com1: disk ready\n\+ .*com1: disk error$/m);
  assert.match(stdout, /^Likely place: product$/m);
  assert.equal(stdout.includes("\u001b"), false);
  const kept = await hil(folder, [
    "diff",
    "green.jsonl",
    "again.jsonl",
    "--keep",
    "pids",
    "--json",
  ]);
  assert.equal(kept.code, 1);
  assert.equal(JSON.parse(kept.stdout).first.b[0].text, "pid 13 up");
});

Deno.test("diff of one trace finds the last run that passed", async () => {
  await using folder = await lab();
  const runs = `${folder.path}/reports/runs`;
  await folder.write("old.jsonl", traceText(["another\n"]));
  await folder.write("other.jsonl", traceText(["x\n"]).replace('"led"', '"lad"'));
  for (const [run, kind] of ["old", "green", "red", "other", "red"].entries()) {
    await Deno.mkdir(`${runs}/${run}/led`, { recursive: true });
    await Deno.copyFile(`${folder.path}/${kind}.jsonl`, `${runs}/${run}/led/trace.jsonl`);
  }
  const args = ["--reports", "reports"];
  const found = await hil(folder, ["diff", "reports/runs/4/led/trace.jsonl", ...args]);
  assert.equal(found.code, 1);
  assert.match(found.stdout, /^- A .*reports\/runs\/1\/led\/trace\.jsonl/m);
  const first = await hil(folder, ["diff", "red.jsonl", "--reports", "elsewhere"]);
  assert.equal(first.code, 2);
  assert.match(first.stderr, /with a green one: no other run of its scenario on its targets under/);
});

Deno.test("own rules come from a file, and what is wrong with it is said", async () => {
  await using folder = await lab();
  await folder.write("rules.yaml", "noise:\n  - name: disk\n    match: disk .*\n");
  await folder.write("passed.jsonl", traceText(["pid 12 up\n", "disk gone\n"]));
  const args = ["diff", "green.jsonl", "passed.jsonl", "--rules", "rules.yaml"];
  assert.equal((await hil(folder, args)).code, 0);
  for (
    const [rules, message] of [
      ["nose: []", /it has "nose"; did you mean "noise"\?/],
      ["noise: 5", /its "noise" is no list/],
      ["noise: [{name: a, mach: b}]", /rule 1 of "noise" has "mach"; did you mean "match"\?/],
      ["noise: [{name: a}]", /rule 1 of "noise" matches nothing/],
      ["noise: [{name: a, match: '('}]", /its match is no regular expression/],
      ["noise: [{name: a, match: 'x*'}]", /its match "x\*" matches nothing at all/],
      ["noise: [", /Cannot use the rules "rules.yaml"/],
      ["noise:\n\t- name: x", /Tabs are not allowed as indentation at line 2, column 1$/m],
    ] as const
  ) {
    await folder.write("rules.yaml", rules);
    const { code, stderr } = await hil(folder, args);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
});

Deno.test("what is wrong with a diff is said", async () => {
  await using folder = await lab();
  await folder.write("empty.jsonl", "");
  for (
    const [args, message] of [
      [[], /Cannot compare 0 traces: give the paths of two, the good one first/],
      [["a", "b", "c"], /Cannot compare 3 traces/],
      [["green.jsonl", "missing.jsonl"], /missing\.jsonl": there is no such file/],
      [["green.jsonl", "empty.jsonl"], /it is empty/],
      [["green.jsonl", "red.jsonl", "--keep", "pid"], /no such rule; did you mean "pids"\?/],
      [["green.jsonl", "red.jsonl", "--jsn"], /did you mean "--json"\?/],
      [["green.jsonl", "red.jsonl", "--rules", "no"], /rules "no": there is no such file/],
    ] as const
  ) {
    const { code, stderr } = await hil(folder, ["diff", ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
  assert.match((await hil(folder, ["diff", "--help"])).stdout, /^ {2}pids +numbers of processes/m);
});
