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
    const uboot = await bootToPrompt(board);
    const prompt = await board.snapshot();
    const run = () =>
      step("run", async () => {
        await uboot.run("mmc dev 1");
        await uboot.run("mmc read 0x82000000 0 0x100");
        await uboot.run("crc32 0x82000000 0x20000");
        await uboot.run("mmc write 0x82000000 0x4000 0x40");
        return { board: await board.fingerprint(), instructions: board.instructions };
      });
    const first = await run();
    await board.restore(prompt);
    expect(await run(), "the second run").toEqual(first);
  },
);
