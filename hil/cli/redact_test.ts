import assert from "node:assert/strict";
import { hil, testFolder } from "./_testing.ts";

const TRACE = [
  {
    trace: 1,
    scenario: "led",
    file: "led.scenario.ts",
    line: 1,
    seed: 7,
    bench: "b",
    targets: {},
    environment: {},
  },
  { seq: 1, t: 5, type: "bytes", channel: "com1", dir: "rx", text: "password=hunter22\n" },
  { seq: 2, t: 6, type: "bytes", channel: "com1", dir: "rx", text: "SN-1234 at 10.1.2.3\n" },
  { seq: 3, t: 9, type: "end", outcome: "passed" },
].map((line) => `${JSON.stringify(line)}\n`).join("");

Deno.test("redact makes a copy, says what it replaced, and leaves the original alone", async () => {
  await using folder = await testFolder();
  await Deno.mkdir(`${folder.path}/led`);
  await folder.write("led/trace.jsonl", TRACE);
  await folder.write("rules.yaml", "secrets:\n  - name: serial\n    match: SN-\\d+\n");
  const done = await hil(folder, ["redact", "led/trace.jsonl", "--rules", "rules.yaml"]);
  assert.deepEqual([done.code, done.stderr], [0, ""]);
  assert.match(done.stdout, /^3 events: .*led-redacted\/trace\.jsonl\n/);
  assert.match(done.stdout, /^replaced 3 values: passwords 1, serial 1, addresses 1$/m);
  assert.equal(await folder.read("led/trace.jsonl"), TRACE);
  const copy = await folder.read("led-redacted/trace.jsonl");
  assert.doesNotMatch(copy, /hunter22|SN-1234|10\.1\.2\.3/);
  assert.equal(copy.replace(/,?"redacted":\d+/, "").length, TRACE.length);
  const again = await hil(folder, ["redact", "led/trace.jsonl"]);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /there is a ".*" already; give another --out/);
  const json = await hil(folder, ["redact", "led/trace.jsonl", "-o", "out", "--json"]);
  assert.deepEqual(JSON.parse(json.stdout).counts, { passwords: 1, addresses: 1 });
});

Deno.test("what is wrong with redacting is said", async () => {
  await using folder = await testFolder();
  await folder.write("text", "no trace\n");
  await folder.write("rules.yaml", "secret: []\n");
  for (
    const [args, message] of [
      [[], /Cannot redact 0 traces/],
      [["missing.jsonl"], /there is no such file/],
      [["text"], /its first line is no trace header/],
      [["text", "--ruls", "x"], /did you mean "--rules"\?/],
      [["text", "--rules", "rules.yaml"], /it has "secret"; did you mean "secrets"\?/],
    ] as const
  ) {
    const { code, stderr } = await hil(folder, ["redact", ...args]);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
  assert.match((await hil(folder, ["redact", "--help"])).stdout, /^ {2}addresses /m);
});
