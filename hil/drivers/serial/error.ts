/** What a serial port can do to its user. */
import { registerError } from "../../record/errors.ts";

/** A port whose device is gone, or whose other side hung up, while it was open. */
export class SerialUnplugged extends Error {
  override readonly name = "SerialUnplugged";
  readonly path: string;
  /** Of its USB device, where it has one. */
  readonly usbSerial: string | undefined;

  constructor(
    port: { readonly path: string; readonly usb?: boolean; readonly usbSerial?: string },
    options: ErrorOptions & { readonly waited?: string } = {},
  ) {
    const { path, usb, usbSerial } = port;
    const what = usbSerial !== undefined ? ` (USB serial number "${usbSerial}")` : "";
    const how = usb ? "it was unplugged" : "its other side hung up";
    const back = options.waited ? ` and was not back within ${options.waited}` : "";
    const remedy = usb ? "plug it in again" : "open it again when that is back";
    super(`Cannot use the serial port "${path}"${what}: ${how}${back}; ${remedy}`, options);
    this.path = path;
    this.usbSerial = usbSerial;
  }
}

/** A port that another program has for itself. */
export class SerialBusy extends Error {
  override readonly name = "SerialBusy";

  /** @param holder the program's command line and process id, when it could be found */
  constructor(readonly path: string, readonly holder?: { pid: number; command: string }) {
    const who = holder ? `"${holder.command}" (process ${holder.pid}) has it` : "a program has it";
    const remedy = holder ? "end that" : `find it with "fuser ${path}" and end it`;
    super(`Cannot open the serial port "${path}": ${who}; ${remedy}`);
  }
}

/** A call that ended because the port was closed here. */
export class SerialClosed extends Error {
  override readonly name = "SerialClosed";
  /** What @serialport/stream looks for: the port did not fail. */
  readonly canceled = true;

  constructor(path: string, doing: string) {
    super(`Cannot ${doing} the serial port "${path}": it is closed here; open it again`);
  }
}
registerError(SerialUnplugged, SerialBusy, SerialClosed);
