/** Spinlocks: a read takes a lock or tells that it is taken (AM335x TRM SPRUH73, section 17.2). */
import { defineRegisters, Peripheral, type VirtualClock } from "sims/engine/mod.ts";

// deno-fmt-ignore
export const SPINLOCK = defineRegisters({
  REV:       { offset: 0x000, reset: 0x50020000, access: "ro" },
  SYSCONFIG: { offset: 0x010, reset: 0x11, writable: 0x1d, fields: { AUTOGATING: 0, SOFTRESET: 1, ENWAKEUP: 2, SIDLEMODE: [3, 4], CLOCKACTIVITY: 8 } },
  SYSTATUS:  { offset: 0x014, reset: 0x1000001, access: "ro", fields: { RESETDONE: 0, IU0: 8, NUMLOCKS: [24, 31] } },
  LOCK_REG:  { offset: 0x800, count: 32, writable: 0x1, fields: { TAKEN: 0 } },
});

const R = SPINLOCK.index;

export class Spinlock extends Peripheral<keyof typeof R> {
  constructor(options: { readonly name?: string; readonly clock: VirtualClock }) {
    super(options.name ?? "SPINLOCK", SPINLOCK, options.clock);
    this.onWrite("SYSCONFIG", (written) => written & 2 && this.reset());
    this.onRead("LOCK_REG", (n) => {
      const taken = this.regs[R.LOCK_REG + n]!;
      this.regs[R.LOCK_REG + n] = 1;
      return taken;
    });
    // A 1 has no effect: only a read takes a lock.
    this.onWrite("LOCK_REG", (written, old, n) => {
      if (written & 1) this.regs[R.LOCK_REG + n] = old;
    });
  }

  /** A lock that is read is taken. */
  override steadyUntil(offset: number): number {
    return offset < SPINLOCK.specs.LOCK_REG.offset ? Infinity : this.clock.now();
  }

  override settle(): void {
    const locks = this.regs.subarray(R.LOCK_REG, R.LOCK_REG + 32);
    this.regs[R.SYSTATUS] = 0x0100_0001 | (locks.includes(1) ? 1 << 8 : 0);
  }
}
