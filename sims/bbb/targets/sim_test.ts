import assert from "node:assert/strict";
import { ms, seconds } from "hil";
import type { TraceEvent } from "hil/trace/mod.ts";
import { cachedUboot } from "../debian/mod.ts";
import { started } from "./_lab.ts";
import sim from "./sim.ts";
import tftp from "./tftp.ts";

const EMMC = { emmc: { uboot: "bookworm" } };
/** Fetched by the set-up of the scenarios; the tests of debian/ say what is wrong without it. */
const ignore = await cachedUboot("bookworm") === undefined;

function told(events: readonly TraceEvent[]): string {
  return events.map((event) => JSON.stringify(event)).join("\n");
}

Deno.test({
  name: "the same board boots twice in the same way, to each event and nanosecond",
  ignore,
  async fn() {
    const boot = async (options: Record<string, unknown>) => {
      const lab = await started(sim, { ...EMMC, ...options });
      await lab.port.power.on();
      await lab.port.console.waitFor("U-Boot SPL", { within: seconds(5) });
      await lab.port.console.waitFor("DRAM:", { within: seconds(5) });
      const result = [told(lab.events), await lab.port.fingerprint(), lab.port.instructions];
      await lab.close();
      return result;
    };
    const first = await boot({});
    assert.deepEqual(await boot({}), first);
    assert.deepEqual(await boot({ interpret: true }), first, "interpreted, it is the same");
  },
});

Deno.test("without a card the boot ROM says what it has tried, and waits", async () => {
  const lab = await started(sim);
  const { boot, clock, power } = lab.port;
  await power.on();
  await clock.until(() => undefined, seconds(5));
  const notes = boot.occurrences.flatMap(({ data }) => data.note ?? []).join("\n");
  for (const device of ["MMC1: ", "MMC0: ", "UART0: "]) assert(notes.includes(device), notes);
  await lab.close();
});

Deno.test("pins: a press is an edge with the board's time, let go by itself; what is driven again is held", async () => {
  const lab = await started(sim);
  const { gpio, clock } = lab.port;
  const button = gpio.input(66);
  assert.equal(gpio.output("GPIO2_2"), button);
  const press = await button.press({ hold: ms(3) });
  assert.equal(press.what, "GPIO 66 rose (press)");
  assert.equal(await button.level(), 1);
  await clock.until(() => undefined, ms(5));
  assert.deepEqual(
    button.occurrences.map(({ t, what }) => [t - press.t, what]),
    [[0, "GPIO 66 rose (press)"], [3e6, "GPIO 66 fell (let go)"]],
  );
  assert.equal((await button.drive(0)).what, "GPIO 66 stayed (drive)");
  assert.throws(() => gpio.input("P9.1"), /Cannot find pin "P9.1"/);
  await lab.close();
});

Deno.test("a UART sees a break, but has no modem lines", async () => {
  const lab = await started(sim);
  const { serial, clock } = lab.port;
  const uart = serial(1);
  const mark = await uart.sendBreak({ hold: ms(1) });
  assert.equal(mark.what, "uart1 line break");
  await clock.until(() => undefined, ms(2));
  await assert.rejects(
    uart.lines(),
    /Cannot read lines of "uart1": the line to the target has none/,
  );
  await lab.close();
});

Deno.test("a snapshot takes the finger on the button with it", async () => {
  const lab = await started(sim);
  const { gpio, clock, snapshot, restore } = lab.port;
  const button = gpio.input(66);
  await button.press({ hold: ms(10) });
  await clock.until(() => undefined, ms(4));
  const pressed = await snapshot();
  await clock.until(() => undefined, ms(20));
  assert.equal(await button.level(), 0);
  const now = clock.now();
  await restore(pressed);
  assert.equal(clock.now(), now, "a scenario's time does not go back");
  assert.equal(await button.level(), 1);
  await clock.until(() => undefined, ms(5));
  assert.equal(await button.level(), 1);
  await clock.until(() => undefined, ms(2));
  assert.equal(await button.level(), 0);
  await lab.close();
});

Deno.test({
  name: "registers, instructions and coverage are written down when asked for",
  ignore,
  async fn() {
    const look = { registers: ["UART0"], instructions: 1000, coverage: true };
    const lab = await started(sim, { ...EMMC, look });
    await lab.port.power.on();
    await lab.port.clock.until(() => lab.port.instructions > 20_000 || undefined, seconds(1));
    const text = (name: string) => Deno.readTextFileSync(`${lab.folder}/${name}`);
    await lab.close(() => {
      const attached = lab.events.flatMap((event) => event.type === "attachment" ? event.path : []);
      assert.deepEqual(attached, ["registers.txt", "instructions.txt", "coverage.txt"]);
      assert.match(text("registers.txt"), /pc 402f\w{4} write UART0\.SYSC = 0x\w+: .*SOFTRESET 1/);
      const instructions = text("instructions.txt").trimEnd().split("\n");
      assert.equal(instructions.length, 1000);
      assert.match(instructions[0]!, /^0\.\d{9} 402f0400 \S/);
      assert.match(text("coverage.txt"), /^\d+ instructions\n\n402f0400-/);
    });
  },
});

Deno.test("the server is in the board's network, and may come first", async () => {
  const server = await started(tftp, { files: { "os.bin": "kernel" } });
  const board = await started(sim, {}, server);
  assert.equal(board.port.clock.name, "board");
  assert.deepEqual([server.port.address, server.port.netmask], ["198.51.100.1", "255.255.255.0"]);
  const snapshot = await board.port.snapshot();
  await board.port.restore(snapshot);
  await board.close();
  await server.close();
});

Deno.test({
  name: "pins and buses become signals when asked for",
  ignore,
  async fn() {
    const look = { signals: ["USR0", "I2C0", "MMC1", "SPI1"] };
    const lab = await started(sim, { ...EMMC, look });
    await lab.port.power.on();
    await lab.port.console.waitFor("Trying to boot from MMC2", { within: seconds(5) });
    await lab.port.clock.until(() => undefined, ms(50));
    const kinds = (channel: string) =>
      lab.events.flatMap((event) =>
        event.type === "signal" && event.channel === channel ? [event] : []
      );
    const [start] = kinds("I2C0");
    assert.deepEqual([start?.kind, start?.data], ["start", {
      ...{ address: 0x50, reads: false, acknowledged: true },
    }]);
    assert.equal(kinds("MMC1")[0]?.kind, "CMD0");
    assert(kinds("MMC1").some(({ kind }) => kind === "read"));
    assert.equal(kinds("GPIO 53").length, lab.port.gpio.output(53).occurrences.length);
    await lab.close();
    const wrong = { look: { signals: ["SPI7"] } };
    await assert.rejects(started(sim, wrong), /Cannot find pin "SPI7"/);
  },
});
