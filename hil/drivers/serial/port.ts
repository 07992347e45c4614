/** An open serial port: the `BindingPortInterface` of @serialport/stream. */
import type {
  BindingPortInterface,
  OpenOptions,
  PortStatus,
  SetOptions,
  UpdateOptions,
} from "@serialport/bindings-interface";
import type { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import type { ModemLines } from "../../ports/mod.ts";
import { Control, type LineErrors } from "./_control.ts";
import type { Libc } from "./_libc.ts";
import { checkBaud } from "./_settings.ts";
import type { LineSettings } from "./_termios.ts";
import { CallError, type Tty } from "./_tty.ts";
import { SerialClosed, SerialUnplugged } from "./error.ts";
import type { SerialPortInfo } from "./ports.ts";

/** So many bytes in or out without waiting, and other links and timers have their turn. */
const TURN_BYTES = 64 << 10;

interface Parts {
  readonly tty: Tty;
  readonly libc: Libc;
  readonly info: SerialPortInfo | undefined;
  readonly settings: LineSettings;
  readonly options: OpenOptions;
}

export class DenoPort implements BindingPortInterface {
  readonly openOptions: Required<OpenOptions>;
  /** What its device says of itself; undefined of a pseudo-terminal. */
  readonly info: SerialPortInfo | undefined;
  readonly #tty: Tty;
  readonly #libc: Libc;
  readonly #control: Control;
  #settings: LineSettings;
  #lost: SerialUnplugged | undefined;
  #bytesInTurn = 0;
  #closing: Promise<void> | undefined;

  /** DenoBinding makes them. */
  constructor({ tty, libc, info, settings, options }: Parts) {
    this.#tty = tty;
    this.#libc = libc;
    this.#control = new Control(tty, (cause) => this.#unplugged(cause));
    this.#settings = settings;
    this.info = info;
    const { baudHz: baudRate, ...rest } = settings;
    this.openOptions = { path: options.path, lock: options.lock ?? true, baudRate, ...rest };
  }

  /** The device's path, whatever name it was opened by. */
  get path(): string {
    return this.#tty.path;
  }

  get isOpen(): boolean {
    return !this.#tty.closed;
  }

  /** Why it can be used no more, when it was not closed here. */
  get lost(): SerialUnplugged | undefined {
    return this.#lost;
  }

  /**
   * Takes it for us alone, if that is wanted, and sets the line.
   *
   * @throws CallError EBUSY when another has it
   */
  claim(): void {
    // The lock first: settings would disturb who has it.
    if (this.openOptions.lock) {
      if (!this.#tty.lock()) throw new CallError("flock", "EBUSY");
      this.#control.exclude();
    }
    this.#control.apply(this.#settings);
  }

  async read(
    buffer: Buffer,
    offset: number,
    length: number,
  ): Promise<{ buffer: Buffer; bytesRead: number }> {
    const room = buffer.subarray(offset, offset + length) as Uint8Array<ArrayBuffer>;
    for (;;) {
      const bytesRead = this.#readAll(room);
      if (bytesRead > 0) {
        await this.#turn(bytesRead);
        return { buffer, bytesRead };
      }
      const readiness = await this.#tty.ready("read");
      if (readiness === "closed") throw new SerialClosed(this.path, "read from");
      // What came just before it hung up may still be there.
      if (readiness === "hung up") {
        const rest = this.#readAll(room);
        if (rest === 0) throw this.#unplugged();
        return { buffer, bytesRead: rest };
      }
    }
  }

  async write(buffer: Uint8Array): Promise<void> {
    const data = buffer as Uint8Array<ArrayBuffer>;
    for (let at = 0; at < data.length;) {
      const count = this.#tty.write(data.subarray(at));
      at += count;
      if (count > 0) {
        await this.#turn(count);
        continue;
      }
      const readiness = await this.#tty.ready("write");
      if (readiness === "closed") throw new SerialClosed(this.path, "write to");
      if (readiness === "hung up") throw this.#unplugged();
    }
  }

  /** Sets another rate at once: drain before what is to go out at the old one. */
  update({ baudRate }: UpdateOptions): Promise<void> {
    return Promise.try(() => {
      checkBaud(this.path, baudRate);
      const settings = { ...this.#settings, baudHz: baudRate };
      this.#control.apply(settings);
      this.#settings = settings;
    });
  }

  /** Changes what is named. `cts` and `dsr` are the other side's. */
  set({ brk, dtr, rts }: SetOptions): Promise<void> {
    return Promise.try(() => {
      if (brk !== undefined) this.#control.break(brk);
      this.#control.setLines({ dtr, rts });
    });
  }

  async get(): Promise<PortStatus> {
    const { cts, dsr, dcd } = await this.lines();
    return { cts, dsr, dcd };
  }

  /** @throws Error when the port has none */
  lines(): Promise<ModemLines> {
    return Promise.try(() => this.#control.lines());
  }

  getBaudRate(): Promise<{ baudRate: number }> {
    return Promise.try(() => ({ baudRate: this.#control.settings().baudHz }));
  }

  /** Undefined when the driver does not count. */
  lineErrors(): LineErrors | undefined {
    return this.#control.errors();
  }

  /** Drops what has come and was not read, and what was written and is not sent. */
  flush(): Promise<void> {
    return Promise.try(() => this.#control.flush());
  }

  /** Waits until all that was written is sent; closing ends that. */
  drain(): Promise<void> {
    return this.#control.drain();
  }

  /** What waits in a read or write is rejected with a SerialClosed. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    try {
      if (this.openOptions.lock) this.#control.include();
    } catch { /* It is gone: nobody has it alone any more. */ }
    await this.#tty.close();
    this.#libc.close();
  }

  /** All that is there, as far as it fits: the kernel hands over 4 KiB at once, or less. */
  #readAll(room: Uint8Array<ArrayBuffer>): number {
    let size = 0;
    while (size < room.length) {
      const count = this.#tty.read(room.subarray(size));
      if (count === 0) break;
      size += count;
    }
    return size;
  }

  #turn(bytes: number): Promise<void> | undefined {
    this.#bytesInTurn += bytes;
    if (this.#bytesInTurn < TURN_BYTES) return undefined;
    this.#bytesInTurn = 0;
    return new Promise((resolve) => void setImmediate(resolve));
  }

  #unplugged(cause?: unknown): SerialUnplugged {
    const { path, info } = this;
    const port = { path, usb: info?.vendorId !== undefined, usbSerial: info?.serialNumber };
    return this.#lost ??= new SerialUnplugged(port, { cause });
  }
}
