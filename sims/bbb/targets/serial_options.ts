/** What a bench file says of a board on a serial cable, checked. */
import type { Power, Tool } from "hil";
import { openPower, powerTools } from "hil/drivers/power/mod.ts";
import type { SerialLinkOptions } from "hil/drivers/serial/mod.ts";
import { type Capability, prepared, type Slot, UARTS } from "../capabilities.ts";
import type { UBootRelease } from "../port.ts";

/** How a board is reached. */
export interface SerialWiring {
  readonly serial: SerialLinkOptions;
  /** UARTs with a cable of their own, by number. */
  readonly uarts: ReadonlyMap<number, SerialLinkOptions>;
  readonly power: Power;
  /** Programs that the switch for it needs. */
  readonly tools: readonly Tool[];
  /** What its cards were prepared with, by hand. */
  readonly prepared: Partial<Readonly<Record<Slot, UBootRelease>>>;
  /** What is on it beside what is soldered on. */
  readonly parts: readonly Part[];
}

/** Chips that a scenario uses through the board alone. */
const PARTS = ["eeprom"] as const;
type Part = typeof PARTS[number];

const BAUD_HZ = 115_200;
const KNOWN = ["serial", "uarts", "power", "prepared", "parts"];
/** What a scenario says of the board goes into the same options. */
const OF_SCENARIOS = ["sd", "emmc", "look", "symbols", "s2", "needs"];
const SERIAL = ["path", "usbSerial", "usbInterface", "baudHz", "flowControl"];
const RELEASES = ["bookworm", "bullseye"];

/** @throws TypeError when the bench file has an option that is not one of ours, or no good value */
export function serialWiring(options: Readonly<Record<string, unknown>>): SerialWiring {
  checkKeys("the board", options, [...KNOWN, ...OF_SCENARIOS]);
  const { serial, uarts = {}, power, prepared = {}, parts = [] } = options;
  return {
    serial: serialOptions("serial", serial),
    uarts: uartsOf(uarts),
    power: openPower(power),
    tools: powerTools(power),
    prepared: preparedOf(prepared),
    parts: partsOf(parts),
  };
}

/** What that board offers to scenarios. */
export function offered({ prepared: slots, uarts, parts }: SerialWiring): Capability[] {
  const cards = Object.entries(slots).map(([slot, release]) => prepared(slot as Slot, release));
  return ["true time", ...cards, ...[...uarts.keys()].map(uartNeed), ...parts];
}

/** @param n one of {@link UARTS} */
export function uartNeed(n: number): Capability {
  return `uart ${n as typeof UARTS[number]}`;
}

function serialOptions(name: string, given: unknown): SerialLinkOptions {
  const serial = mapOf(name, given, `write "${name}: { usbSerial: NUMBER }"`);
  checkKeys(`"${name}"`, serial, SERIAL);
  const { path, usbSerial, baudHz = BAUD_HZ } = serial;
  if ((typeof path === "string") === (typeof usbSerial === "string")) {
    const what = 'it needs one of "path" and "usbSerial"; a serial number is quoted in YAML';
    throw wrong(name, JSON.stringify(serial), what);
  }
  if (typeof baudHz !== "number") throw wrong("baudHz", baudHz, "it is no number; give 115200");
  return { ...serial, baudHz };
}

function uartsOf(given: unknown): SerialWiring["uarts"] {
  const uarts = mapOf("uarts", given, `write "uarts: { '1': { usbSerial: NUMBER } }"`);
  checkKeys('"uarts"', uarts, UARTS.map(String));
  return new Map(
    Object.entries(uarts).map(([n, cable]) => [Number(n), serialOptions(`uarts.${n}`, cable)]),
  );
}

function partsOf(given: unknown): readonly Part[] {
  const isPart = (part: unknown) => PARTS.some((known) => known === part);
  if (Array.isArray(given) && given.every(isPart)) return given as Part[];
  throw wrong("parts", JSON.stringify(given), `it is no list of ${PARTS.join(", ")}; write one`);
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
  const ours = known.filter((name) => !OF_SCENARIOS.includes(name));
  for (const [key, value] of Object.entries(given)) {
    if (known.includes(key)) continue;
    throw wrong(key, value, `${what} has no such option; there are ${ours.join(", ")}`);
  }
}

function wrong(name: string, value: unknown, what: string): TypeError {
  return new TypeError(`Cannot use the option ${name} "${value}" of the bench file: ${what}`);
}
