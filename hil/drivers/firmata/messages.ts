/**
 * The messages of Firmata 2.5 (firmata/protocol, protocol.md) as far as digital pins need them: MIDI's
 * framing, where only the first byte of a message has its highest bit set.
 */

export type Level = 0 | 1;

/** Modes of a pin (protocol.md, "Supported Modes"). */
export const MODE = { INPUT: 0, OUTPUT: 1 } as const;

export const SYSEX = {
  /**
   * Ours, of those that the protocol leaves to users. From the host, without data: send stamps. From
   * the box: its clock in microseconds, five times seven bits, the lowest first. It stands before a
   * report of a port, which was read then, or before the state of a pin, which was set then. A box
   * that does not know it says nothing.
   */
  STAMPS: 0x01,
  ANALOG_MAPPING_QUERY: 0x69,
  ANALOG_MAPPING_RESPONSE: 0x6a,
  CAPABILITY_QUERY: 0x6b,
  CAPABILITY_RESPONSE: 0x6c,
  PIN_STATE_QUERY: 0x6d,
  PIN_STATE_RESPONSE: 0x6e,
  STRING_DATA: 0x71,
  REPORT_FIRMWARE: 0x79,
} as const;

export type FirmataMessage =
  /** Of pins 8·port to 8·port + 7, the first in bit 0. */
  | { readonly type: "digital"; readonly port: number; readonly levels: number }
  | { readonly type: "analog"; readonly pin: number; readonly value: number }
  | { readonly type: "report analog"; readonly pin: number; readonly on: boolean }
  | { readonly type: "report digital"; readonly port: number; readonly on: boolean }
  | { readonly type: "pin mode"; readonly pin: number; readonly mode: number }
  | { readonly type: "pin value"; readonly pin: number; readonly level: Level }
  | { readonly type: "version"; readonly major: number; readonly minor: number }
  | { readonly type: "version request" }
  | { readonly type: "reset" }
  /** `data` has 7 bits a byte. */
  | { readonly type: "sysex"; readonly id: number; readonly data: Uint8Array };

/** Who has sent it: a version report has data, the request for one has none. */
export type Sender = "host" | "box";

const [DIGITAL, REPORT_ANALOG, REPORT_DIGITAL, ANALOG] = [0x90, 0xc0, 0xd0, 0xe0];
const [START_SYSEX, PIN_MODE, PIN_VALUE, END_SYSEX] = [0xf0, 0xf4, 0xf5, 0xf7];
const [VERSION, RESET] = [0xf9, 0xff];
/** Longer than the capabilities of 128 pins. */
const LONGEST_SYSEX = 8 << 10;

const low = (value: number) => value & 0x7f;
const pair = (value: number) => [low(value), low(value >>> 7)];

export function encode(message: FirmataMessage): Uint8Array {
  return Uint8Array.from(bytesOf(message));
}

function bytesOf(message: FirmataMessage): readonly number[] {
  switch (message.type) {
    case "digital":
      return [DIGITAL | message.port, ...pair(message.levels)];
    case "analog":
      return [ANALOG | message.pin, ...pair(message.value)];
    case "report analog":
      return [REPORT_ANALOG | message.pin, Number(message.on)];
    case "report digital":
      return [REPORT_DIGITAL | message.port, Number(message.on)];
    case "pin mode":
      return [PIN_MODE, low(message.pin), low(message.mode)];
    case "pin value":
      return [PIN_VALUE, low(message.pin), message.level];
    case "version":
      return [VERSION, low(message.major), low(message.minor)];
    case "version request":
      return [VERSION];
    case "reset":
      return [RESET];
    case "sysex":
      return [START_SYSEX, low(message.id), ...message.data.map(low), END_SYSEX];
  }
}

/**
 * Messages out of bytes that come in any portions. What is no message, as the noise of a box that
 * resets, is left out, and the next one that begins is read.
 */
export class FirmataParser {
  /** Bytes that belonged to none. */
  dropped = 0;
  /** Of the message that has begun; 0: none has. */
  #first = 0;
  #data: number[] = [];

  constructor(private readonly from: Sender) {}

  take(bytes: Uint8Array): FirmataMessage[] {
    return Array.from(bytes).flatMap((byte) => this.#take(byte) ?? []);
  }

  #take(byte: number): FirmataMessage | undefined {
    if (byte >= 0x80) return this.#begin(byte);
    if (this.#first === 0) {
      this.dropped++;
      return undefined;
    }
    this.#data.push(byte);
    if (this.#data.length > LONGEST_SYSEX) this.#drop();
    return this.#data.length === dataBytes(this.#first, this.from) ? this.#end() : undefined;
  }

  #begin(byte: number): FirmataMessage | undefined {
    if (byte === END_SYSEX && this.#first === START_SYSEX && this.#data.length > 0) {
      return this.#end();
    }
    if (this.#first !== 0) this.#drop();
    const count = dataBytes(byte, this.from);
    if (count === undefined) this.dropped++;
    else this.#first = byte;
    return count === 0 ? this.#end() : undefined;
  }

  #drop(): void {
    this.dropped += 1 + this.#data.length;
    this.#forget();
  }

  #end(): FirmataMessage {
    const first = this.#first, data = this.#data;
    this.#forget();
    if (first === START_SYSEX) {
      return { type: "sysex", id: data[0]!, data: Uint8Array.from(data.slice(1)) };
    }
    if (first === VERSION && data.length > 0) {
      return { type: "version", major: data[0]!, minor: data[1]! };
    }
    return messageOf(first, data);
  }

  #forget(): void {
    this.#first = 0;
    this.#data = [];
  }
}

/** How many bytes follow a first one; undefined when no message begins with it. */
function dataBytes(first: number, from: Sender): number | undefined {
  if (first < START_SYSEX) {
    switch (first & 0xf0) {
      case DIGITAL:
      case ANALOG:
        return 2;
      case REPORT_ANALOG:
      case REPORT_DIGITAL:
        return 1;
      default:
        return undefined;
    }
  }
  switch (first) {
    case START_SYSEX:
      return Infinity;
    case PIN_MODE:
    case PIN_VALUE:
      return 2;
    case VERSION:
      return from === "host" ? 0 : 2;
    case RESET:
      return 0;
    default:
      return undefined;
  }
}

function messageOf(first: number, [a = 0, b = 0]: readonly number[]): FirmataMessage {
  const channel = first & 0x0f;
  switch (first < START_SYSEX ? first & 0xf0 : first) {
    case DIGITAL:
      return { type: "digital", port: channel, levels: a | (b & 1) << 7 };
    case ANALOG:
      return { type: "analog", pin: channel, value: a | b << 7 };
    case REPORT_ANALOG:
      return { type: "report analog", pin: channel, on: a !== 0 };
    case REPORT_DIGITAL:
      return { type: "report digital", port: channel, on: a !== 0 };
    case PIN_MODE:
      return { type: "pin mode", pin: a, mode: b };
    case PIN_VALUE:
      return { type: "pin value", pin: a, level: b === 0 ? 0 : 1 };
    default:
      return first === RESET ? { type: "reset" } : { type: "version request" };
  }
}
