/**
 * VFPv3-D32 and Advanced SIMD (NEON) of the Cortex-A8.
 *
 * @example
 * ```ts ignore
 * cpu.simd = new VfpNeon(cpu.core);
 * ```
 */
export { VfpNeon } from "./simd.ts";
