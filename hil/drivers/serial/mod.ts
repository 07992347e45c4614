/**
 * Serial ports: byte links for consoles, and a binding by which the packages around
 * @serialport/stream run under Deno. Linux only; needs `--allow-ffi`, and `--allow-run` for find,
 * grep, readlink, stat and cat.
 *
 * @example
 * ```ts ignore
 * const link = serialLink({ usbSerial: "A5XK3RJT", baudHz: 115_200 });
 * const console = openConsole({ name: "uart0", link, timeline, clock });
 * await link.opened; // says what is wrong, if anything is
 * await link.sendBreak();
 *
 * const stream = new SerialPortStream({
 *   binding: new DenoBinding(),
 *   path: "/dev/ttyUSB0",
 *   baudRate: 250_000,
 * });
 * ```
 */
export type { LineErrors } from "./_control.ts";
export type { Parity } from "./_termios.ts";
export { DenoBinding, type DenoBindingOptions } from "./binding.ts";
export { SerialBusy, SerialClosed, SerialUnplugged } from "./error.ts";
export { type Reconnect, type SerialLink, serialLink, type SerialLinkOptions } from "./link.ts";
export { DenoPort } from "./port.ts";
export { describePort, listPorts, type Places, type SerialPortInfo } from "./ports.ts";
