/**
 * Serial ports for @serialport/stream under Deno: its `BindingInterface`, on the C library.
 * Linux on x86-64 or ARM64.
 */
import type { BindingInterface, OpenOptions } from "@serialport/bindings-interface";
import { explain, findPort } from "./_find.ts";
import { type Libc, openLibc } from "./_libc.ts";
import { settingsOf } from "./_settings.ts";
import { Tty } from "./_tty.ts";
import { DenoPort } from "./port.ts";
import { listPorts, type Places, type SerialPortInfo } from "./ports.ts";

export interface DenoBindingOptions extends Places {
  /** For tests: calls in the place of the C library's. */
  readonly libc?: () => Libc;
}

/**
 * `path` of the options may also be `usb:SERIAL`, the serial number of a USB adapter, or
 * `usb:SERIAL#INTERFACE` for one with several ports.
 */
export class DenoBinding implements BindingInterface<DenoPort, OpenOptions, SerialPortInfo> {
  readonly #places: Places;
  readonly #libc: () => Libc;

  constructor({ libc = openLibc, ...places }: DenoBindingOptions = {}) {
    this.#places = places;
    this.#libc = libc;
  }

  list(): Promise<SerialPortInfo[]> {
    return listPorts(this.#places);
  }

  /**
   * @throws RangeError when the options are none of a serial port, or its driver refuses them
   * @throws SerialBusy when another program has it
   * @throws Error when it is not there, or may not be had
   */
  async open(options: OpenOptions): Promise<DenoPort> {
    const settings = settingsOf(options);
    const found = await findPort(options.path, this.#places);
    const libc = this.#libc();
    let tty: Tty | undefined;
    try {
      tty = new Tty(found.path, libc);
      const port = new DenoPort({ tty, libc, info: found.info, settings, options });
      port.claim();
      return port;
    } catch (error) {
      await tty?.close();
      libc.close();
      throw await explain(found.path, error, this.#places);
    }
  }
}
