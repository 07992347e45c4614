/** The board's power: whatever state it takes the board in, and what is on the eMMC afterwards. */
import { expect, scenario, seconds, step } from "hil";
import { beagleBone } from "sims/bbb/mod.ts";
import { BOOT_LIMIT } from "./steps.ts";

const EMMC = { emmc: { uboot: "bookworm" } } as const;
const AUTOBOOT = "stop autoboot";
/** `b .` */
const LOOP = 0xeafffffe;

scenario(
  "U-Boot's prompt is reached from every state, and without a word when the board is there",
  { uses: { board: beagleBone(EMMC) }, timeout: seconds(120) },
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
