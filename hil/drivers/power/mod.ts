/**
 * The power of a board, by a switch that the bench names: a relay with a web server, a Tasmota
 * plug, a GPIO line, a USB hub, a program of one's own, or a person.
 *
 * Relays on the network need `--allow-net`, the others `--allow-run` for the programs that they
 * use; secrets in variables need `--allow-env`.
 *
 * @example
 * ```ts ignore
 * const power = openPower({
 *   kind: "http-relay",
 *   on: "http://10.0.0.5/on",
 *   off: { url: "http://10.0.0.5/off", method: "POST" },
 *   state: "http://10.0.0.5/state",
 *   isOn: '"on": *true',
 *   user: "bench",
 *   passwordEnv: "RELAY_PASSWORD",
 *   offTimeMs: 2000,
 * });
 * await power.on();
 * ```
 */
export { argumentList } from "./_fields.ts";
export { type CommonConfig, openPower, type PowerConfig, powerTools } from "./config.ts";
export { PowerError } from "./error.ts";
export type { Outlet } from "./outlet.ts";
export { SwitchedPower, type SwitchedPowerOptions } from "./switched_power.ts";
