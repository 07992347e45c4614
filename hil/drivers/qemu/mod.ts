/**
 * QEMU as a driver: a machine with serial ports, disks, a reset button, a plug and snapshots.
 *
 * @example
 * ```ts ignore
 * const qemu = await Qemu.start({
 *   ...fastPc(),
 *   memoryMiB: 32,
 *   kernel: "guest.elf",
 *   serials: [{ name: "com1" }],
 *   disks: [{ bus: "ide.0", unit: 0, source: { nbd: server.path, export: "disk0" } }],
 * }, context);
 * const console = openConsole({ name: "com1", link: qemu.serial("com1"), … });
 * ```
 */
export { Qemu } from "./qemu.ts";
export type { QmpEventData } from "./qemu.ts";
export type { QemuContext, StartOptions } from "./start.ts";
export { commandLine, fastPc } from "./command_line.ts";
export type { Disk, DiskSource, Firmware, OnError, QemuOptions } from "./command_line.ts";
export { GuestCrashed, QemuError } from "./error.ts";
export { pacedLink } from "./paced_link.ts";
export { probeQemu } from "./probe.ts";
export { QmpClient, QmpClosed, QmpError } from "./qmp.ts";
export type { QmpEvent } from "./qmp.ts";
export { repairReplayLog } from "./replay_log.ts";
export { type Ending, tinyGuest } from "./tiny_guest.ts";
