/** The board's power: whatever state it takes the board in, and what is on the eMMC afterwards. */
import { expect, measure, ms, scenario, seconds, step } from "hil";
import { type BeagleBone, beagleBone, osFiles, tftpServer, type UBoot } from "sims/bbb/mod.ts";
import { BLOCK_BYTES, BOOT_LIMIT, setAddresses } from "./steps.ts";

const EMMC = { emmc: { uboot: "bookworm" } } as const;
const AUTOBOOT = "stop autoboot";
/** `b .` */
const LOOP = 0xeafffffe;

scenario(
  "U-Boot's prompt is reached from every state, and without a word when the board is there",
  { uses: { board: beagleBone(EMMC) }, timeout: seconds(120), tags: ["rehearsal"] },
  async ({ board }) => {
    const { console } = board;
    const there = async (from: string) => {
      await step(`from ${from}`, async () => {
        const uboot = await board.toUboot({ within: BOOT_LIMIT });
        expect(await uboot.run("echo $board_name"), "the board's name").toBe("A335BNLT");
      });
    };
    const powerOns = () => board.boot.occurrences.filter(({ kind }) => kind === "on").length;
    await there("off");
    expect(powerOns(), "times that power came").toBe(1);
    await there("the prompt");
    await console.write("mw.l 0x82000000 0"); // Half a command is no command.
    await there("a line that is not over");
    expect(powerOns(), "times that power came").toBe(1);
    await console.write("\x03reset\n");
    await console.waitFor(AUTOBOOT, { within: BOOT_LIMIT });
    await there("the countdown");
    expect(powerOns(), "times that power came").toBe(1);
    await board.uboot.run(`mw.l 0x80000000 0x${LOOP.toString(16)}`);
    await board.uboot.go(0x8000_0000);
    await console.waitFor("Starting application", { within: seconds(5) });
    await there("a program that hangs");
    expect(powerOns(), "times that power came").toBe(2);
    await board.power.cut();
    await board.power.on();
    await there("the boot ROM");
    await board.off();
    await there("off");
  },
);

/** 8 MiB, well past what the card was prepared with. */
const AREA = { block: 0x20_0000, blocks: 0x4000 } as const;
const WORDS = AREA.blocks * BLOCK_BYTES / 4;
const OLD = 0x0ddba11, NEW = 0x5eed1e55;
/** Where U-Boot has what it writes, and what it has read. */
const WRITTEN = "0x82000000", READ = "0x84000000";

async function fill(uboot: UBoot, word: number): Promise<void> {
  await uboot.run(`mw.l ${WRITTEN} 0x${word.toString(16)} 0x${WORDS.toString(16)}`);
}

function transfer(direction: "read" | "write"): string {
  const { block, blocks } = AREA;
  const memory = direction === "read" ? READ : WRITTEN;
  return `mmc ${direction} ${memory} 0x${block.toString(16)} 0x${blocks.toString(16)}`;
}

/** How many words from `from` on are `word`. */
async function equalWords(uboot: UBoot, from: number, word: number): Promise<number> {
  if (from === WORDS) return 0;
  await fill(uboot, word);
  const at = (base: string) => `0x${(Number(base) + 4 * from).toString(16)}`;
  const count = (WORDS - from).toString(16);
  const { output } = await uboot.attempt(`cmp.l ${at(READ)} ${at(WRITTEN)} 0x${count}`, {
    within: seconds(30),
  });
  return Number(/Total of (\d+) word/.exec(output)?.[1]);
}

