/**
 * What a box with StandardFirmata 2.5 does, from the box's side: to rehearse with, where a program is
 * at the other end of the wires. Digital pins only.
 */
import type { ByteLink } from "../../ports/mod.ts";
import { encode, type FirmataMessage, FirmataParser, type Level, MODE, SYSEX } from "./messages.ts";
import { stamp, sysex } from "./sysex.ts";

/** A wire that a pin of the box is on. */
export interface DevicePin {
  readonly level: Level;
  /** Undefined: lets it go. */
  drive(level: Level | undefined): void;
  /** Called after each change. */
  listen(listener: () => void): void;
}

export interface FirmataDeviceOptions {
  /** Of its program. */
  readonly name: string;
  readonly link: ByteLink;
  readonly pins: readonly DevicePin[];
  /** Its clock, in microseconds: then it stamps what it tells, when the host wants that. */
  readonly nowUs?: () => number;
  /** Called when it has something to say. */
  readonly onTold?: () => void;
}

interface Pin {
  readonly wire: DevicePin;
  mode: number;
  /** What was written to it. */
  state: Level;
  /** When it was set, on the box's clock. */
  setUs: number;
}

const PINS_A_PORT = 8;
/** Of the protocol, and of the program. */
const [MAJOR, MINOR] = [2, 5];

export class FirmataDevice {
  readonly #parser = new FirmataParser("host");
  readonly #pins: readonly Pin[];
  /** What was told last of the ports that are reported. */
  readonly #reported = new Map<number, number>();

  #stamps = false;

  constructor(private readonly options: FirmataDeviceOptions) {
    this.#pins = options.pins.map((wire) => ({ wire, mode: MODE.INPUT, state: 0, setUs: 0 }));
    for (const [n, { wire }] of this.#pins.entries()) {
      wire.listen(() => this.#report(Math.floor(n / PINS_A_PORT)));
    }
    this.#sayHello();
    void this.#listen();
  }

  async #listen(): Promise<void> {
    for await (const bytes of this.options.link.readable) {
      for (const message of this.#parser.take(bytes)) this.#take(message);
    }
  }

  #take(message: FirmataMessage): void {
    switch (message.type) {
      case "pin mode":
        return this.#setMode(message.pin, message.mode);
      case "pin value":
        return this.#write(message.pin, message.level);
      case "digital":
        return this.#writePort(message.port, message.levels);
      case "report digital":
        if (!message.on) return void this.#reported.delete(message.port);
        this.#reported.set(message.port, -1);
        return this.#report(message.port);
      case "version request":
        return this.#say({ type: "version", major: MAJOR, minor: MINOR });
      case "reset":
        for (const n of this.#pins.keys()) this.#setMode(n, MODE.INPUT);
        this.#stamps = false;
        return this.#reported.clear();
      case "sysex":
        return this.#answer(message.id, message.data);
    }
  }

  #answer(id: number, data: Uint8Array): void {
    if (id === SYSEX.REPORT_FIRMWARE) return this.#sayFirmware();
    if (id === SYSEX.STAMPS) return void (this.#stamps = true);
    if (id === SYSEX.CAPABILITY_QUERY) {
      const modes = this.#pins.flatMap(() => [MODE.INPUT, 1, MODE.OUTPUT, 1, 0x7f]);
      return this.#saySysex(SYSEX.CAPABILITY_RESPONSE, modes);
    }
    if (id === SYSEX.ANALOG_MAPPING_QUERY) {
      return this.#saySysex(SYSEX.ANALOG_MAPPING_RESPONSE, this.#pins.map(() => 0x7f));
    }
    const n = data[0] ?? -1, pin = this.#pins[n];
    if (id === SYSEX.PIN_STATE_QUERY && pin) {
      this.#stamp(pin.setUs);
      this.#saySysex(SYSEX.PIN_STATE_RESPONSE, [n, pin.mode, pin.state]);
    }
  }

  #setMode(n: number, mode: number): void {
    const pin = this.#pins[n];
    if (!pin || (mode !== MODE.INPUT && mode !== MODE.OUTPUT)) return;
    pin.mode = mode;
    pin.state = 0;
    pin.setUs = this.#nowUs;
    pin.wire.drive(mode === MODE.OUTPUT ? pin.state : undefined);
  }

  /** Of an output alone, as the program for Arduinos has it. */
  #write(n: number, level: Level): void {
    const pin = this.#pins[n];
    if (pin?.mode !== MODE.OUTPUT) return;
    pin.setUs = this.#nowUs;
    pin.wire.drive(pin.state = level);
  }

  #writePort(port: number, levels: number): void {
    for (let bit = 0; bit < PINS_A_PORT; bit++) {
      this.#write(port * PINS_A_PORT + bit, (levels >>> bit & 1) as Level);
    }
  }

  /** Outputs are 0 in it: of those it tells nothing. */
  #report(port: number): void {
    const told = this.#reported.get(port);
    if (told === undefined) return;
    const pins = this.#pins.slice(port * PINS_A_PORT, (port + 1) * PINS_A_PORT);
    const levels = pins.reduce(
      (sum, { mode, wire }, bit) => sum | (mode === MODE.INPUT ? wire.level << bit : 0),
      0,
    );
    if (levels === told) return;
    this.#reported.set(port, levels);
    this.#stamp(this.#nowUs);
    this.#say({ type: "digital", port, levels });
  }

  get #nowUs(): number {
    return Math.round(this.options.nowUs?.() ?? 0);
  }

  #stamp(us: number): void {
    if (this.#stamps && this.options.nowUs) this.#say(stamp(us));
  }

  #sayHello(): void {
    this.#say({ type: "version", major: MAJOR, minor: MINOR });
    this.#sayFirmware();
  }

  #sayFirmware(): void {
    const letters = [...this.options.name].flatMap((letter) => [letter.charCodeAt(0) & 0x7f, 0]);
    this.#saySysex(SYSEX.REPORT_FIRMWARE, [MAJOR, MINOR, ...letters]);
  }

  #saySysex(id: number, data: readonly number[]): void {
    this.#say(sysex(id, data));
  }

  #say(message: FirmataMessage): void {
    // A host that is gone hears nothing.
    this.options.link.write(encode(message)).catch(() => {});
    this.options.onTold?.();
  }
}
