/**
 * The board's own operating system (sims/bbb/firmware/os), from U-Boot's `go` to its tasks:
 * what it says, how it keeps time and shares the processor.
 */
import { expect, measure, scenario, seconds, step } from "hil";
import { beagleBone, OS_APPS_BLOCK } from "sims/bbb/mod.ts";
import {
  APPS,
  ask,
  askOne,
  bringUp,
  clocks,
  CRYSTAL_HZ,
  FILES,
  measureSamples,
  osLab,
  pass,
  passOnBoard,
  since,
  start,
  taskNamed,
  UP_LIMIT,
} from "./os_steps.ts";
import { BLOCK_BYTES, BOOT_LIMIT, setAddresses } from "./steps.ts";

const BANNER = [
  "os: BeagleBone Black kernel",
  "os: mmu on",
  "os: interrupts on",
  "os: tick 4096 Hz, quantum 10 ms",
  /os: emmc [1-9]\d* blocks, sector addressing, 8 bit/,
  "os: 2 applications from block 0x28000",
  "System is up",
];
const TICK_HZ = 4096;
/** Of the eMMC: where U-Boot reads the kernel from. */
const OS_BLOCK = 0x20000;

scenario(
  "the operating system comes up line by line, and its shell answers",
  { uses: osLab(), timeout: seconds(120), tags: ["rehearsal"] },
  async ({ board, tftp }) => {
    const uboot = await step("U-Boot", () => board.toUboot({ within: BOOT_LIMIT }));
    await step("load", async () => {
      await setAddresses(uboot, tftp);
      await uboot.run("tftpboot 0x90000000 apps.bin");
      await uboot.run("mmc dev 1");
      await uboot.run("mmc write 0x90000000 0x28000 0x100");
      await uboot.run("tftpboot 0x80000000 os.bin");
    });
    const from = board.clock.now();
    await uboot.go(0x8000_0000);
    for (const line of BANNER) await board.console.waitFor(line, { within: seconds(10) });
    measure("go to System is up", (board.clock.now() - from) / 1e6, { unit: "ms" });
    const os = await step("it is there already", () => board.toOs({ tftp, within: UP_LIMIT }));
    expect((await askOne(os, "version")).tick_hz, "the tick").toBe(`${TICK_HZ}`);
  },
);

scenario(
  "the tick is 4096 Hz within 0.1 % over ten seconds of the board",
  { uses: osLab(), timeout: seconds(120), tags: ["rehearsal"] },
  async (lab) => {
    const os = await start(lab);
    const { ticks, clock32k, clock24m } = await passOnBoard(lab, os, seconds(10));
    const hz = (count: number) => count / clock24m * CRYSTAL_HZ;
    const near = (value: number) => ({ min: value * 0.999, max: value * 1.001 });
    measure("tick, by the crystal", hz(ticks), { unit: "Hz", within: near(TICK_HZ) });
    measure("32-kHz clock, by the crystal", hz(clock32k), { unit: "Hz", within: near(32_768) });
    measure("counts of the 32-kHz clock per tick", clock32k / ticks, {
      unit: "counts",
      within: near(32_768 / TICK_HZ),
    });
  },
);

scenario(
  "the board's crystal keeps time with the bench's clock",
  { uses: osLab("true time"), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab), { board } = lab;
    await pass(board); // What the applications say first is out: an answer goes at once.
    const look = async () => ({ ...await clocks(os), at: board.clock.now() });
    const before = await look();
    await pass(board, seconds(5));
    const after = await look();
    const hz = since(before, after).clock24m / ((after.at - before.at) / 1e9);
    measure("crystal", hz, { unit: "Hz", within: { min: 23_976_000, max: 24_024_000 } });
  },
);

scenario(
  "two applications share the processor evenly, and their registers survive",
  { uses: osLab(), timeout: seconds(120), tags: ["rehearsal"] },
  async (lab) => {
    const os = await start(lab);
    const look = async () => {
      const tasks = await ask(os, "tasks");
      return APPS.map((app) => tasks.find(({ name }) => name === app)!);
    };
    const before = await look();
    const { clock24m } = await passOnBoard(lab, os, seconds(5));
    const after = await look();
    const grown = (key: string) =>
      after.map((task, n) => Number(task[key]) - Number(before[n]![key]));
    const [first, second] = grown("work") as [number, number];
    measure("share of the first application", first / (first + second), {
      unit: "of both",
      within: { min: 0.49, max: 0.51 },
    });
    const [runs] = grown("runs") as [number];
    // Who is interrupted by a task that has woken has one more.
    measure("turns of the first application", runs / clock24m * CRYSTAL_HZ, {
      unit: "turns/s",
      within: { min: 48, max: 60 },
    });
    expect(after.map(({ bad, faults }) => [bad, faults]), "changed registers, faults")
      .toEqual([["0", "0"], ["0", "0"]]);
    expect(after.map(({ asid }) => asid), "their ASIDs").toEqual(["1", "2"]);
  },
);

scenario(
  "a yield is immediate, and its interrupt 95 is told apart from the timer's",
  { uses: osLab(), timeout: seconds(120), tags: ["rehearsal"] },
  async (lab) => {
    const os = await start(lab), yields = 50;
    const before = await askOne(os, "irq");
    const samples = await askOne(os, `yield ${yields}`, seconds(30));
    const after = await askOne(os, "irq");
    expect(samples.count, "switches").toBe(`${yields}`);
    measureSamples("yield to switch", samples, { median: 5000, max: 50_000 });
    const grown = (key: string) => Number(after[key]) - Number(before[key]);
    expect(grown("software95"), "interrupts 95 of software").toBe(yields);
    expect(grown("neither95"), "interrupts 95 of nobody").toBe(0);
    expect(Number(after.spurious) + Number(after.unserved), "others of nobody").toBe(0);
    // Each tick is an interrupt of the timer, and none of them was taken for a yield.
    const ticks = grown("clock32k") * TICK_HZ / 32_768;
    measure("timer's interrupts 95 beyond the ticks that have passed", grown("real95") - ticks, {
      unit: "interrupts",
      within: { min: -1, max: 1 },
    });
  },
);

scenario(
  "reset by the shell comes back through U-Boot to the same system",
  { uses: osLab(), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab);
    await ask(os, "reset");
    await lab.board.console.waitFor("U-Boot", { within: BOOT_LIMIT });
    const again = await bringUp(lab);
    expect((await askOne(again, "version")).os, "who answers").toBe("bbb");
  },
);

scenario(
  "the system that lies on the eMMC starts without a network",
  {
    uses: { board: beagleBone({ emmc: { uboot: "bookworm" }, needs: ["storage"] }) },
    timeout: seconds(120),
  },
  async ({ board }) => {
    await board.emmc.write(OS_BLOCK, wholeBlocks(FILES["os.bin"]));
    await board.emmc.write(OS_APPS_BLOCK, wholeBlocks(FILES["apps.bin"]));
    const os = await step("start it", () => board.toOs({ within: UP_LIMIT }));
    expect((await taskNamed(os, "app2")).faults, "faults").toBe("0");
  },
);

function wholeBlocks(bytes: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(BLOCK_BYTES * Math.ceil(bytes.length / BLOCK_BYTES));
  blocks.set(bytes);
  return blocks;
}
