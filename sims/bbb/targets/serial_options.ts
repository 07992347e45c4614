/** What a bench file says of a board on a serial cable, checked. */
import { Duration, type Power, seconds } from "hil";
import type { SerialLinkOptions } from "hil/drivers/serial/mod.ts";
import { type Capability, prepared, type Slot } from "../capabilities.ts";
import type { UBootRelease } from "../port.ts";
import { benchPower } from "./bench_power.ts";

/** How a board is reached. */
export interface SerialWiring {
  readonly serial: SerialLinkOptions;
  readonly power: Power;
  /** How long its power stays away, so that it has no memory of what was. */
  readonly offFor: Duration;
  /** What its cards were prepared with, by hand. */
  readonly prepared: Partial<Readonly<Record<Slot, UBootRelease>>>;
}

/** The board's capacitors hold it up for half a second or so. */
const OFF_FOR = seconds(2);
const BAUD_HZ = 115_200;
const KNOWN = ["serial", "power", "offMs", "prepared"];
/** What a scenario says of the board goes into the same options. */
const OF_SCENARIOS = ["sd", "emmc", "look", "symbols", "s2", "needs"];
const SERIAL = ["path", "usbSerial", "usbInterface", "baudHz", "flowControl"];
const RELEASES = ["bookworm", "bullseye"];

/** @throws TypeError when the bench file has an option that is not one of ours, or no good value */
export function serialWiring(options: Readonly<Record<string, unknown>>): SerialWiring {
  checkKeys("the board", options, [...KNOWN, ...OF_SCENARIOS]);
  const { serial, power, offMs = OFF_FOR.ms, prepared = {} } = options;
  if (typeof offMs !== "number" || !(offMs >= 0)) {
    throw wrong("offMs", offMs, "it is no time in ms; give how long power stays away");
  }
  return {
    serial: serialOptions(serial),
    power: benchPower(power),
    offFor: Duration.fromNs(offMs * 1e6),
    prepared: preparedOf(prepared),
  };
}

/** What that board offers to scenarios. */
export function offered({ prepared: slots }: SerialWiring): Capability[] {
  return Object.entries(slots).map(([slot, release]) => prepared(slot as Slot, release));
}

function serialOptions(given: unknown): SerialLinkOptions {
  const serial = mapOf("serial", given, 'write "serial: { usbSerial: NUMBER }"');
  checkKeys('"serial"', serial, SERIAL);
  const { path, usbSerial, baudHz = BAUD_HZ } = serial;
  if ((typeof path === "string") === (typeof usbSerial === "string")) {
    const what = 'it needs one of "path" and "usbSerial"; a serial number is quoted in YAML';
    throw wrong("serial", JSON.stringify(serial), what);
  }
  if (typeof baudHz !== "number") throw wrong("baudHz", baudHz, "it is no number; give 115200");
  return { ...serial, baudHz };
}

function preparedOf(given: unknown): SerialWiring["prepared"] {
  const slots = mapOf("prepared", given, 'write "prepared: { emmc: bookworm }"');
  checkKeys('"prepared"', slots, ["emmc", "sd"]);
  for (const [slot, release] of Object.entries(slots)) {
    if (!RELEASES.includes(release as string)) {
      throw wrong(slot, release, `it is none of ${RELEASES.join(", ")}; name one of them`);
    }
  }
  return slots as SerialWiring["prepared"];
}

function mapOf(name: string, given: unknown, remedy: string): Readonly<Record<string, unknown>> {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) {
    return given as Readonly<Record<string, unknown>>;
  }
  throw wrong(name, given, `it is no map; ${remedy}`);
}

function checkKeys(what: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    throw wrong(
      key,
      (given as Record<string, unknown>)[key],
      `${what} has no such option; ` +
        `there are ${known.filter((name) => !OF_SCENARIOS.includes(name)).join(", ")}`,
    );
  }
}

function wrong(name: string, value: unknown, what: string): TypeError {
  return new TypeError(`Cannot use the option ${name} "${value}" of the bench file: ${what}`);
}
