/** What a bench file says of a board on a serial cable, checked. */
import { type Duration, ms, type Power, type Tool } from "hil";
import { argumentList, openPower, powerTools } from "hil/drivers/power/mod.ts";
import type { SdMuxOptions } from "hil/drivers/sd_mux.ts";
import type { SerialLinkOptions } from "hil/drivers/serial/mod.ts";
import { type Capability, madeCard, prepared, type Slot, UARTS } from "../capabilities.ts";
import type { UBootRelease } from "../port.ts";
import { channelOf, EXPANDER_PINS } from "./pin_names.ts";

/** How a board is reached. */
export interface SerialWiring {
  readonly serial: SerialLinkOptions;
  /** UARTs with a cable of their own, by number. */
  readonly uarts: ReadonlyMap<number, CableOptions>;
  /** Wires to its pins, where there are any. */
  readonly pins?: PinWiring;
  readonly power: Power;
  /** Programs that the switch for it needs. */
  readonly tools: readonly Tool[];
  /** What the card in its slot goes over, where it does. */
  readonly sd?: SdMuxOptions;
  /** What its cards were prepared with, by hand. */
  readonly prepared: Partial<Readonly<Record<Slot, UBootRelease>>>;
  /** What is on it beside what is soldered on. */
  readonly parts: readonly Part[];
  /** Whether scenarios may boot it a hundred times, and take a quarter of an hour. */
  readonly quickBoots: boolean;
}

/** A cable to a UART. */
export interface CableOptions extends SerialLinkOptions {
  /** Whether it has modem lines beside RX and TX. */
  readonly lines?: boolean;
}

/** A box of pins, and what is wired to it. */
export interface PinWiring {
  readonly serial: SerialLinkOptions;
  /** From an edge to what tells of it, where the box has no stamps. */
  readonly latency: Duration;
  /** The box's numbers, by channel ("GPIO 66", "GPA0"). */
  readonly map: ReadonlyMap<string, number>;
  /** That of the boot button, which is pressed by pulling it low. */
  readonly s2?: number;
}

/** Chips that a scenario uses through the board alone. */
const PARTS = ["eeprom"] as const;
type Part = typeof PARTS[number];

const BAUD_HZ = 115_200;
/** StandardFirmata's. */
const PIN_BOX_BAUD_HZ = 57_600;
/** A report takes half of one at that rate, and USB the rest. */
const PIN_BOX_LATENCY_MS = 1;
const S2 = "S2";
const KNOWN = ["serial", "uarts", "pins", "power", "storage", "prepared", "parts", "quickBoots"];
/** What a scenario says of the board goes into the same options. */
const OF_SCENARIOS = ["sd", "emmc", "look", "symbols", "s2", "needs"];
const SERIAL = ["path", "usbSerial", "usbInterface", "baudHz", "flowControl"];
const RELEASES = ["bookworm", "bullseye"];

/** @throws TypeError when the bench file has an option that is not one of ours, or no good value */
export function serialWiring(options: Readonly<Record<string, unknown>>): SerialWiring {
  checkKeys("the board", options, KNOWN, OF_SCENARIOS);
  const { serial, uarts = {}, pins, power, storage, prepared = {}, parts = [] } = options;
  const { quickBoots = false } = options;
  if (typeof quickBoots !== "boolean") {
    throw wrong("quickBoots", quickBoots, "it is neither yes nor no; write true or false");
  }
  return {
    serial: serialOptions("serial", serial),
    uarts: uartsOf(uarts),
    ...(pins !== undefined && { pins: pinsOf(pins) }),
    power: openPower(power),
    tools: powerTools(power),
    ...(storage !== undefined && { sd: muxOf(storage) }),
    prepared: preparedOf(prepared),
    parts: partsOf(parts),
    quickBoots,
  };
}

/** What that board offers to scenarios. */
export function offered(wiring: SerialWiring): Capability[] {
  const { prepared: slots, uarts, parts, pins, sd, quickBoots } = wiring;
  const cards = Object.entries(slots).map(([slot, release]) => prepared(slot as Slot, release));
  return [
    ...["true time", "storage"] as const,
    ...cards,
    ...uartNeeds(uarts),
    ...parts,
    ...wired(pins),
    ...(sd ? madeCard("sd") : []),
    ...(quickBoots ? ["quick boots" as const] : []),
  ];
}

function wired(pins: PinWiring | undefined): Capability[] {
  if (!pins) return [];
  const gpios = [...pins.map.keys()].flatMap((channel) => {
    const [, n] = /^GPIO (\d+)$/.exec(channel) ?? [];
    return n === undefined ? [] : [`gpio ${Number(n)}` as const];
  });
  const expander = EXPANDER_PINS.every((pin) => pins.map.has(pin));
  return [
    ...gpios,
    ...(expander ? ["expander" as const] : []),
    ...(pins.s2 === undefined ? [] : ["s2" as const]),
  ];
}

function uartNeeds(uarts: SerialWiring["uarts"]): Capability[] {
  return [...uarts].flatMap(([n, { lines }]): Capability[] => {
    const uart = uartNeed(n);
    return [uart, `${uart} break`, ...(lines ? [`${uart} lines` as const] : [])];
  });
}

/** @param n one of {@link UARTS} */
export function uartNeed(n: number): `uart ${typeof UARTS[number]}` {
  return `uart ${n as typeof UARTS[number]}`;
}