scenario(
  "a power cut in the midst of mmc write leaves blocks that are old or new, and a board that boots",
  { uses: { board: beagleBone(EMMC) }, timeout: seconds(180), tags: ["rehearsal"] },
  async ({ board }) => {
    const WITHIN = { within: seconds(30) };
    await step("old blocks", async () => {
      const uboot = await board.toUboot({ within: BOOT_LIMIT });
      await uboot.run("mmc dev 1");
      await fill(uboot, OLD);
      await uboot.run(transfer("write"), WITHIN);
      await fill(uboot, NEW);
    });
    await step("new ones, and the plug is pulled", async () => {
      await board.console.write(`${transfer("write")}\n`);
      await board.console.waitFor("MMC write: dev # 1", { within: seconds(5) });
      await board.clock.until(() => undefined, ms(60));
      await board.power.cut();
    });
    const uboot = await step("it boots", () => board.toUboot({ within: BOOT_LIMIT }));
    await step("what is there", async () => {
      await uboot.run("mmc dev 1");
      await uboot.run(transfer("read"), WITHIN);
      const fresh = await equalWords(uboot, 0, NEW);
      measure("blocks that were written", fresh * 4 / BLOCK_BYTES, {
        unit: "blocks",
        within: { min: 1, max: AREA.blocks - 1 },
      });
      expect(fresh * 4 % BLOCK_BYTES, "bytes of a block that is new in part").toBe(0);
      expect(await equalWords(uboot, fresh, OLD), "old words behind them").toBe(WORDS - fresh);
    });
  },
);

scenario(
  "a hundred power cycles, half of them cut at another moment each, and it boots after every cut",
  { uses: { board: beagleBone({ ...EMMC, needs: ["quick boots"] }) }, timeout: seconds(3600) },
  ({ board }) => cutAndBoot(board, 50),
);

scenario(
  "power cycles: each time the board comes to its prompt",
  { uses: { board: beagleBone(EMMC) }, timeout: seconds(120) },
  ({ board }) => cutAndBoot(board, 3),
);

/** The plug is pulled in SPL, in U-Boot, in the countdown; each time the board boots afterwards. */
async function cutAndBoot(board: BeagleBone, cuts: number): Promise<void> {
  let slowest = 0;
  for (let n = 1; n <= cuts; n++) {
    await step(`cut ${n}`, async () => {
      await board.power.on();
      await board.console.waitFor("U-Boot SPL", { within: BOOT_LIMIT });
      await board.clock.until(() => undefined, ms(1000 * (n / cuts) ** 2)); // Most of them early.
      await board.power.cut();
      const from = board.clock.now();
      const uboot = await board.toUboot({ within: BOOT_LIMIT });
      slowest = Math.max(slowest, board.clock.now() - from);
      expect(await uboot.run("echo $board_name"), "the board's name").toBe("A335BNLT");
      await board.off();
    });
  }
  const powerOns = board.boot.occurrences.filter(({ kind }) => kind === "on").length;
  expect(powerOns, "times that power came").toBe(2 * cuts);
  measure("power cycles", powerOns, { unit: "cycles" });
  measure("slowest way to the prompt", slowest / 1e9, {
    unit: "s",
    within: { max: BOOT_LIMIT.ns / 1e9 },
  });
}

scenario(
  "the operating system is reached from off, U-Boot and itself, from where it lies on the eMMC",
  {
    uses: { board: beagleBone(EMMC), tftp: tftpServer({ files: await osFiles() }) },
    timeout: seconds(180),
  },
  async ({ board, tftp }) => {
    const powerOns = () => board.boot.occurrences.filter(({ kind }) => kind === "on").length;
    const there = async (from: string) => {
      await step(`from ${from}`, async () => {
        const os = await board.toOs({ within: seconds(60) });
        expect((await os.run("version")).status, "the status of version").toBe(0);
      });
    };
    await step("by TFTP, and onto the eMMC", async () => {
      await board.toOs({ tftp, within: seconds(60) });
      const uboot = await board.toUboot({ within: BOOT_LIMIT });
      await setAddresses(uboot, tftp);
      await uboot.run("tftpboot 0x82000000 os.bin");
      await uboot.run("mmc dev 1");
      await uboot.run("mmc write 0x82000000 0x20000 0x800", { within: seconds(30) });
    });
    const before = powerOns();
    await there("U-Boot");
    await there("itself");
    expect(powerOns(), "times that power came").toBe(before);
    await board.off();
    await there("off");
    await board.toUboot({ within: BOOT_LIMIT });
    expect(powerOns(), "times that power came").toBe(before + 2);
  },
);
