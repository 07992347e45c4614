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
  { seq: 1, t: 5, type: "signal", channel: "GPIO 55", kind: "rise", data: { level: 1 } },
  {
    seq: 2,
    t: 9,
    type: "signal",
    channel: "lan",
    kind: "delivered",
    data: { frame: "////////AgAAAAAB" },
  },
  { seq: 3, t: 9, type: "end", outcome: "passed" },
].map((line) => JSON.stringify(line)).join("\n") + "\n";

Deno.test("a trace becomes waveforms and a capture", async () => {
  await using folder = await testFolder();
  await folder.write("trace.jsonl", TRACE);
  const done = await hil(folder, [
    "export",
    "trace.jsonl",
    "--vcd",
    "led.vcd",
    "--pcapng",
    "led.pcapng",
  ]);
  assert.deepEqual([done.code, done.stderr], [0, ""]);
  assert.equal(done.stdout, "waveforms: led.vcd\n1 packets: led.pcapng\n");
  assert.match(
    await folder.read("led.vcd"),
    /\$scope module led \$end\n\$var wire 1 ! GPIO_55 \$end/,
  );
  const capture = await Deno.readFile(`${folder.path}/led.pcapng`);
  assert.deepEqual([...capture.subarray(0, 4)], [0x0a, 0x0d, 0x0d, 0x0a]);
  const piped = await hil(folder, ["export", "trace.jsonl", "--vcd", "-", "--channel", "GPIO 55"]);
  assert.match(piped.stdout, /^\$version hil \$end\n/);
  assert.doesNotMatch(piped.stdout, /lan/);
});

Deno.test("what is wrong with an export is said", async () => {
  await using folder = await testFolder();
  await folder.write("text", "no trace\n");
  for (
    const [args, message] of [
      [["export"], /Cannot export 0 traces: give the path/],
      [["export", "trace.jsonl"], /Cannot export to nothing: give --vcd FILE/],
      [["export", "missing.jsonl", "--vcd", "x"], /there is no such file/],
      [["export", "text", "--vcd", "x"], /its first line is no trace header/],
    ] as const
  ) {
    const { code, stderr } = await hil(folder, args);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
  assert.match((await hil(folder, ["export", "--help"])).stdout, /--pcapng FILE/);
});
