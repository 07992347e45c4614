/** The options of @serialport/bindings-interface, checked. */
import type { OpenOptions } from "@serialport/bindings-interface";
import type { LineSettings, Parity } from "./_termios.ts";

const PARITIES: readonly Parity[] = ["none", "even", "odd", "mark", "space"];

/** @throws RangeError */
export function settingsOf(options: OpenOptions): LineSettings {
  const { path, baudRate, dataBits = 8, stopBits = 1, parity = "none" } = options;
  checkBaud(path, baudRate);
  const refuse = (what: string, value: unknown, remedy: string): never => {
    throw new RangeError(`Cannot open the serial port "${path}": ${what} is "${value}"; ${remedy}`);
  };
  if (![5, 6, 7, 8].includes(dataBits)) refuse("dataBits", dataBits, "give 5, 6, 7 or 8");
  // The UART has one bit for it, which means 1.5 when characters are short.
  const stops = dataBits === 5 ? [1, 1.5] : [1, 2];
  if (!stops.includes(stopBits)) {
    refuse("stopBits", stopBits, `give ${stops.join(" or ")} with ${dataBits} data bits`);
  }
  if (!PARITIES.includes(parity as Parity)) {
    refuse("parity", parity, `give one of ${PARITIES.join(", ")}`);
  }
  const { rtscts = false, xon = false, xoff = false, xany = false, hupcl = true } = options;
  const flow = { rtscts, xon, xoff, xany, hupcl };
  return { baudHz: baudRate, dataBits, stopBits, parity: parity as Parity, ...flow };
}

/** @throws RangeError */
export function checkBaud(path: string, baudHz: number): void {
  if (Number.isInteger(baudHz) && baudHz > 0 && baudHz < 2 ** 32) return;
  throw new RangeError(
    `Cannot set the rate of the serial port "${path}" to "${baudHz}" Bd: ` +
      `it is not a whole number from 1 to 2^32 - 1; give one`,
  );
}
