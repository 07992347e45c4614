/**
 * A module that is there and does nothing: drivers find its revision, reset it, and set its idle
 * modes; all else reads as 0 and forgets what is written. Each has the manual's standard registers
 * (AM335x TRM SPRUH73) at its own offsets.
 */
import { defineRegisters, Peripheral, type VirtualClock } from "sims/engine/mod.ts";

export interface IdleModuleOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  /** Of REVISION, with its value. */
  readonly revision?: { readonly offset: number; readonly value: number };
  /** Of SYSCONFIG, with its value after reset and the bit that resets, which clears itself. */
  readonly sysconfig?: {
    readonly offset: number;
    readonly reset?: number;
    readonly softReset?: number;
  };
  /** Of SYSSTATUS, whose bit 0 says that the reset is done. */
  readonly sysstatus?: number;
}

type Names = "REVISION" | "SYSCONFIG" | "SYSSTATUS";

export class IdleModule extends Peripheral<Names> {
  constructor({ name, clock, revision, sysconfig, sysstatus }: IdleModuleOptions) {
    const self = sysconfig?.softReset === undefined ? 0 : 1 << sysconfig.softReset;
    super(
      name,
      defineRegisters({
        ...(revision && {
          REVISION: { offset: revision.offset, reset: revision.value, access: "ro" as const },
        }),
        ...(sysconfig && {
          SYSCONFIG: { offset: sysconfig.offset, reset: sysconfig.reset ?? 0, writable: ~self },
        }),
        ...(sysstatus !== undefined && {
          SYSSTATUS: { offset: sysstatus, reset: 1, access: "ro" as const },
        }),
      }) as never,
      clock,
    );
  }
}
