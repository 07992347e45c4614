/**
 * ELM: locates errors of BCH codes (AM335x TRM SPRUH73, section 7.4.5). A syndrome that is submitted
 * gives "no errors found" (ECC_CORRECTABL 1, none counted): there is no NAND whose errors to find.
 */
import { defineRegisters, Peripheral, type VirtualClock } from "sims/engine/mod.ts";
import type { WireDriver } from "sims/engine/mod.ts";

const POLYNOMIALS = { count: 8, stride: 0x40 } as const;

// deno-fmt-ignore
export const ELM = defineRegisters({
  ELM_REVISION:            { offset: 0x000, reset: 0x20, access: "ro" },
  ELM_SYSCONFIG:           { offset: 0x010, reset: 0x11, writable: 0x119, fields: { AUTOGATING: 0, SOFTRESET: 1, SIDLEMODE: [3, 4], CLOCKACTIVITYOCPz: 8 } },
  ELM_SYSSTATUS:           { offset: 0x014, reset: 0x1, access: "ro", fields: { RESETDONE: 0 } },
  ELM_IRQSTATUS:           { offset: 0x018, access: "w1c", writable: 0x1ff, fields: { PAGE_VALID: 8 } },
  ELM_IRQENABLE:           { offset: 0x01c, writable: 0x1ff },
  ELM_LOCATION_CONFIG:     { offset: 0x020, writable: 0x7ff0003, fields: { ECC_BCH_LEVEL: [0, 1], ECC_SIZE: [16, 26] } },
  ELM_PAGE_CTRL:           { offset: 0x080, writable: 0xff },
  ELM_SYNDROME_FRAGMENT_0: { offset: 0x400, ...POLYNOMIALS },
  ELM_SYNDROME_FRAGMENT_1: { offset: 0x404, ...POLYNOMIALS },
  ELM_SYNDROME_FRAGMENT_2: { offset: 0x408, ...POLYNOMIALS },
  ELM_SYNDROME_FRAGMENT_3: { offset: 0x40c, ...POLYNOMIALS },
  ELM_SYNDROME_FRAGMENT_4: { offset: 0x410, ...POLYNOMIALS },
  ELM_SYNDROME_FRAGMENT_5: { offset: 0x414, ...POLYNOMIALS },
  ELM_SYNDROME_FRAGMENT_6: { offset: 0x418, ...POLYNOMIALS, writable: 0x1ffff, fields: { SYNDROME_6: [0, 15], SYNDROME_VALID: 16 } },
  ELM_LOCATION_STATUS:     { offset: 0x800, count: 8, stride: 0x100, access: "ro", fields: { ECC_NB_ERRORS: [0, 4], ECC_CORRECTABL: 8 } },
});

const R = ELM.index;
const SOFTRESET = 2;
const SYNDROME_VALID = 1 << 16;

export class Elm extends Peripheral<keyof typeof R> {
  readonly #irq: WireDriver;

  constructor(options: {
    readonly name?: string;
    readonly clock: VirtualClock;
    readonly irq: WireDriver;
  }) {
    super(options.name ?? "ELM", ELM, options.clock);
    this.#irq = options.irq;
    this.onWrite("ELM_SYSCONFIG", (written) => written & SOFTRESET && this.reset());
    this.onWrite("ELM_SYNDROME_FRAGMENT_6", (written, _old, n) => {
      if (!(written & SYNDROME_VALID)) return;
      this.regs[R.ELM_SYNDROME_FRAGMENT_6 + n]! &= ~SYNDROME_VALID;
      this.regs[R.ELM_LOCATION_STATUS + n] = 1 << 8;
      this.regs[R.ELM_IRQSTATUS]! |= 1 << n;
    });
    this.settle();
  }

  /** Nothing but writes and alarms changes what is read. */
  override steadyUntil(): number {
    return Infinity;
  }

  override settle(): void {
    this.#irq.drive(this.regs[R.ELM_IRQSTATUS]! & this.regs[R.ELM_IRQENABLE]! ? 1 : 0);
  }
}
