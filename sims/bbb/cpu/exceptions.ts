/**
 * Exception entry (ARM Architecture Reference Manual DDI 0406C, sections B1.8 and B1.9). One world
 * only: interrupts and aborts never go to Monitor mode, as with SCR at reset.
 */
import type { Core } from "./core.ts";
import { SCTLR } from "./cp15_registers.ts";
import { Mode } from "./modes.ts";
import { PSR, WORD } from "./psr.ts";

interface Exception {
  readonly vector: number;
  readonly mode: Mode;
  /** Masked on entry, besides I. */
  readonly masks: number;
  /**
   * What R14 is, from the address of the instruction (of an interrupt and of SVC and SMC: that behind
   * it), in ARM and in Thumb state.
   */
  readonly link: readonly [arm: number, thumb: number];
}

// deno-fmt-ignore
const EXCEPTIONS = {
  "undefined":      { vector: 0x04, mode: Mode.UND, masks: 0,             link: [4, 2] },
  "svc":            { vector: 0x08, mode: Mode.SVC, masks: 0,             link: [0, 0] },
  "smc":            { vector: 0x08, mode: Mode.MON, masks: PSR.A | PSR.F, link: [0, 0] },
  "prefetch abort": { vector: 0x0c, mode: Mode.ABT, masks: PSR.A,         link: [4, 4] },
  "data abort":     { vector: 0x10, mode: Mode.ABT, masks: PSR.A,         link: [8, 8] },
  "irq":            { vector: 0x18, mode: Mode.IRQ, masks: PSR.A,         link: [4, 4] },
  "fiq":            { vector: 0x1c, mode: Mode.FIQ, masks: PSR.A | PSR.F, link: [4, 4] },
} as const satisfies Readonly<Record<string, Exception>>;

export type ExceptionKind = keyof typeof EXCEPTIONS;

const HIGH_VECTORS = 0xffff_0000;
/** ITSTATE in a PSR. */
const IT_BITS = 0x0600_fc00;
/** What an entry replaces, or clears before it sets it. */
const REPLACED = PSR.MODE | PSR.T | PSR.E | IT_BITS;

/** Enters an exception. `address` is that of the instruction, or of the one behind it (see `link`). */
export function enterException(core: Core, kind: ExceptionKind, address: number): void {
  core.onException?.(kind, address);
  const { vector, mode, masks, link }: Exception = EXCEPTIONS[kind];
  const sctlr = core.cp15.get("SCTLR");
  const psr = core.cpsr;
  const lr = address + link[core.thumb ? 1 : 0];
  core.cpsr = psr & ~REPLACED | mode | PSR.I | masks |
    (sctlr & SCTLR.TE ? PSR.T : 0) | (sctlr & SCTLR.EE ? PSR.E : 0);
  core.spsr = psr;
  core.i32[14] = lr;
  core.branch(vectorBase(core, kind, sctlr) + vector);
}

function vectorBase(core: Core, kind: ExceptionKind, sctlr: number): number {
  if (kind === "smc") return core.cp15.get("MVBAR");
  return sctlr & SCTLR.V ? HIGH_VECTORS : core.cp15.get("VBAR");
}

/** The interrupt to take at this boundary: FIQ goes first. */
export function pendingInterrupt(core: Core): "irq" | "fiq" | undefined {
  const pending = core.inputs & ~core.i32[WORD.CPSR]!;
  return pending === 0 ? undefined : (pending & PSR.F) !== 0 ? "fiq" : "irq";
}
