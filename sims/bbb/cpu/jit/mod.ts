/**
 * Translated code for the Cortex-A8: a tier that makes WebAssembly of what is executed often.
 *
 * @example
 * ```ts ignore
 * const cpu = new Cpu({ memory: new GuestMemory(), bus, clock });
 * cpu.tier = new WasmTier(cpu.core);
 * ```
 */
export { type TierOptions, WasmTier } from "./tier.ts";
