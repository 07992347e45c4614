/** What `hil export` writes, opened by the programs that it is for. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { Browser, browserAvailable } from "../drivers/browser/mod.ts";
import { HostClock } from "../drivers/host_clock.ts";
import { Timeline, type TraceBody, TraceWriter } from "../trace/mod.ts";
import { hil, type TestFolder, testFolder } from "./_testing.ts";
import { findTool } from "./tools.ts";

const MS = 1_000_000;
/** An ARP request, from the destination address on. */
const FRAME = Uint8Array.fromHex(
  "ffffffffffff02000000000108060001080006040001020000000001c6336402000000000000c6336401",
).toBase64();

const HAPPENED: readonly (readonly [t: number, body: TraceBody])[] = [
  [0, { type: "step.begin", id: 1, name: "boot the kernel" }],
  [1 * MS, { type: "step.begin", id: 2, parent: 1, name: "wait for the prompt" }],
  [2 * MS, { type: "signal", channel: "GPIO 55", kind: "rise" }],
  [3 * MS, { type: "bytes", channel: "uart0", dir: "rx", text: "=> \n" }],
  [4 * MS, { type: "signal", channel: "lan", kind: "sent", data: { frame: FRAME } }],
  [5 * MS, { type: "signal", channel: "GPIO 55", kind: "fall" }],
  [6 * MS, { type: "step.end", id: 2, ok: true }],
  [9 * MS, { type: "step.end", id: 1, ok: true }],
  [9 * MS, { type: "measure", name: "latency", value: 3, unit: "ms", verdict: "pass" }],
  [9 * MS, { type: "end", outcome: "passed" }],
];

async function exported(folder: TestFolder, ...args: string[]): Promise<void> {
  const header = { trace: 2, scenario: "led", file: "led.scenario.ts", line: 1, seed: 7 };
  const rest = { bench: "b", targets: {}, environment: {} };
  const writer = TraceWriter.create(`${folder.path}/trace.jsonl`, { ...header, ...rest });
  for (const [t, body] of HAPPENED) writer.append(body, { t });
  writer.close();
  const { code, stderr } = await hil(folder, ["export", "trace.jsonl", ...args]);
  assert.deepEqual([code, stderr], [0, ""]);
}

async function output(command: string, args: readonly string[]): Promise<string> {
  const made = await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
  assert.equal(made.code, 0, new TextDecoder().decode(made.stderr));
  return new TextDecoder().decode(made.stdout);
}

function needs(...tools: string[]): boolean {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  if (missing.length > 0) {
    console.log(`skipped: no ${missing.join(", ")}; deno task hil doctor --install`);
  }
  return missing.length > 0;
}

Deno.test({
  name: "GTKWave's reader has the waveforms as they were",
  ignore: needs("vcd2fst", "fst2vcd"),
  fn: async () => {
    await using folder = await testFolder();
    await exported(folder, "--vcd", "led.vcd");
    await output("vcd2fst", [`${folder.path}/led.vcd`, `${folder.path}/led.fst`]);
    const read = await output("fst2vcd", [`${folder.path}/led.fst`]);
    const [, id] = read.match(/\$var wire 1 (\S+) GPIO_55 \$end/)!;
    const changes = read.slice(read.indexOf("$enddefinitions")).replace(
      /\$dumpvars\n|\$end\n/g,
      "",
    );
    assert.ok(changes.includes(`#${2 * MS}\n1${id}\n`), changes);
    assert.ok(changes.includes(`#${5 * MS}\n0${id}\n`), changes);
    const [, name] = read.match(/\$var string \d+ (\S+) uart0\.rx \$end/)!;
    assert.ok(changes.includes(`#${3 * MS}\ns=>\\040\\n ${name}\n`), changes);
  },
});

Deno.test({
  name: "tshark reads the packets",
  ignore: needs("tshark"),
  fn: async () => {
    await using folder = await testFolder();
    await exported(folder, "--pcapng", "led.pcapng");
    const file = `${folder.path}/led.pcapng`;
    const fields = ["frame.time_epoch", "frame.interface_name", "arp.dst.proto_ipv4"];
    const args = ["-r", file, "-T", "fields", ...fields.flatMap((field) => ["-e", field])];
    assert.match(await output("tshark", args), /^\S*0\.004000000\S*\tlan\t198\.51\.100\.1\n$/);
  },
});

/** What speedscope has understood, as it gives it away again. */
interface Speedscope {
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
  readonly profiles: readonly {
    readonly name: string;
    readonly events: readonly {
      readonly type: string;
      readonly at: number;
      readonly frame: number;
    }[];
  }[];
}

const browser = await browserAvailable();
if (!browser.ok) console.log(`skipped: ${browser.reason}; ${browser.remedy}`);

Deno.test({
  name: "speedscope shows the steps, each within the other",
  ignore: !browser.ok,
  fn: async () => {
    await using folder = await testFolder();
    await exported(folder, "--perfetto", "led.json");
    await import("speedscope/package.json", { with: { type: "json" } });
    const page = createRequire(import.meta.url).resolve("speedscope/dist/release/index.html");
    const profile = (await Deno.readFile(`${folder.path}/led.json`)).toBase64();
    await folder.write("load.js", `speedscope.loadFileFromBase64("led.json", "${profile}")`);
    const timeline = new Timeline({ write: () => {} });
    const clock = timeline.clock = new HostClock(timeline);
    const { path } = folder;
    await using chromium = await Browser.open({
      ...{ timeline, clock, tempDir: path, attachmentsDir: path },
    });
    const tab = await chromium.tab("speedscope");
    await tab.page.goto(`file://${page}#localProfilePath=${path}/load.js`);
    await tab.page.getByText(/scenario.*steps/).first().waitFor();
    const saved = tab.page.waitForEvent("download");
    await tab.page.getByText("Export").click();
    await (await saved).saveAs(`${path}/back.json`);
    const { shared, profiles } = JSON.parse(await folder.read("back.json")) as Speedscope;
    const steps = profiles.find(({ name }) => name.includes("steps"))!;
    assert.deepEqual(
      steps.events.map(({ type, at, frame }) => [type, at, shared.frames[frame]!.name]),
      [
        ["O", 0, "boot the kernel"],
        ["O", 1000, "wait for the prompt"],
        ["C", 6000, "wait for the prompt"],
        ["C", 9000, "boot the kernel"],
      ],
    );
  },
});
