/**
 * Power, reset and clock module (AM335x TRM SPRUH73, section 8.1): which modules are clocked, at
 * what rates, and resets with their reasons. A change takes no time: a module is functional, and a
 * DPLL locked, at the next read.
 */
import { fieldOf, Peripheral, type VirtualClock, withField } from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { ModuleClock } from "sims/bbb/bus.ts";
import type { ClockInput } from "./clock_input.ts";
import { CLOCK_TREE, type ClockName, type Dpll, DPLLS, locked, type Rate } from "./prcm_clocks.ts";
import { PRCM } from "./prcm_registers.ts";
import { ACTIVITY } from "./prcm_domains.ts";

export { PRCM } from "./prcm_registers.ts";
export type { ClockName } from "./prcm_clocks.ts";

const R = PRCM.index;
type RegisterName = keyof typeof R;
/** A register that gates a module. */
export type ModuleName = Extract<RegisterName, `${string}_CLKCTRL`>;

/** Bits of PRM_RSTST, by what caused the reset. */
export const RESET_REASON = {
  power: 1 << 0,
  warmSoftware: 1 << 1,
  wdt1: 1 << 4,
  externalWarm: 1 << 5,
} as const;
export type ResetReason = keyof typeof RESET_REASON;

const ENABLE = 2;
const IDLEST = { FUNCTIONAL: 0, DISABLED: 3 } as const;
const SW_SLEEP = 1;
const POWER_ON = 3;

/** Registers and fields that a warm reset leaves alone: "[warm reset insensitive]". */
const KEPT_WARM =
  /^(PRM_RSTST|PRM_RSTTIME|CLKSEL_|CM_MAC_CLKSEL|CM_CPTS_RFT_CLKSEL|CM_(CLKSEL|DIV_M\d)_DPLL_|CM_SSC_)/;

class Gate implements ModuleClock {
  running = false;
  constructor(readonly name: string) {}
}

/** A clock that tells when its rate has changed. */
class Source implements ClockInput {
  hz = 0;
  readonly #listeners: (() => void)[] = [];
  constructor(readonly name: string, readonly rate: Rate) {}
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
  /** @param tell false when a snapshot is loaded: nothing has changed, all is as it was then */
  update(regs: Uint32Array, tell: boolean): void {
    const hz = Math.round(this.rate(regs));
    if (hz === this.hz) return;
    this.hz = hz;
    if (tell) { for (const listener of this.#listeners) listener(); }
  }
}

export class Prcm extends Peripheral<RegisterName> {
  readonly #gates = new Map<string, Gate>();
  readonly #sources = new Map<string, Source>();
  readonly #modules: readonly { slot: number; gate: Gate }[];

  /** @param options.reset the program asked for one by PRM_RSTCTRL */
  constructor(options: {
    readonly name?: string;
    readonly clock: VirtualClock;
    readonly reset?: (kind: "warm" | "cold") => void;
  }) {
    super(options.name ?? "PRCM", PRCM, options.clock);
    this.#modules = (Object.keys(PRCM.specs) as RegisterName[])
      .filter((name) => name.endsWith("_CLKCTRL")).map((name) => {
        const gate = new Gate(name);
        this.#gates.set(name, gate);
        return { slot: R[name], gate };
      });
    this.onWrite("PRM_RSTCTRL", (written) => {
      this.regs[R.PRM_RSTCTRL] = 0; // Both bits clear themselves.
      if (written & 2) options.reset?.("cold");
      else if (written & 1) options.reset?.("warm");
    });
    this.#subsystems();
    this.settle();
  }

  /** Resets and power of those that have their own: released, or on, at the next read. */
  #subsystems(): void {
    const releases = (control: RegisterName, bit: number, status: RegisterName, told: number) =>
      this.onWrite(control, (_written, old) => {
        const released = old & ~this.regs[R[control]]! & 1 << bit;
        if (released) this.regs[R[status]]! |= 1 << told;
      });
    releases("RM_GFX_RSTCTRL", 0, "RM_GFX_RSTST", 0);
    releases("RM_WKUP_RSTCTRL", 3, "RM_WKUP_RSTST", 5);
    const powers = (control: RegisterName, status: RegisterName) =>
      this.onWrite(control, () => {
        const on = fieldOf(this.regs[R[control]]!, [0, 1]) === POWER_ON;
        this.regs[R[status]] = on ? PRCM.resets[R[status]]! : 0;
      });
    powers("PM_GFX_PWRSTCTRL", "PM_GFX_PWRSTST");
    powers("PM_CEFUSE_PWRSTCTRL", "PM_CEFUSE_PWRSTST");
  }

  /** Whether a module is clocked, for the bus. */
  moduleClock(name: ModuleName): ModuleClock {
    return this.#gates.get(name)!;
  }

  /** A clock of the tree, whether or not a module takes it. */
  source(name: ClockName): ClockInput {
    return this.#source(name, CLOCK_TREE[name]);
  }

  /** That clock as a module gets it: stopped while the module is disabled. */
  functional(module: ModuleName, name: ClockName): ClockInput {
    const slot = R[module];
    const rate: Rate = CLOCK_TREE[name];
    return this.#source(
      `${module}:${name}`,
      (regs) => fieldOf(regs[slot]!, [0, 1]) === ENABLE ? rate(regs) : 0,
    );
  }

