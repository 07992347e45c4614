/** The operating system on the board itself, where a scenario's port does not reach. */
import assert from "node:assert/strict";
import { ms, seconds } from "hil";
import { checkedLines, openConsole, promptShell, ShellSwitch } from "hil/drivers/console/mod.ts";
import { Timeline } from "hil/trace/mod.ts";
import { Board } from "sims/bbb/board.ts";
import { WasmTier } from "sims/bbb/cpu/jit/mod.ts";
import { cachedUboot } from "sims/bbb/debian/mod.ts";
import { Random } from "sims/engine/mod.ts";
import { labOf } from "sims/bbb/lab.ts";
import { SerialLink } from "sims/bbb/serial_link.ts";
import { emmcOf } from "sims/bbb/targets/cards.ts";
import { OS_APPS_BLOCK, OS_BASE, osFiles } from "./build.ts";
import { xorshift } from "./pattern.ts";

/** Fetched by the set-up of the scenarios. */
const ignore = await cachedUboot("bookworm") === undefined;

/** A board on which it runs; U-Boot has set up clocks and memory, and was spared the loading. */
async function up() {
  const timeline = new Timeline({ write: () => {} });
  const { clock } = labOf(timeline);
  const board = new Board({ clock: clock.board, emmc: await emmcOf({ uboot: "bookworm" }) });
  board.cpu.tier = new WasmTier(board.cpu.core);
  const link = new SerialLink({ name: "UART0", clock: clock.board, uart: board.soc.uarts[0]! });
  board.soc.uarts[0]!.connect(link);
  const shell = new ShellSwitch(promptShell({ prompt: "=> " }));
  const console = openConsole({ name: "uart0", link, timeline, clock, shell });
  board.powerOn();
  await console.waitFor("autoboot", { within: seconds(10) });
  await console.write(" ");
  await console.waitFor("=> ", { within: seconds(5) });
  const { "os.bin": kernel, "apps.bin": apps } = await osFiles();
  board.soc.memory.load(OS_BASE, kernel);
  await board.emmc.storage.write(OS_APPS_BLOCK, apps);
  const events: string[] = [];
  shell.use(checkedLines({ onEvent: (text) => void events.push(text) }));
  await console.write(`go 0x${OS_BASE.toString(16)}\n`);
  await console.waitFor("System is up", { within: seconds(5) });
  const run = async (command: string) => {
    const { output, status } = await console.run(command, { within: seconds(30) });
    return `${status} ${output}`;
  };
  return { board, clock, console, run, events, [Symbol.asyncDispose]: () => console.close() };
}

function onBoard(name: string, fn: (lab: Awaited<ReturnType<typeof up>>) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using lab = await up();
      await fn(lab);
    },
  });
}

onBoard("three UARTs at full speed, both ways at once, lose nothing", async (lab) => {
  const { board, clock, run } = lab;
  const bytes = 10_000;
  const heard = new Map<number, number[]>();
  for (const n of [1, 4, 5]) {
    const link = new SerialLink({
      ...{ name: `UART${n}`, clock: clock.board, uart: board.soc.uarts[n]! },
    });
    board.soc.uarts[n]!.connect(link);
    heard.set(n, []);
    link.listen((chunk) => void heard.get(n)!.push(...chunk), () => {});
    if (n === 5) await run("uart 5 echo on");
    else await run(`uart ${n} send ${bytes} ${n}`);
    await link.write(xorshift(bytes, 77));
  }
  const all = () => [...heard.values()].every(({ length }) => length >= bytes) || undefined;
  assert.ok(await clock.until(all, seconds(3)), "all is there in three seconds");
  assert.deepEqual(heard.get(1), [...xorshift(bytes, 1)]);
  assert.deepEqual(heard.get(4), [...xorshift(bytes, 4)]);
  assert.deepEqual(heard.get(5), [...xorshift(bytes, 77)], "the echo");
  for (const n of [1, 4, 5]) {
    const told = await run(`uart ${n} count`);
    assert.match(told, /^0 uart=\d received=10000 .* sent=10000 /);
    assert.match(told, /unsent=0 overruns=0 damaged=0 dropped=0$/);
  }
});

