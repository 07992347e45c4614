/**
 * Whose memory is whose in the board's own operating system: user-mode interrupt handlers with their
 * application's addresses, and what becomes of pointers that are not.
 */
import { type Duration, expect, measure, ms, scenario, seconds, step } from "hil";
import type { Os } from "sims/bbb/mod.ts";
import {
  APPS,
  ask,
  measureSamples,
  type OsLab,
  osLab,
  pass,
  start,
  taskNamed,
} from "./os_steps.ts";

const PRESSES = 12;
/** Of the processor: 5 us as a rule, 50 us at the worst. */
const ENTRY_LIMITS = { median: 5000, max: 50_000 };
const END_LIMITS = { median: 50_000, max: 5_000_000 };

/** Of applications' interrupt handlers, since the system came up. */
async function handlerCounts(os: Os) {
  const lines = await ask(os, "irq");
  const line = (key: string) => lines.find((fields) => fields[key] !== undefined) ?? {};
  const { handlers, switched } = line("handlers");
  return {
    calls: Number(handlers),
    switched: Number(switched),
    entry: line("handler"),
    end: line("handled"),
  };
}

/**
 * At any time of a turn, of either application: both have other things at one address. Gives how
 * often the handler interrupted another task than its own.
 */
async function presses(lab: OsLab, within: Duration): Promise<number> {
  const os = await start(lab), { board } = lab;
  const button = board.gpio.input(66), led = board.gpio.output(55);
  for (let press = 0; press < PRESSES; press++) {
    const edge = await button.press({ hold: ms(7) });
    const kind = press % 2 === 0 ? "rise" : "fall";
    const toggle = await expect(led).toHappen({ kind, after: edge, within });
    measure(`press ${press + 1} to LED`, (toggle.t - edge.t) / 1e3, {
      unit: "us",
      within: { max: within.ms * 1000 },
    });
    await pass(board, ms(20 + 3 * press));
  }
  const { calls, switched, entry, end } = await handlerCounts(os);
  expect(calls, "calls of the handler").toBe(PRESSES);
  measureSamples("interrupt entry to user handler", entry, ENTRY_LIMITS);
  measureSamples("interrupt entry to LED", end, END_LIMITS);
  for (const name of APPS) {
    const { faults, bad } = await taskNamed(os, name);
    expect([faults, bad], `faults and changed registers of ${name}`).toEqual(["0", "0"]);
  }
  return switched;
}

scenario(
  "a button press turns the LED over from a handler in user memory, within 5 ms",
  { uses: osLab("gpio 66", "gpio 55", "true time"), timeout: seconds(120) },
  async (lab) => {
    const switched = await presses(lab, ms(5));
    expect(switched, "calls that interrupted others").toBeGreaterThan(0);
    expect(switched, "the same").toBeLessThan(PRESSES);
  },
);

scenario(
  "a button press turns the LED over, and the board's own clock says how soon",
  { uses: osLab("gpio 66", "gpio 55"), timeout: seconds(120), tags: ["rehearsal"] },
  async (lab) => void await presses(lab, seconds(2)),
);

scenario(
  "an interrupt that software raises reaches the handler in user memory as a pin's does",
  { uses: osLab(), timeout: seconds(120), tags: ["rehearsal"] },
  async (lab) => {
    const os = await start(lab), raises = 20;
    await pass(lab.board);
    for (let n = 0; n < raises; n++) await ask(os, "gpio raise 66");
    const { calls, switched, entry, end } = await handlerCounts(os);
    expect(calls, "calls of the handler").toBe(raises);
    expect(switched, "all of them while the shell ran").toBe(raises);
    measureSamples("interrupt entry to user handler", entry, ENTRY_LIMITS);
    measureSamples("interrupt entry to LED", end, END_LIMITS);
    for (const name of APPS) {
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
  "a panic prints the fault and the registers, and power brings the system back",
  { uses: osLab(), timeout: seconds(120) },
  async (lab) => {
    const os = await start(lab), { console } = lab.board, within = seconds(5);
    const dying = os.run("panic", { within: seconds(1) }).then(() => "one", () => "none");
    const fault = "panic: data abort: write of 00000004: translation, section (status 805)";
    await console.waitFor(fault, { within });
    await console.waitFor(/task=shell cpsr=[0-9a-f]{7}f pc=8000[0-9a-f]{4} lr=8000/, { within });
    for (let n = 0; n < 12; n += 4) {
      const registers = [n, n + 1, n + 2, n + 3].map((r) => `r${r}=[0-9a-f]{8}`).join(" ");
      await console.waitFor(new RegExp(registers), { within });
    }
    await console.waitFor(/r12=[0-9a-f]{8}/, { within });
    await console.waitFor("panic end", { within });
    expect(await dying, "an answer").toBe("none");
    const again = await start(lab);
    expect((await taskNamed(again, "app2")).faults, "faults").toBe("0");
  },
);
