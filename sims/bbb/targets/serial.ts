/**
 * The target "serial" of the role "board": a real BeagleBone Black on a serial cable, with a switch
 * for its power. `fixtures/benches/lab.yaml` shows how a bench file describes one.
 */
import { type Availability, defineTarget, minutes } from "hil";
import { describePort, listPorts } from "hil/drivers/serial/mod.ts";
import type { BeagleBone } from "../port.ts";
import { boardHealth, HEALTH_LIMIT } from "./health.ts";
import { prepareUboot } from "./prepare.ts";
import { startSerialBoard } from "./serial_board.ts";
import { offered, serialWiring } from "./serial_options.ts";

export default defineTarget<BeagleBone>({
  title: "BeagleBone Black on a serial cable",
  offers: (options) => offered(serialWiring(options)),
  exclusive: (options) => {
    const { serial } = serialWiring(options);
    return `board on ${serial.path ?? `USB serial ${serial.usbSerial}`}`;
  },
  // A card is written, and a box of pins comes up.
  startLimit: minutes(5),
  tools: (options) => serialWiring(options).tools,
  availability,
  // What is written to a card is Debian's, as a rule.
  prepare: (options, progress) =>
    serialWiring(options).sd ? prepareUboot(options, progress) : Promise.resolve(),
  start: (context) => startSerialBoard(context, serialWiring(context.options)),
  health: boardHealth,
  healthLimit: HEALTH_LIMIT,
});

async function availability(options: Readonly<Record<string, unknown>>): Promise<Availability> {
  const { path, usbSerial } = serialWiring(options).serial;
  const ports = await listPorts();
  const there = path === undefined
    ? ports.some((port) => port.serialNumber === usbSerial)
    : await isThere(path);
  if (there) return { ok: true };
  const others = ports.map(describePort).join(", ") || "none";
  return {
    ok: false,
    reason: `${path ?? `a serial port with the USB serial number ${usbSerial}`} is not there`,
    remedy: `plug it in, or change the bench file; the serial ports here: ${others}`,
  };
}

/** Deno itself looks into /dev only with --allow-all. */
async function isThere(path: string): Promise<boolean> {
  const { success } = await new Deno.Command("test", { args: ["-e", path], stdin: "null" })
    .output();
  return success;
}