function serialOptions(name: string, given: unknown, usualHz = BAUD_HZ): SerialLinkOptions {
  const serial = mapOf(name, given, `write "${name}: { usbSerial: NUMBER }"`);
  checkKeys(`"${name}"`, serial, SERIAL);
  const { path, usbSerial, baudHz = usualHz } = serial;
  if ((typeof path === "string") === (typeof usbSerial === "string")) {
    const what = 'it needs one of "path" and "usbSerial"; a serial number is quoted in YAML';
    throw wrong(name, serial, what);
  }
  if (typeof baudHz !== "number") throw wrong("baudHz", baudHz, "it is no number; give 115200");
  return { ...serial, baudHz };
}

function uartsOf(given: unknown): SerialWiring["uarts"] {
  const uarts = mapOf("uarts", given, `write "uarts: { '1': { usbSerial: NUMBER } }"`);
  checkKeys('"uarts"', uarts, UARTS.map(String));
  return new Map(
    Object.entries(uarts).map(([n, cable]) => [Number(n), cableOptions(`uarts.${n}`, cable)]),
  );
}

function pinsOf(given: unknown): PinWiring {
  const example =
    `write "pins: { kind: firmata, serial: { usbSerial: NUMBER }, map: { '66': 5 } }"`;
  const pins = mapOf("pins", given, example);
  checkKeys('"pins"', pins, ["kind", "serial", "latencyMs", "map"]);
  const { kind, serial, latencyMs = PIN_BOX_LATENCY_MS } = pins;
  if (kind !== "firmata") throw wrong("pins.kind", kind, "there is no such; write firmata");
  if (typeof latencyMs !== "number" || !(latencyMs >= 0)) {
    throw wrong("pins.latencyMs", latencyMs, "it is no number of milliseconds; write one");
  }
  const numbers = Object.entries(mapOf("pins.map", pins.map, example));
  const map = new Map(
    numbers.map(([name, pin]) => [name === S2 ? S2 : pinNamed(name), boxPinOf(name, pin)]),
  );
  if (new Set(map.values()).size < numbers.length) {
    const what = "a pin is in it twice, by another name or by its box's number; delete one";
    throw wrong("pins.map", pins.map, what);
  }
  const s2 = map.get(S2);
  map.delete(S2);
  return {
    serial: serialOptions("pins.serial", serial, PIN_BOX_BAUD_HZ),
    latency: ms(latencyMs),
    map,
    ...(s2 !== undefined && { s2 }),
  };
}

function pinNamed(name: string): string {
  try {
    return channelOf(name);
  } catch (error) {
    const what = "it is no pin of the board; name one as 66, P8.7, GPIO2_2, GPA0 or S2";
    throw wrong("pins.map", name, what, error);
  }
}

function boxPinOf(name: string, pin: unknown): number {
  if (Number.isInteger(pin) && pin as number >= 0 && pin as number < 128) return pin as number;
  throw wrong(`pins.map.${name}`, pin, "it is no pin of a box; write its number, from 0 to 127");
}

function cableOptions(name: string, given: unknown): CableOptions {
  const { lines, ...serial } = mapOf(name, given, `write "${name}: { usbSerial: NUMBER }"`);
  if (lines !== undefined && typeof lines !== "boolean") {
    throw wrong(`${name}.lines`, lines, "it says whether modem lines are wired; write true");
  }
  return { ...serialOptions(name, serial), ...(lines !== undefined && { lines }) };
}

function partsOf(given: unknown): readonly Part[] {
  const isPart = (part: unknown) => PARTS.some((known) => known === part);
  if (Array.isArray(given) && given.every(isPart)) return given as Part[];
  throw wrong("parts", given, `it is no list of ${PARTS.join(", ")}; write one`);
}

function muxOf(given: unknown): SdMuxOptions {
  const example =
    'write "storage: { sd: { toHost: [PROGRAM, ARGUMENT], toBoard: […], device: PATH } }"';
  const storage = mapOf("storage", given, example);
  checkKeys('"storage"', storage, ["sd"]);
  const sd = mapOf("storage.sd", storage.sd, example);
  checkKeys('"storage.sd"', sd, ["toHost", "toBoard", "device", "limitMs"]);
  const { device, limitMs } = sd;
  if (typeof device !== "string" || !device.startsWith("/")) {
    const what =
      "it is no absolute path of the card's device; one in /dev/disk/by-id stays the same";
    throw wrong("storage.sd.device", device, what);
  }
  if (limitMs !== undefined && !(typeof limitMs === "number" && limitMs > 0)) {
    throw wrong("storage.sd.limitMs", limitMs, "it is no number of milliseconds; write one");
  }
  return {
    ...{ name: "SD", device },
    ...(limitMs !== undefined && { limit: ms(limitMs) }),
    toHost: commandOf("storage.sd.toHost", sd.toHost),
    toBoard: commandOf("storage.sd.toBoard", sd.toBoard),
  };
}

function commandOf(name: string, given: unknown): readonly string[] {
  const command = argumentList.read(given);
  if (command) return command;
  throw wrong(name, given, `it is none; write ${argumentList.wanted}`);
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

/** @param others that it may have too, but that are not its own */
function checkKeys(
  what: string,
  given: object,
  known: readonly string[],
  others: readonly string[] = [],
): void {
  for (const [key, value] of Object.entries(given)) {
    if (known.includes(key) || others.includes(key)) continue;
    throw wrong(key, value, `${what} has no such option; there are ${known.join(", ")}`);
  }
}

function wrong(name: string, value: unknown, what: string, cause?: unknown): TypeError {
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  return new TypeError(`Cannot use the option ${name} "${shown}" of the bench file: ${what}`, {
    cause,
  });
}
