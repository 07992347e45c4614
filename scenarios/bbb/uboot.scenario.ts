/**
 * Debian's own U-Boot on the board, byte for byte: from the boot ROM to the prompt, by script to a
 * program that was loaded by TFTP, and what it does when something is missing or broken.
 */
import { crc32 } from "node:zlib";
import { expect, measure, ms, scenario, seconds, step } from "hil";
import {
  beagleBone,
  helloProgram,
  OS_APPS_BLOCK,
  OS_APPS_BLOCKS,
  simulatedBeagleBone,
  tftpServer,
} from "sims/bbb/mod.ts";
import { BLOCK_BYTES, BOOT_LIMIT, bootToPrompt, pattern, setAddresses } from "./steps.ts";

/** As the mission has it; the addresses are those of the lab's network. */
const UENV = "uenvcmd=set ipaddr 198.51.100.2; set serverip 198.51.100.1; " +
  "tftp 0x80000000 os.bin; tftp 0x90000000 apps.bin; mmc dev 1; " +
  "mmc write 0x90000000 0x28000 0x100; go 0x80000000\n";
const APPS = pattern(OS_APPS_BLOCKS);
const FILES = { "os.bin": await helloProgram(), "apps.bin": APPS };
const UP_LIMIT = seconds(30);

const hex = (value: number) => value.toString(16);

scenario(
  "the boot ROM finds MLO on the eMMC, and U-Boot comes to its prompt and knows the board",
  { uses: { board: beagleBone({ emmc: { uboot: "bookworm" } }) }, timeout: seconds(60) },
  async ({ board }) => {
    await board.power.on();
    const on = board.clock.now();
    await step("SPL", () => board.console.waitFor("U-Boot SPL 2023.01", { within: BOOT_LIMIT }));
    await board.console.waitFor("Trying to boot from MMC2", { within: BOOT_LIMIT });
    await step("U-Boot", async () => {
      for (
        const line of [
          "U-Boot 2023.01",
          "CPU  : AM335X-GP rev 2.1",
          "Model: TI AM335x BeagleBone Black",
          "DRAM:  512 MiB",
          "NAND:  0 MiB",
          "Net:   eth2: ethernet@4a100000",
        ]
      ) await board.console.waitFor(line, { within: BOOT_LIMIT });
    });
    const uboot = await board.uboot.interrupt({ within: BOOT_LIMIT });
    measure("power-on to prompt", (board.clock.now() - on) / 1e9, {
      unit: "s",
      within: { max: 10 },
    });
    await step("the prompt works", async () => {
      expect(await uboot.run("echo $board_name"), "the board's name").toBe("A335BNLT");
      expect(await uboot.run("mmc list"), "the slots").toMatch(/OMAP SD\/MMC: 1/);
      expect((await uboot.attempt("false")).status, "the status of false").toBe(1);
    });
  },
);

scenario(
  "uEnv.txt of the mission: TFTP, the applications onto the eMMC, and the kernel is started",
  {
    uses: {
      board: beagleBone({
        sd: { uboot: "bullseye", files: { "uEnv.txt": UENV } },
        s2: true,
        needs: ["gpio 66", "gpio 55"],
      }),
      tftp: tftpServer({ root: "fixtures/tftp", files: FILES }),
    },
    timeout: seconds(120),
    tags: ["rehearsal"],
  },
  async ({ board, tftp }) => {
    await board.power.on();
    await step("uEnv.txt is run", async () => {
      await board.console.waitFor("U-Boot 2021.01", { within: BOOT_LIMIT });
      await board.console.waitFor("Running uenvcmd", { within: BOOT_LIMIT });
    });
    await step("both files come", async () => {
      for (const [file, bytes] of Object.entries(FILES)) {
        await expect(tftp.requests).toHappen({
          kind: "done",
          where: (data) => data.file === file && data.bytes === bytes.length,
          within: UP_LIMIT,
        });
      }
    });
    await board.console.waitFor(/256 blocks written: OK/, { within: UP_LIMIT });
    await step("the kernel runs", async () => {
      await board.console.waitFor("Starting application at 0x80000000", { within: UP_LIMIT });
      await board.console.waitFor("System is up", { within: UP_LIMIT });
    });
    await step("the button turns the LED over", async () => {
      const button = board.gpio.input(66), led = board.gpio.output(55);
      for (const kind of ["rise", "fall"]) {
        const press = await button.press({ hold: ms(20) });
        const toggle = await expect(led).toHappen({ kind, after: press, within: ms(5) });
        measure(`press to ${kind}`, (toggle.t - press.t) / 1e3, {
          unit: "us",
          within: { max: 5e3 },
        });
        await board.console.waitFor("pressed", { within: UP_LIMIT });
        await board.clock.until(() => undefined, ms(40)); // The finger is off again.
      }
    });
    await step("the applications lie on the eMMC", async () => {
      const uboot = await board.toUboot({ within: UP_LIMIT });
      await uboot.run("mmc dev 1");
      await uboot.run(`mmc read 0x82000000 0x${hex(OS_APPS_BLOCK)} 0x${hex(OS_APPS_BLOCKS)}`);
      const said = await uboot.run(`crc32 0x82000000 0x${hex(APPS.length)}`);
      expect(said, "the CRC of what lies at block 0x28000").toContain(
        `==> ${hex(crc32(APPS)).padStart(8, "0")}`,
      );
    });
  },
);

