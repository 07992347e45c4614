/**
 * Simulator and reality: what is done here to the bench's board is done to the simulated one as well,
 * and both timelines are aligned. On the rehearsal bench the board is a simulated one too, but behind
 * real pseudo-terminals and on the host's clock.
 */
import { expect, measure, redriveOn, scenario, seconds, step } from "hil";
import { beagleBone } from "sims/bbb/mod.ts";
import { BOOT_LIMIT } from "./steps.ts";

const EMULATED = new URL("../../fixtures/benches/emulated.yaml", import.meta.url);

const POWER = {
  name: "power",
  help: "a real board's power is cut to know that it is off; the simulated one is known to be",
  channels: /^board$/,
};

/** What has one answer, whatever board it is. */
const COMMANDS = [
  "version",
  "echo $board_name",
  "printenv baudrate",
  "mw.l 0x82000000 0x600d1dea 4",
  "md.l 0x82000000 4",
  "md.l 0x44e10600 1", // device_id
  "crc32 0x82000000 0x10",
  "mmc dev 1",
  "cp.l 0x82000000 0x82000100 4",
  "cmp.l 0x82000000 0x82000100 4",
];

scenario(
  "the simulated board answers as the bench's does",
  {
    uses: { board: beagleBone({ emmc: { uboot: "bookworm" } }) },
    timeout: seconds(120),
    tags: ["rehearsal", "nightly", "reality"],
  },
  async ({ board }) => {
    const uboot = await step("U-Boot", () => board.toUboot({ within: BOOT_LIMIT }));
    await step("ask", async () => {
      for (const command of COMMANDS) await uboot.run(command);
    });
    const { alignment, driven, text } = await redriveOn({ board: "sim" }, {
      bench: EMULATED,
      rules: [POWER],
    });
    expect(driven.troubles, "calls that went otherwise").toEqual([]);
    expect(alignment.first && text, "the first divergence").toBe(undefined);
    expect(alignment.answered, "answers that are the same").toBe(COMMANDS.length + 1);
    const answer = alignment.latencies.find(({ stimulus, response }) =>
      stimulus.endsWith(".run") && response === "return"
    )!;
    measure("answer of the board, median", answer.a.medianNs / 1e6, {
      unit: "ms",
      within: { max: 5000 },
      marginal: { max: 1000 },
    });
    // On virtual time: characters at 115200 baud, and what U-Boot does.
    measure("answer of the simulated board, median", answer.b.medianNs / 1e6, {
      unit: "ms",
      within: { min: 1, max: 100 },
    });
  },
);
