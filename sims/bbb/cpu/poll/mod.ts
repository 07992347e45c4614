/**
 * Loops that only wait for time to pass, not executed but computed.
 *
 * @example
 * ```ts ignore
 * const skipper = new Skipper({ core, bus, clock });
 * const devices = new PolledDevices(timedDevices, skipper);
 * // In the run, at a boundary: if (skipper.due) skipper.look();
 * ```
 */
export { type PolledBus, Skipper } from "./skipper.ts";
export { PolledDevices } from "./polled_devices.ts";