scenario(
  "boot.scr on the eMMC runs to the program",
  {
    uses: {
      board: beagleBone({
        emmc: {
          uboot: "bookworm",
          bootScript: [
            "echo script begins",
            "setenv ipaddr 198.51.100.2",
            "setenv serverip 198.51.100.1",
            "tftpboot 0x80000000 os.bin",
            "go 0x80000000",
          ].join("\n"),
        },
      }),
      tftp: tftpServer({ files: FILES }),
    },
    timeout: seconds(120),
    tags: ["rehearsal"],
  },
  async ({ board }) => {
    await board.power.on();
    for (const text of ["Found U-Boot script /boot.scr", "script begins", "System is up"]) {
      await board.console.waitFor(text, { within: UP_LIMIT });
    }
  },
);

scenario(
  "what mmc write writes is on the eMMC, and what it reads back is that",
  {
    uses: { board: beagleBone({ emmc: { uboot: "bookworm" } }) },
    timeout: seconds(60),
    tags: ["rehearsal"],
  },
  async ({ board }) => {
    const uboot = await bootToPrompt(board);
    const around = await board.emmc.read(0x3fff, 10);
    await uboot.run("mmc dev 1");
    await uboot.run("mw.l 0x82000000 0xcafe0001 0x400"); // Eight blocks of one word.
    expect(await uboot.run("mmc write 0x82000000 0x4000 8"), "the answer").toMatch(/written: OK/);
    const now = await board.emmc.read(0x3fff, 10);
    const words = new Uint32Array(now.slice(BLOCK_BYTES, 9 * BLOCK_BYTES).buffer);
    expect(words.every((word) => word === 0xcafe0001), "every word is written").toBe(true);
    for (const at of [0, 9]) {
      const block = (bytes: Uint8Array) =>
        Array.from(bytes.subarray(at * BLOCK_BYTES, (at + 1) * BLOCK_BYTES));
      expect(block(now), `block ${at === 0 ? "before" : "after"}`).toEqual(block(around));
    }
    await uboot.run("mmc read 0x84000000 0x4000 8");
    expect(await uboot.run("cmp.l 0x82000000 0x84000000 0x400"), "compared").toMatch(/same/);
  },
);

scenario(
  "with the cable pulled, TFTP gives up with a clear message and the prompt comes back",
  {
    uses: {
      board: simulatedBeagleBone({ emmc: { uboot: "bookworm" } }),
      tftp: tftpServer({ files: FILES }),
    },
    timeout: seconds(120),
  },
  async ({ board, tftp }) => {
    const uboot = await bootToPrompt(board);
    await setAddresses(uboot, tftp);
    await board.plug("out");
    const { output, status } = await uboot.attempt("tftpboot 0x82000000 os.bin", {
      within: seconds(60),
    });
    expect(status, "the status of tftpboot").toBe(1);
    expect(output, "what it says").toMatch(/TIMEOUT|link down|Retry count exceeded/i);
    await step("plugged in again, it loads", async () => {
      await board.plug("in");
      const said = await uboot.run("tftpboot 0x82000000 os.bin", { within: seconds(60) });
      expect(said, "what it says").toMatch(/Bytes transferred = /);
    });
  },
);

scenario(
  "a file that the server does not have is an error that names it",
  {
    uses: {
      board: beagleBone({ emmc: { uboot: "bookworm" } }),
      tftp: tftpServer({ files: FILES }),
    },
    timeout: seconds(60),
  },
  async ({ board, tftp }) => {
    const uboot = await bootToPrompt(board);
    await setAddresses(uboot, tftp);
    const { output, status } = await uboot.attempt("tftpboot 0x82000000 kernel.bin");
    expect(status, "the status of tftpboot").toBe(1);
    expect(output, "what it says").toMatch(/TFTP error: .*File not found/i);
    expect(tftp.requests).toHaveHappened(1, { kind: "failed" });
  },
);

scenario(
  "an MLO without its header on the eMMC is passed over for the card in the slot",
  {
    uses: {
      board: beagleBone({
        emmc: { files: { MLO: "this is no image" } },
        sd: { uboot: "bookworm" },
        needs: ["rom notes"],
      }),
    },
    timeout: seconds(60),
  },
  async ({ board }) => {
    await board.power.on();
    await board.console.waitFor("Trying to boot from MMC1", { within: BOOT_LIMIT });
    await board.uboot.interrupt({ within: BOOT_LIMIT });
    await expect(board.boot).toHappen({
      kind: "rom",
      where: ({ note }) => /MMC1.*MLO/.test(note ?? ""),
      within: ms(0),
    });
  },
);

scenario(
  "an access to a module without a clock is a fault that names the clock",
  { uses: { board: simulatedBeagleBone({ emmc: { uboot: "bookworm" } }) }, timeout: seconds(60) },
  async ({ board }) => {
    const uboot = await bootToPrompt(board);
    await board.console.write("md.l 0x48300000 1\n"); // PWMSS0: U-Boot leaves it off.
    const fault = await expect(board.faults).toHappen({ kind: "fault", within: seconds(2) });
    expect(fault.data.what, "what is said").toMatch(/CM_PER_EPWMSS0_CLKCTRL/);
    await step("U-Boot tells of a data abort and resets", async () => {
      await board.console.waitFor("data abort", { within: seconds(5) });
      await board.console.waitFor("U-Boot SPL", { within: BOOT_LIMIT });
      await uboot.interrupt({ within: BOOT_LIMIT });
    });
  },
);
