import assert from "node:assert/strict";
import { formatPcapng, onReading } from "../trace/mod.ts";
import { importPackets } from "../replay/mod.ts";
import { INTERRUPTED } from "../runner/interrupt.ts";
import { interruptible } from "./interruptible.ts";
import { hil, TASK, type TestFolder, testFolder } from "./_testing.ts";
import { importFile } from "./import.ts";
import { ROOT } from "./paths.ts";

const LOG = "[    0.500000] booting\r\n[    1.750000] disk ready\r\nlogin: ";
const FRAME = Uint8Array.fromHex("ffffffffffff020000000001080600010800060400");

async function lab(): Promise<TestFolder> {
  const folder = await testFolder();
  await folder.write("boot.log", LOG);
  const packets = [5, 2].map((ms) => ({ t: 5e15 + ms * 1e6, channel: "eth0", bytes: FRAME }));
  await Deno.writeFile(`${folder.path}/lan.pcapng`, formatPcapng(packets));
  return folder;
}

Deno.test("a log becomes a trace that diff and export take", async () => {
  await using folder = await lab();
  const done = await hil(folder, ["import", "boot.log", "--channel", "com1"]);
  assert.deepEqual([done.code, done.stderr], [
    0,
    "hil: boot.log: 1 lines without a time have that of the line before\n",
  ]);
  assert.match(done.stdout, /^3 lines, times: kernel: .*boot\.jsonl\n$/);
  const [header, ...events] = (await folder.read("boot.jsonl")).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(header.scenario, "boot.log");
  assert.deepEqual(events.map(({ t, text, type }) => [t, text ?? type]), [
    [0, "[    0.500000] booting\r\n"],
    [1.25e9, "[    1.750000] disk ready\r\n"],
    [1.25e9, "login: "],
    [1.25e9, "end"],
  ]);
  await folder.write("red.log", LOG.replace("ready", "error").replace("0.5", "0.7"));
  const other = await hil(folder, ["import", "red.log", "-o", "red.jsonl", "--channel", "com1"]);
  assert.equal(other.code, 0);
  const diff = await hil(folder, ["diff", "boot.jsonl", "red.jsonl"]);
  assert.equal(diff.code, 1);
  assert.match(diff.stdout, /^\+ .*com1: \[ {4}1\.750000\] disk error$/m);
  const vcd = await hil(folder, ["export", "boot.jsonl", "--vcd", "-"]);
  assert.match(vcd.stdout, /\$var string 1 ! com1\.rx \$end/);
});

Deno.test("a capture becomes a trace, and one again; of one that is cut off, what is there", async () => {
  await using folder = await lab();
  const done = await hil(folder, ["import", "lan.pcapng"]);
  assert.deepEqual([done.code, done.stderr], [0, ""]);
  assert.match(done.stdout, /^2 packets of 1 interface: .*lan\.jsonl\n$/);
  const events = (await folder.read("lan.jsonl")).trimEnd().split("\n").slice(1)
    .map((line) => JSON.parse(line));
  assert.deepEqual(events.map(({ t, channel }) => [t, channel]).slice(0, 2), [
    [3_000_000, "eth0"],
    [0, "eth0"],
  ]);
  assert.equal(events[0].data.frame, FRAME.toBase64());
  assert.equal((await hil(folder, ["export", "lan.jsonl", "--pcapng", "again.pcapng"])).code, 0);
  await hil(folder, ["import", "again.pcapng"]);
  assert.equal(
    (await hil(folder, ["diff", "lan.jsonl", "again.jsonl", "--keep", "times"])).code,
    0,
  );
  const file = await Deno.readFile(`${folder.path}/lan.pcapng`);
  await Deno.writeFile(`${folder.path}/cut.pcapng`, file.subarray(0, file.length - 9));
  const cut = await hil(folder, ["import", "cut.pcapng"]);
  assert.equal(cut.code, 0);
  assert.match(cut.stdout, /^1 packet of/);
  assert.match(cut.stderr, /cut\.pcapng: Cannot read more of the capture at byte "\d+"/);
});