onBoard("each application runs under an ASID and a page table of its own", ({ board }) => {
  const { cp15, core } = board.cpu;
  const spaces = new Set<string>();
  for (let turn = 0; turn < 60; turn++) {
    board.clock.runTo(board.clock.now() + ms(3.7).ns);
    if (core.privileged) continue;
    spaces.add(`ASID ${cp15.get("CONTEXTIDR")}, table ${cp15.get("TTBR0").toString(16)}`);
  }
  const [first, second, ...more] = [...spaces].sort();
  assert.deepEqual(more, []);
  assert.match(first!, /^ASID 1, /);
  assert.match(second!, /^ASID 2, /);
  assert.notEqual(first!.slice(8), second!.slice(8), "tables");
  return Promise.resolve();
});

onBoard("a panic says what happened, and the processor sleeps", async (lab) => {
  const { board, clock, console } = lab;
  const dying = console.run("panic", { within: seconds(1) }).catch(() => {});
  await console.waitFor(
    /panic: data abort: write of 00000004: translation, section/,
    { within: seconds(1) },
  );
  await console.waitFor(/task=shell cpsr=\w{8} pc=8000\w{4}/, { within: seconds(1) });
  await console.waitFor("panic end", { within: seconds(1) });
  await dying;
  const { instructions } = board.cpu;
  await clock.until(() => undefined, ms(100));
  assert.equal(board.cpu.instructions, instructions);
});

onBoard(
  "an eMMC that takes too long is an error with its reason; later it works again",
  async (lab) => {
    const { board, run } = lab;
    assert.equal(await run("emmc write 262144 4 9"), "0 written=4");
    board.emmc.slowness = 10_000_000;
    assert.match(await run("emmc read 262144"), /^2 detail=0x00000000\ntimeout$/);
    board.emmc.slowness = 1;
    assert.equal(await run("emmc check 262144 4 9"), "0 good=4 bad=0");
  },
);

onBoard(
  "an interrupt that its handler does not end is taken away, and all goes on",
  async (lab) => {
    const { console, run } = lab;
    await console.waitFor("app2: eeprom 0030", { within: seconds(1) });
    // GPA is compared with DEFVAL, from which it differs for good.
    assert.equal(await run("expander write 0x08 0xff"), "0 ");
    const task = /name=app2 .* work=(\d+) faults=0 bad=0 state=(?:ready|running)/;
    const before = Number(task.exec(await run("tasks"))?.[1]);
    await lab.clock.until(() => undefined, ms(50));
    assert.ok(Number(task.exec(await run("tasks"))?.[1]) > before);
    assert.deepEqual(lab.events, ["flood gpio=60 name=app2"]);
  },
);

/** Those that end the board or take for ever are not among them. */
// deno-fmt-ignore
const WORDS = [
  ...["version", "ticks", "tasks", "irq", "gpio", "expander", "eeprom", "emmc", "uart", "start"],
  ...["get", "set", "watch", "rise", "high", "none", "read", "write", "check", "follow", "status"],
  ...["count", "echo", "on", "off", "clear", "0", "1", "2", "5", "66", "127", "0x15", "0xff"],
  ...["300", "4294967296", "-1", "0x", "0xg", "00ff", "abc", "é", "%s%n", "x".repeat(90)],
];

onBoard("any words are answered with a status, and the shell lives on", async ({ run }) => {
  const random = new Random("words of the shell");
  for (let round = 0; round < 150; round++) {
    const count = 1 + random.below(6);
    const words = Array.from({ length: count }, () => WORDS[random.below(WORDS.length)]).join(" ");
    assert.match(await run(words), /^[012] /, words);
  }
  assert.match(await run("version"), /^0 os=bbb /);
});

onBoard("commands that make no sense are refused with a reason", async ({ run }) => {
  for (
    const command of [
      ...["nonsense", "gpio", "gpio get 128", "gpio set 55 2", "gpio watch 66 sometimes"],
      ...["expander read 0x16", "eeprom read 0x8000 1", "eeprom write 0 abc", "emmc read"],
      ...["emmc write 1 0 1", "uart 0 count", "uart 6 count", "uart 1 send 5 0", "yield many"],
      ...["stray 9 null", "stray 1 nowhere", "start 0"],
    ]
  ) assert.match(await run(command), /^1 /, command);
  assert.equal(await run("eeprom read 0x7fff 2"), "2 out of range");
  assert.equal(await run("start 1"), "2 bad argument", "it runs");
});
