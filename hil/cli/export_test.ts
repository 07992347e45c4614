import assert from "node:assert/strict";
import { hil, TASK, testFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";

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
      [["export", "trace.jsonl"], /Cannot export to nothing: give --vcd FILE, .* or --log FILE/],
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

Deno.test("an export takes the place of nothing that is needed, and is not made of half of it", async () => {
  await using folder = await testFolder();
  await folder.write("trace.jsonl", TRACE);
  await Deno.link(`${folder.path}/trace.jsonl`, `${folder.path}/same.jsonl`);
  await Deno.symlink("trace.jsonl", `${folder.path}/link.log`);
  await new Deno.Command("mkfifo", { args: [`${folder.path}/pipe.jsonl`] }).output();
  for (
    const [args, message] of [
      [["trace.jsonl", "--log", "trace.jsonl"], /to "trace.jsonl": it is the trace itself; give/],
      [["trace.jsonl", "--log", "same.jsonl"], /to "same.jsonl": it is the trace itself/],
      [["trace.jsonl", "--log", "./link.log"], /to "\.\/link.log": it is the trace itself/],
      [["trace.jsonl", "--vcd", "-", "--log", "-"], /to "-" twice: give each format a file/],
      [["trace.jsonl", "--vcd", "x", "--log", "./x"], /to "\.\/x" twice: give each format a file/],
      [["trace.jsonl", "--log", "no/x"], /write the export "no\/x": there is no such folder; make/],
      [["trace.jsonl", "--log", "bin"], /write the export "bin": it is a folder; give the path/],
      [["trace.jsonl", "--log", "/dev/full"], /"\/dev\/full": Deno keeps it from programs/],
      [["trace.jsonl", "--vcd", "x", "--channel", "GPIO 5"], /channel "GPIO 5": .*"GPIO 55"\?/],
      [["pipe.jsonl", "--vcd", "x"], /it is no file, and a trace is read more than once/],
    ] as const
  ) {
    const { code, stdout, stderr } = await hil(folder, ["export", ...args]);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, message);
  }
  assert.equal(await folder.read("trace.jsonl"), TRACE);
  await assert.rejects(folder.read("x"), Deno.errors.NotFound);
});

const written = (id: number, lba: number, more: object) => {
  const data = { drive: 0, id, operation: "write", lba, blocks: 1, status: "ok", ...more };
  return { seq: id + 1, t: id, type: "signal", channel: "requests", kind: "done", data };
};

/** A trace with these events behind the first step. */
function traceOf(...events: object[]): string {
  const step = { seq: 1, t: 0, type: "step.begin", id: 1, name: "write" };
  const lines = [JSON.parse(TRACE.split("\n")[0]!), step, ...events];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

Deno.test("a log of writes has the blocks in order, and the steps as marks", async () => {
  await using folder = await testFolder();
  const one = written(1, 7, { stamp: 5, whole: true });
  await folder.write("disk.jsonl", traceOf(one, written(2, 9, { stamp: 6, whole: true })));
  const done = await hil(folder, ["export", "disk.jsonl", "--dm-log-writes", "disk.log"]);
  assert.deepEqual([done.code, done.stdout], [0, "2 writes of drive 0: disk.log\n"], done.stderr);
  const view = new DataView((await Deno.readFile(`${folder.path}/disk.log`)).buffer);
  assert.equal(view.byteLength, 512 * 7);
  assert.equal(view.getBigUint64(16, true), 3n, "a mark and two writes");
  const sectors = [512, 1536, 2560].map((at) => Number(view.getBigUint64(at, true)));
  assert.deepEqual(sectors, [0, 7, 9]);
  assert.equal(view.getUint32(3072, true), 6);
});

Deno.test("a log of writes that would lack some is refused", async () => {
  await using folder = await testFolder();
  const torn = written(1, 7, { stamp: 5, whole: false });
  await folder.write("torn.jsonl", traceOf(torn));
  await folder.write("two.jsonl", traceOf(torn, written(2, 1, { drive: 1 })));
  await folder.write("none.jsonl", traceOf());
  for (
    const [name, message] of [
      [
        "torn",
        /writes of drive "0": of 1 of them the trace does not have the data; run the scenario/,
      ],
      ["two", /Cannot export a log of writes: it has 0, 1; choose one with --drive N/],
      ["none", /Cannot export a log of writes: no drive was written to; take the trace of a disk/],
    ] as const
  ) {
    const { code, stderr } = await hil(folder, ["export", `${name}.jsonl`, "--dm-log-writes", "x"]);
    assert.equal(code, 2);
    assert.match(stderr, message);
    await assert.rejects(folder.read("x"), Deno.errors.NotFound);
  }
});

Deno.test("a trace that was cut off and damaged is exported as far as it goes", async () => {
  await using folder = await testFolder();
  const bytes = { seq: 2, t: 1, type: "bytes", channel: "uart0", dir: "rx", base64: "no base64!" };
  const said = { seq: 3, t: 2, type: "bytes", channel: "uart0", dir: "rx", text: "log" };
  const frame = {
    seq: 4,
    t: 3,
    type: "signal",
    channel: "lan",
    kind: "sent",
    data: { frame: "?" },
  };
  await folder.write("cut.jsonl", `${traceOf(bytes, said, frame)}{"seq":5,"t":9,"ty`);
  const formats = [
    "--log",
    "a.log",
    "--perfetto",
    "a.json",
    "--vcd",
    "a.vcd",
    "--pcapng",
    "a.pcap",
  ];
  const done = await hil(folder, ["export", "cut.jsonl", ...formats]);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stderr, /cut\.jsonl: line 6 is cut off/);
  assert.match(
    await folder.read("a.log"),
    /\tstep\tbegin\twrite\n.*\n.*\tuart0\trx\tno base64!log\n/,
  );
  const { traceEvents } = JSON.parse(await folder.read("a.json"));
  assert.ok(traceEvents.some(({ ph, name }: { ph: string; name: string }) => ph === "B" && name));
  const piped = await hil(folder, ["export", "cut.jsonl", "--log", "-"]);
  assert.equal(piped.stdout, await folder.read("a.log"));
});

Deno.test("who reads may have had enough", async () => {
  await using folder = await testFolder();
  const bytes = { t: 1, type: "bytes", channel: "uart0", dir: "rx", text: `${"y".repeat(200)}\n` };
  const events = Array.from({ length: 5000 }, (_, i) => ({ seq: i + 2, ...bytes }));
  await folder.write("long.jsonl", traceOf(...events));
  const child = new Deno.Command(Deno.execPath(), {
    args: [...TASK, "export", "long.jsonl", "--log", "-"],
    cwd: ROOT,
    env: { INIT_CWD: folder.path },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  const reader = child.stdout.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /^# led /);
  await reader.cancel();
  assert.equal(await new Response(child.stderr).text(), "");
  assert.equal((await child.status).code, 0);
});
