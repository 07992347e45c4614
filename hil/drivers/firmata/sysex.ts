/** What a pin box says in messages of its own, and what it is asked (protocol.md, "Sysex"). */
import { type FirmataMessage, type Level, SYSEX } from "./messages.ts";

const PINS_A_PORT = 8;

export const portOf = (pin: number): number => Math.floor(pin / PINS_A_PORT);

/** Of a pin in the levels of its port. */
export function levelIn(levels: number, pin: number): Level {
  return (levels >>> pin % PINS_A_PORT & 1) as Level;
}

export function sysex(id: number, data: Iterable<number> = []): FirmataMessage {
  return { type: "sysex", id, data: Uint8Array.from(data) };
}

/** Its data, when it is that one. */
export function sysexIn(message: FirmataMessage, id: number): Uint8Array | undefined {
  return message.type === "sysex" && message.id === id ? message.data : undefined;
}

export const stateQuery = (pin: number): FirmataMessage => sysex(SYSEX.PIN_STATE_QUERY, [pin]);

/** What a pin is set to: its mode, and what was written to it. */
export function stateIn(
  message: FirmataMessage,
  pin: number,
): { readonly mode: number | undefined; readonly state: number } | undefined {
  const [of, mode, ...sevens] = sysexIn(message, SYSEX.PIN_STATE_RESPONSE) ?? [];
  return of === pin ? { mode, state: numberIn(sevens) } : undefined;
}

/** "StandardFirmata.ino 2.5" */
export function firmwareIn(message: FirmataMessage): string | undefined {
  const [major, minor, ...name] = sysexIn(message, SYSEX.REPORT_FIRMWARE) ?? [];
  return minor === undefined ? undefined : `${textIn(name)} ${major}.${minor}`;
}

/** What it says to people. */
export function wordsIn(message: FirmataMessage): string | undefined {
  const data = sysexIn(message, SYSEX.STRING_DATA);
  return data && textIn([...data]);
}

/** After so many microseconds a stamp begins again. */
export const STAMP_WRAPS_US = 128 ** 5;

/** Microseconds of the box's clock: see SYSEX.STAMPS. */
export function stampIn(message: FirmataMessage): number | undefined {
  const data = sysexIn(message, SYSEX.STAMPS);
  return data && numberIn([...data]);
}

export function stamp(us: number): FirmataMessage {
  return sysex(SYSEX.STAMPS, [0, 1, 2, 3, 4].map((n) => Math.floor(us / 128 ** n) % 128));
}

/** Modes of each pin: they come with a resolution by turns, and 0x7f behind the last. */
export function modesIn(data: Uint8Array): number[][] {
  const pins: number[][] = [];
  let modes: number[] = [];
  for (let at = 0; at < data.length; at++) {
    if (data[at] === 0x7f) {
      pins.push(modes);
      modes = [];
    } else modes.push(data[at++]!);
  }
  return pins;
}

/** Seven bits a byte, the lowest first. */
function numberIn(sevens: readonly number[]): number {
  return sevens.reduceRight((sum, seven) => sum * 128 + seven, 0);
}

/** Two bytes a character. */
function textIn(data: readonly number[]): string {
  return data.flatMap((byte, n) => n % 2 === 0 ? [byte | (data[n + 1] ?? 0) << 7] : [])
    .map((code) => String.fromCharCode(code)).join("");
}