Deno.test("who waits for a capture is told how far it is, over both times that it is read", async () => {
  await using folder = await testFolder();
  const file = `${folder.path}/long.pcapng`;
  const bytes = new Uint8Array(60_000);
  const packets = Array.from({ length: 40 }, (_, t) => ({ t, channel: "eth0", bytes }));
  await Deno.writeFile(file, formatPcapng(packets));
  const { size } = await Deno.stat(file);
  const told: (number | undefined)[] = [];
  onReading((of, bytes) => {
    assert.equal(of, file);
    told.push(bytes === undefined ? undefined : bytes / size);
  });
  try {
    assert.equal(await importFile([file]), 0);
  } finally {
    onReading(undefined);
  }
  assert.equal(told.pop(), undefined);
  const shares = told as number[];
  assert.deepEqual(shares, shares.toSorted((a, b) => a - b));
  for (const [from, to] of [[0, 0.1], [0.1, 0.2], [0.2, 0.5], [0.5, 0.8], [0.8, 1]] as const) {
    assert.ok(shares.some((share) => share > from && share < to), `${from} to ${to}: ${shares}`);
  }
});

Deno.test("what is wrong with an import is said", async () => {
  await using folder = await lab();
  await folder.write("empty.log", "");
  await folder.write("trace.jsonl", '{"trace":1}\n');
  await Deno.writeFile(`${folder.path}/random`, Uint8Array.from({ length: 99 }, (_, i) => i % 7));
  const chance = Uint8Array.from({ length: 4096 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 20);
  await Deno.writeFile(`${folder.path}/photo.jpg`, chance);
  await new Deno.Command("mkfifo", { args: [`${folder.path}/pipe.log`] }).output();
  await Deno.writeFile(`${folder.path}/x.gz`, Uint8Array.of(0x1f, 0x8b, 8, 0));
  await Deno.writeFile(`${folder.path}/bare.pcap`, Uint8Array.fromHex("d4c3b2a10200"));
  await hil(folder, ["import", "boot.log"]);
  for (
    const [args, message] of [
      [[], /Cannot import 0 files/],
      [["missing.log"], /Cannot import "missing.log": there is no such file/],
      [["bin"], /it is no file/],
      [["empty.log"], /it is empty; give a log with lines/],
      [["random"], /neither text nor a capture/],
      [["photo.jpg"], /neither text nor a capture/],
      [["pipe.log"], /it is no file/],
      [["x.gz"], /it is compressed; unpack it first/],
      [["trace.jsonl"], /it is a trace already/],
      [["bare.pcap"], /it ends in its header/],
      [["boot.log"], /there is a ".*boot\.jsonl" already; give another by --out/],
      [["boot.log", "--format", "kernal"], /did you mean "kernel"\?/],
    ] as const
  ) {
    const { code, stderr } = await hil(folder, ["import", ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
  assert.match((await hil(folder, ["import", "--help"])).stdout, /^ {2}grabserial/m);
});

Deno.test("of an import that the disk refuses nothing is left", async () => {
  await using folder = await lab();
  const words = [Deno.execPath(), ...TASK, "import", "boot.log"].map((word) => `'${word}'`);
  // The smallest disk there is: no file may have a byte.
  const script = `trap '' XFSZ; ulimit -f 0; exec ${words.join(" ")}`;
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", script],
    cwd: ROOT,
    env: { INIT_CWD: folder.path, NO_COLOR: "1" },
  }).output();
  assert.equal(code, 2);
  assert.match(new TextDecoder().decode(stderr), /Cannot write the trace ".*boot\.jsonl": /);
  await assert.rejects(Deno.stat(`${folder.path}/boot.jsonl`), Deno.errors.NotFound);
});

Deno.test("an import that is interrupted leaves nothing of a trace", async () => {
  await using folder = await testFolder();
  const to = `${folder.path}/lan.jsonl`;
  const heard = Promise.withResolvers<void>();
  function* packets() {
    for (let nanoseconds = 0;; nanoseconds++) {
      yield { seconds: 0, nanoseconds, channel: "eth0", data: { frame: "" } };
      if (nanoseconds === 9_000 && ++passes === 2) Deno.kill(Deno.pid, "SIGHUP");
      if (passes < 2 && nanoseconds === 9_000) return;
    }
  }
  let passes = 0;
  const code = await interruptible(async (signal) => {
    signal.addEventListener("abort", () => {
      assert.ok(Deno.statSync(to).isFile);
      heard.resolve();
    });
    await importPackets(packets, { to, scenario: "lan", file: "lan", signal });
    return 0;
  });
  await heard.promise;
  assert.equal(code, INTERRUPTED);
  assert.throws(() => Deno.statSync(to), Deno.errors.NotFound);
});
