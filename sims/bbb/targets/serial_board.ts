/** A BeagleBone Black on a bench: a serial cable, a switch for its power, and what else is wired. */
import { type Gpio, type GpioInput, ms, type Power, type TargetContext } from "hil";
import { openConsole, ShellSwitch } from "hil/drivers/console/mod.ts";
import { serialLink } from "hil/drivers/serial/mod.ts";
import type { SignalSource } from "hil/trace/mod.ts";
import type { BeagleBone, BootData } from "../port.ts";
import { EMMC_BLOCKS } from "../card/mod.ts";
import { hostClockOf } from "./host_lab.ts";
import type { SerialWiring } from "./serial_options.ts";
import { Strategy, ubootShell } from "./strategy.ts";
import { UbootStorage } from "./uboot_storage.ts";

/** What it said last has come by then, through the adapter's buffers too. */
const SETTLE = ms(50);

/** The board, without power, as a simulated one begins; without power too when the scenario ends. */
export async function startSerialBoard(
  context: TargetContext,
  { serial, power: driver }: SerialWiring,
): Promise<BeagleBone & { readonly boot: SignalSource<BootData> }> {
  const { timeline, defer } = context;
  const clock = hostClockOf(timeline);
  const link = serialLink(serial);
  const shell = new ShellSwitch(ubootShell());
  const console = openConsole({ name: "uart0", link, timeline, clock, shell });
  defer("close uart0", () => console.close());
  await link.opened;
  const boot = timeline.signal<BootData>("board", {
    clock,
    describe: (kind, { note }) => `board: ${note ?? kind}`,
  });
  const power = told(driver, boot);
  defer("take the board's power away", () => driver.off());
  const strategy = new Strategy({ console, shell, power, clock, timeline, settle: SETTLE });
  await strategy.off();
  await clock.until(() => undefined, SETTLE);
  console.skip();
  const { uboot } = strategy;
  return {
    ...{ clock, console, uboot, boot },
    power: strategy.power,
    toUboot: (options) => strategy.toUboot(options),
    toOs: (options) => strategy.toOs(options),
    off: () => strategy.off(),
    serial: noCable,
    gpio: NO_WIRES,
    emmc: new UbootStorage({ name: "eMMC", slot: 1, blocks: EMMC_BLOCKS, uboot }),
    sd: undefined,
  };
}

function noCable(uart: number): never {
  throw new RangeError(
    `Cannot use UART "${uart}": this bench has only the console's cable; name "uart ${uart}" ` +
      "among the needs, so that the scenario is skipped here",
  );
}

/** What is switched, on the timeline. */
function told(driver: Power, boot: SignalSource<BootData>): Power {
  const act = async (kind: string, work: () => Promise<void>, note?: string) => {
    boot.emit(kind, note === undefined ? {} : { note });
    await work();
  };
  return {
    on: () => act("on", () => driver.on()),
    off: () => act("off", () => driver.off()),
    cut: () => act("off", () => driver.cut()),
    reset: () => act("reset", () => driver.reset(), "reset: S1"),
  };
}

/** Scenarios that say what they need do not come here. */
const NO_WIRES: Gpio = { input: refuse, output: refuse };

function refuse(pin: number | string): GpioInput {
  throw new Error(
    `Cannot reach GPIO "${pin}": the bench has no wire to the board's pins; ` +
      `say in the scenario that it needs it, beagleBone({ needs: ["gpio 66"] })`,
  );
}
