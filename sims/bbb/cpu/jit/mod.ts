/**
 * Translated code for the Cortex-A8: a tier that makes WebAssembly of what is executed often.
 *
 * - hot_code.ts counts entries; region.ts finds the blocks around a hot one, within its page, of
 *   instructions that the interpreter has decoded.
 * - translate.ts writes a region as one function: loops.ts puts its loops in order, kind.ts says
 *   what is translated and what the interpreter does; data.ts, memory.ts, media.ts, branches.ts and
 *   flags.ts write instructions, writer.ts what they share: registers in locals, ways out, time.
 * - wasm_code.ts and wasm_module.ts encode that, linker.ts compiles several regions in a module and
 *   puts them in one table; regions.ts remembers them by where their code lies in memory.
 * - tier.ts runs them. From region to region it goes by jumps.ts, without the host: a region ends
 *   in a tail call of the next.
 *
 * Each block takes what it costs off the budget before it starts; one that costs more than is left
 * is not started: the interpreter executes what still fits, so a run ends at the same instruction
 * with and without this. Around an access that may reach a device the budget is made exact.
 *
 * @example
 * ```ts ignore
 * const cpu = new Cpu({ memory: new GuestMemory(), bus, clock });
 * cpu.tier = new WasmTier(cpu.core);
 * ```
 */
export { type TierOptions, WasmTier } from "./tier.ts";
