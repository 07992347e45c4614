/** Devices of the board's own operating system: expander, EEPROM, eMMC, pins. */
import { expect, type Mark, measure, ms, scenario, seconds, step } from "hil";
import { type Os, OS_APPS_BLOCK } from "sims/bbb/mod.ts";
import { ask, askOne, FILES, osLab, pass, start } from "./os_steps.ts";

scenario(
  "pins of the expander follow each other through its interrupt on GPIO 60",
  { uses: osLab("expander"), timeout: seconds(120), tags: ["rehearsal"] },
  async (lab) => {
    const os = await start(lab), { board } = lab;
    await pass(board);
    const { follows } = await askOne(os, "expander follow");
    for (const pin of [0, 5, 7]) {
      const from = board.gpio.input(`GPA${pin}`), to = board.gpio.output(`GPB${pin}`);
      for (const kind of ["fall", "rise"] as const) {
        const edge = await (kind === "fall" ? from.drive(0) : from.release());
        const follow = await expect(to).toHappen({ kind, after: edge, within: seconds(1) });
        measure(`GPA${pin} to GPB${pin}, ${kind}`, (follow.t - edge.t) / 1e3, { unit: "us" });
      }
    }
    const after = await askOne(os, "expander follow");
    expect(after.by, "by whom").toBe("app2");
    expect(Number(after.follows) - Number(follows), "how often").toBe(6);
    expect((await askOne(os, "expander read 0x12")).value, "GPIOA").toBe("0xff");
  },
);

scenario(
  "the EEPROM keeps what is written, across its pages, and an application prints it",
  { uses: osLab("eeprom"), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab), { board } = lab;
    const text = [...new TextEncoder().encode("beaglebone at the edge of a page")]
      .map((byte) => byte.toString(16).padStart(2, "0")).join("");
    expect((await askOne(os, "eeprom status")).status, "the status").toBe("0x00");
    await ask(os, `eeprom write 48 ${text}`);
    expect((await askOne(os, "eeprom read 48 32")).bytes, "what is read").toBe(text);
    await ask(os, "stray 2 null");
    await expect(os.events).toHappen({ kind: "fault", within: seconds(1) });
    await ask(os, "start 2");
    const printed = text.slice(0, 32).replace(/..(?!$)/g, "$& ");
    await board.console.waitFor(`app2: eeprom 0030: ${printed}`, { within: seconds(1) });
  },
);

scenario(
  "the eMMC keeps what is written, one block and many, and says what it cannot do",
  { uses: osLab(), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab);
    await ask(os, "emmc write 0x40000 1 5");
    await ask(os, "emmc write 0x40001 300 5");
    expect((await askOne(os, "emmc check 0x40000 301 5")).good, "good blocks").toBe("301");
    expect((await askOne(os, "emmc check 0x40000 2 6")).bad, "of another seed").toBe("2");
    const table = await askOne(os, `emmc read ${OS_APPS_BLOCK}`);
    const size = new DataView(FILES["apps.bin"].buffer).getUint32(0, true);
    expect(Number(table.first), "the size of the first application").toBe(size);
    const beyond = await os.run("emmc read 0xffffffff");
    expect(beyond.status, "a block beyond the end").toBe(2);
  },
);

scenario(
  "power that is cut while the eMMC is written costs what was not written, and it boots again",
  { uses: osLab(), timeout: seconds(180) },
  async (lab) => {
    const os = await start(lab), { board } = lab;
    const at = 0x50000, blocks = 8000, seed = 3;
    await ask(os, `emmc write ${at} ${blocks} ${seed + blocks}`, seconds(30));
    await step("cut the power while it writes", async () => {
      const writing = os.run(`emmc write ${at} ${blocks} ${seed}`, { within: ms(400) });
      const nothing = writing.then(() => "all was written", () => undefined);
      await pass(board, ms(100));
      await board.power.cut();
      expect(await nothing, "the answer").toBe(undefined);
    });
    const again = await start(lab);
    const { good } = await askOne(again, `emmc check ${at} ${blocks} ${seed}`, seconds(30));
    measure("blocks written before the cut", Number(good), {
      unit: "blocks",
      within: { min: 1, max: blocks - 1 },
    });
    await step("it can be written again", async () => {
      await ask(again, `emmc write ${at} ${blocks} ${seed}`, seconds(30));
      const whole = await askOne(again, `emmc check ${at} ${blocks} ${seed}`, seconds(30));
      expect(whole.bad, "bad blocks").toBe("0");
    });
  },
);

function toldOf(os: Os, pin: number) {
  return (after: Mark, level: 0 | 1) =>
    expect(os.events).toHappen({
      kind: "gpio",
      where: ({ text }) => text.startsWith(`gpio ${pin} ${level} `),
      after,
      within: seconds(1),
    });
}

scenario(
  "pins that are watched tell edges and levels",
  { uses: osLab("gpio 67"), timeout: seconds(120), tags: ["rehearsal"] },
  async (lab) => {
    const os = await start(lab), { board } = lab;
    const pin = board.gpio.input(67);
    await pin.drive(0);
    const told = toldOf(os, 67);
    await step("edges", async () => {
      await ask(os, "gpio watch 67 rise");
      await told(await pin.drive(1), 1);
      await ask(os, "gpio watch 67 fall");
      await told(await pin.drive(0), 0);
    });
    expect((await askOne(os, "gpio get 67")).level, "its level").toBe("0");
    await step("levels", async () => {
      await ask(os, "gpio watch 67 high");
      await pass(board, ms(20));
      const low = os.events.occurrences.at(-1)!;
      await ask(os, "gpio watch 67 low");
      await told(low, 0);
      await ask(os, "gpio watch 67 high");
      await told(await pin.drive(1), 1);
    });
    expect((await askOne(os, "gpio get 67")).level, "its level").toBe("1");
  },
);

scenario(
  "a watched pin that is debounced tells no short pulse",
  { uses: osLab("gpio 67", "true time"), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab), { board } = lab;
    const pin = board.gpio.input(67);
    await pin.drive(0);
    await ask(os, "gpio watch 67 rise 4000");
    const pulse = await pin.drive(1);
    await pass(board, ms(1));
    await pin.drive(0);
    await pass(board, ms(20));
    expect(os.events).toHaveHappened(0, { kind: "gpio", after: pulse });
    const long = await pin.drive(1);
    const seen = await toldOf(os, 67)(long, 1);
    measure("debounced edge", (seen.t - long.t) / 1e3, { unit: "us", within: { min: 3900 } });
  },
);
