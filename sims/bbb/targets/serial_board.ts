/** A BeagleBone Black on a bench: a serial cable, a switch for its power, and what else is wired. */
import { type Clock, ms, type Power, seconds, type SerialPort, type TargetContext } from "hil";
import {
  openConsole,
  RawSerial,
  type SerialControls,
  ShellSwitch,
} from "hil/drivers/console/mod.ts";
import { type SerialLink, serialLink } from "hil/drivers/serial/mod.ts";
import type { SignalSource } from "hil/trace/mod.ts";
import type { BeagleBone, BootData } from "../port.ts";
import { EMMC_BLOCKS } from "../card/mod.ts";
import { hostClockOf } from "./host_lab.ts";
import type { CableOptions, SerialWiring } from "./serial_options.ts";
import { slotOnBench } from "./serial_slot.ts";
import { serialPins } from "./serial_pins.ts";
import { Strategy, ubootShell } from "./strategy.ts";
import { UbootStorage } from "./uboot_storage.ts";

/** What it said last has come by then, through the adapter's buffers too. */
const SETTLE = ms(50);
/** From any state to U-Boot's prompt. */
const UBOOT_LIMIT = seconds(60);

/** The board, without power, as a simulated one begins; without power too when the scenario ends. */
export async function startSerialBoard(
  context: TargetContext,
  wiring: SerialWiring,
): Promise<BeagleBone & { readonly boot: SignalSource<BootData> }> {
  const { timeline, defer } = context;
  const { serial, power: driver } = wiring;
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
  const gpio = await serialPins(context, wiring.pins);
  const sd = await slotOnBench(context, wiring, () => strategy.mayBeOn);
  const { uboot } = strategy;
  const toUboot = () => strategy.toUboot({ within: UBOOT_LIMIT });
  return {
    ...{ clock, console, uboot, boot },
    power: strategy.power,
    toUboot: (options) => strategy.toUboot(options),
    toOs: (options) => strategy.toOs(options),
    off: () => strategy.off(),
    serial: cablesOf(context, wiring, clock),
    gpio,
    emmc: new UbootStorage({ name: "eMMC", slot: 1, blocks: EMMC_BLOCKS, uboot: toUboot }),
    sd,
  };
}

/** Cables of other UARTs: each is opened when it is used, and loses nothing from then on. */
function cablesOf(
  { timeline, defer }: TargetContext,
  { uarts }: SerialWiring,
  clock: Clock,
): (uart: number) => SerialPort {
  const open = new Map<number, SerialPort>();
  return (n) => {
    const known = open.get(n);
    if (known) return known;
    const cable = uarts.get(n);
    if (!cable) {
      throw new RangeError(
        `Cannot use UART "${n}": the bench has no cable to it; ` +
          `say in the scenario that it needs it, beagleBone({ needs: ["uart ${n}"] })`,
      );
    }
    const name = `uart${n}`;
    const link = serialLink(cable);
    const controls = controlsOf(link, cable);
    const port = new RawSerial({ name, link, controls, clock, timeline });
    defer(`close ${name}`, () => port.close());
    open.set(n, port);
    return port;
  };
}

/** A pseudo-terminal takes a break, and does nothing. */
function controlsOf(link: SerialLink, { path, lines }: CableOptions): SerialControls {
  if (path?.startsWith("/dev/pts/")) return {};
  return lines ? link : { sendBreak: (options) => link.sendBreak(options) };
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
    reset: () => act("reset", () => driver.reset(), "reset: power off and on"),
  };
}