  #source(name: string, rate: Rate): ClockInput {
    let source = this.#sources.get(name);
    if (!source) {
      this.#sources.set(name, source = new Source(name, rate));
      source.update(this.regs, false);
    }
    return source;
  }

  /** As after a warm reset: what the manual calls insensitive stays. */
  warmReset(reason: ResetReason): void {
    for (
      const [name, { of, count }] of Object.entries<{ of?: string; count?: number }>(PRCM.specs)
    ) {
      if (of === undefined && count === undefined && !KEPT_WARM.test(name)) {
        const slot = R[name as RegisterName];
        this.regs[slot] = PRCM.resets[slot]!;
      }
    }
    this.regs[R.PRM_RSTST]! |= RESET_REASON[reason];
    this.settle();
  }

  /** For the ROM: as a program would, but by name. */
  set(name: RegisterName, value: number): void {
    this.write(PRCM.specs[name].offset, value, 4);
  }

  /** Nothing but writes and alarms changes what is read. */
  override steadyUntil(): number {
    return Infinity;
  }

  override settle(): void {
    this.#derive(true);
  }

  /** Rates are known before other parts settle, and nobody is told of a change. */
  protected override loadMore(_state: Json): void {
    this.#derive(false);
  }

  #derive(tell: boolean): void {
    const { regs } = this;
    for (const { slot, gate } of this.#modules) {
      gate.running = (regs[slot]! & 3) === ENABLE;
      regs[slot] = moduleStatus(gate.name, regs[slot]!, gate.running);
    }
    for (const [name, { idlest }] of Object.entries(DPLLS)) {
      regs[idlest] = locked(regs, name as Dpll) ? 1 : 1 << 8;
    }
    this.#deriveActivity();
    for (const source of this.#sources.values()) source.update(regs, tell);
  }

  /** CLKACTIVITY bits of each clock domain. */
  #deriveActivity(): void {
    for (const { domain, bits, modules } of ACTIVITY) {
      const awake = (this.regs[domain]! & 3) !== SW_SLEEP ||
        modules.some((slot) => (this.regs[slot]! & 3) === ENABLE);
      let value = this.regs[domain]! & 3;
      for (const { bit, of } of bits) if (of ? of(this.regs) : awake) value |= 1 << bit;
      this.regs[domain] = value >>> 0;
    }
  }
}

/** IDLEST, and STBYST of those that have it; the rest as it was written. */
function moduleStatus(name: string, value: number, running: boolean): number {
  const { fields } = PRCM.specs[name as RegisterName] as { fields: Record<string, unknown> };
  if ("IDLEST" in fields) {
    value = withField(value, [16, 17], running ? IDLEST.FUNCTIONAL : IDLEST.DISABLED);
  }
  return "STBYST" in fields ? withField(value, 18, running ? 0 : 1) : value;
}
