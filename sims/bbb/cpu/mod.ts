/**
 * The Cortex-A8 of the AM335x, with its memory management unit.
 *
 * @example
 * ```ts ignore
 * const cpu = new Cpu({ memory: new GuestMemory(), bus, clock });
 * clock.drive(cpu);
 * cpu.jump(0x402f_0400);
 * clock.runTo(1_000_000);
 * ```
 */
export { COST } from "./cost.ts";
export { Core, type Simd } from "./core.ts";
export { Cp15 } from "./cp15.ts";
export { Cpu, type CpuOptions, type Tier } from "./cpu.ts";
export type { CpuClock } from "./countdown.ts";
export { disassemble, type Line } from "./disassemble.ts";
export type { ExceptionKind } from "./exceptions.ts";
export { Abort, Undefined } from "./fault.ts";
export { type DeviceAccess, Mmu } from "./mmu.ts";
export { Mode } from "./modes.ts";
export { PSR } from "./psr.ts";
