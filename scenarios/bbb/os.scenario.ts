/**
 * The board's own operating system (sims/bbb/firmware/os), from U-Boot's `go` to applications in
 * user mode: what it says, how it shares the processor, and whose memory is whose.
 */
import { expect, measure, ms, scenario, seconds, step } from "hil";
import { beagleBone, OS_APPS_BLOCK } from "sims/bbb/mod.ts";
import { ask, askOne, FILES, osLab, pass, start, taskNamed, UP_LIMIT } from "./os_steps.ts";
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
const PRESSES = 12;

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
  { uses: osLab("true time"), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab), { board } = lab;
    await pass(board); // What the applications say first is out: an answer goes at once.
    const look = async () => {
      const { ticks, clock32k } = await askOne(os, "ticks");
      return { at: board.clock.now(), ticks: Number(ticks), clock32k: Number(clock32k) };
    };
    const before = await look();
    await pass(board, seconds(10));
    const after = await look();
    const hz = (after.ticks - before.ticks) / ((after.at - before.at) / 1e9);
    measure("tick", hz, { unit: "Hz", within: { min: TICK_HZ * 0.999, max: TICK_HZ * 1.001 } });
    const counts = (after.clock32k - before.clock32k) / (after.ticks - before.ticks);
    measure("counts of the 32-kHz clock per tick", counts, {
      unit: "counts",
      within: { min: 7.992, max: 8.008 },
    });
  },
);

scenario(
  "two applications share the processor evenly, and their registers survive",
  { uses: osLab("true time"), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab);
    const look = async () => [await taskNamed(os, "app1"), await taskNamed(os, "app2")];
    const before = await look();
    await pass(lab.board, seconds(5));
    const after = await look();
    const grown = (key: string) =>
      after.map((task, n) => Number(task[key]) - Number(before[n]![key]));
    const [first, second] = grown("work") as [number, number];
    measure("share of the first application", first / (first + second), {
      unit: "of both",
      within: { min: 0.49, max: 0.51 },
    });
    const [runs] = grown("runs") as [number];
    measure("turns of the first application", runs, {
      unit: "turns",
      within: { min: 240, max: 280 },
    });
    expect(after.map(({ bad, faults }) => [bad, faults]), "changed registers, faults")
      .toEqual([["0", "0"], ["0", "0"]]);
  },
);

scenario(
  "a yield is immediate, and its interrupt 95 is told apart from the timer's",
  { uses: osLab("true time"), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab), yields = 50;
    const before = await askOne(os, "irq");
    const { count, min, median, max } = await askOne(os, `yield ${yields}`, seconds(30));
    const after = await askOne(os, "irq"), { ticks } = await askOne(os, "ticks");
    expect(count, "switches").toBe(`${yields}`);
    measure("yield to switch, least", Number(min), { unit: "cycles" });
    measure("yield to switch, median", Number(median), { unit: "cycles", within: { max: 10_000 } });
    measure("yield to switch, most", Number(max), { unit: "cycles" });
    const grown = (key: string) => Number(after[key]) - Number(before[key]);
    expect(grown("software95"), "interrupts 95 of software").toBe(yields);
    expect(grown("neither95"), "interrupts 95 of nobody").toBe(0);
    expect(Number(after.spurious) + Number(after.unserved), "others of nobody").toBe(0);
    // Each tick is an interrupt of the timer, and none of them was taken for a yield.
    expect(Number(ticks) - Number(after.real95), "ticks since").toBeLessThan(TICK_HZ / 10);
    expect(Number(ticks) + 1, "ticks").toBeGreaterThan(Number(after.real95));
  },
);

scenario(
  "a button press turns the LED over from a handler in user memory, within 5 ms",
  { uses: osLab("gpio 66", "gpio 55"), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab), { board } = lab;
    const button = board.gpio.input(66), led = board.gpio.output(55);
    // At any time of a turn, of either application: both have other things at one address.
    for (let press = 0; press < PRESSES; press++) {
      const edge = await button.press({ hold: ms(7) });
      const kind = press % 2 === 0 ? "rise" : "fall";
      const toggle = await expect(led).toHappen({ kind, after: edge, within: ms(5) });
      measure(`press ${press + 1} to LED`, (toggle.t - edge.t) / 1e3, {
        unit: "us",
        within: { max: 5000 },
      });
      await pass(board, ms(20 + 3 * press));
    }
    const lines = await ask(os, "irq");
    const handlers = lines.find(({ handlers }) => handlers !== undefined)!;
    expect(Number(handlers.handlers), "calls of the handler").toBe(PRESSES);
    expect(Number(handlers.switched), "calls that interrupted others").toBeGreaterThan(0);
    expect(Number(handlers.switched), "the same").toBeLessThan(PRESSES);
    const handler = lines.find(({ handler }) => handler !== undefined)!;
    measure("interrupt entry to user handler, median", Number(handler.median), { unit: "cycles" });
    measure("interrupt entry to user handler, most", Number(handler.max), { unit: "cycles" });
    for (const name of ["app1", "app2"]) {
      const { faults, bad } = await taskNamed(os, name);
      expect([faults, bad], `faults and changed registers of ${name}`).toEqual(["0", "0"]);
    }
  },
);

scenario(
  "a stray pointer ends its application, and the other one works on",
  { uses: osLab(), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab), { board } = lab;
    for (
      const { where, address, cause } of [
        { where: "kernel", address: "0x80000000", cause: "permission" },
        { where: "other", address: "0x81100000", cause: "permission" },
        { where: "null", address: "0x00000000", cause: "translation" },
      ]
    ) {
      await step(`a pointer to ${where}`, async () => {
        await ask(os, `stray 1 ${where}`);
        const fault = await expect(os.events).toHappen({
          kind: "fault",
          where: ({ text }) => text.includes("name=app1") && text.includes(address),
          within: seconds(1),
        });
        expect(fault.data.text, "the reason").toContain(`cause=${cause}`);
        expect((await taskNamed(os, "app1")).state, "the first one").toBe("killed");
        const before = Number((await taskNamed(os, "app2")).work);
        await pass(board);
        const { work, faults, bad } = await taskNamed(os, "app2");
        expect(Number(work), "work of the other").toBeGreaterThan(before);
        expect([faults, bad], "faults of the other").toEqual(["0", "0"]);
        await ask(os, "start 1");
      });
    }
  },
);

scenario(
  "a handler with a stray pointer ends its application, and interrupts go on",
  { uses: osLab("gpio 66", "gpio 55"), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab), { board } = lab;
    const button = board.gpio.input(66), led = board.gpio.output(55);
    await ask(os, "stray 1 handler");
    await pass(board);
    const press = await button.press({ hold: ms(5) });
    const fault = await expect(os.events).toHappen({ kind: "fault", after: press, within: ms(50) });
    expect(fault.data.text, "what is told").toContain("handler=1");
    expect((await taskNamed(os, "app1")).state, "the application").toBe("killed");
    await ask(os, "start 1");
    await pass(board);
    const again = await button.press({ hold: ms(5) });
    await expect(led).toHappen({ kind: "rise", after: again, within: ms(5) });
  },
);

scenario(
  "reset by the shell comes back through U-Boot to the same system",
  { uses: osLab(), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab);
    await ask(os, "reset");
    await lab.board.console.waitFor("U-Boot", { within: BOOT_LIMIT });
    const again = await start(lab);
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
