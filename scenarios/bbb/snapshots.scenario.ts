/** Time travel: a board at its prompt is forked, and every fork goes its own way from there. */
import { expect, measure, scenario, seconds, step } from "hil";
import { simulatedBeagleBone } from "sims/bbb/mod.ts";
import { bootToPrompt } from "./steps.ts";

const FORKS = 100;

scenario(
  "a hundred forks of a board at its prompt, each with a memory of its own",
  { uses: { board: simulatedBeagleBone({ emmc: { uboot: "bookworm" } }) }, timeout: seconds(120) },
  async ({ board }) => {
    const uboot = await bootToPrompt(board);
    const prompt = await board.snapshot();
    const before = await board.fingerprint();
    for (let fork = 0; fork < FORKS; fork++) {
      const said = await uboot.run("md.l 0x82000000 1");
      expect(said, "memory before a fork writes").toMatch(/^82000000: 00000000/);
      await uboot.run(`mw.l 0x82000000 ${(0xf0_0000 + fork).toString(16)}`);
      expect(await uboot.run("md.l 0x82000000 1"), "what a fork wrote").toMatch(
        new RegExp(`^82000000: 00f0${fork.toString(16).padStart(4, "0")}`),
      );
      await board.restore(prompt);
    }
    expect(await board.fingerprint(), "the board after all forks").toBe(before);
    measure("forks", FORKS, { unit: "forks" });
  },
);

scenario(
  "the same commands from one snapshot leave the same board, to the bit",
  { uses: { board: simulatedBeagleBone({ emmc: { uboot: "bookworm" } }) }, timeout: seconds(120) },
  async ({ board }) => {
    await bootToPrompt(board);
    const prompt = await board.snapshot();
    // Typed as it is: `uboot.run` numbers its commands, and U-Boot remembers what was typed.
    const run = () =>
      step("run", async () => {
        for (
          const command of [
            "mmc dev 1",
            "mmc read 0x82000000 0 0x100",
            "crc32 0x82000000 0x20000",
            "mmc write 0x82000000 0x4000 0x40",
          ]
        ) {
          await board.console.write(`${command}\n`);
          await board.console.waitFor(/\n=> /, { within: seconds(10) });
        }
        return { board: await board.fingerprint(), instructions: board.instructions };
      });
    const first = await run();
    await board.restore(prompt);
    expect(await run(), "the second run").toEqual(first);
  },
);
