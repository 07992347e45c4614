/**
 * INTC, the interrupt controller of the MPU (AM335x TRM SPRUH73, chapter 6): 128 level-sensitive
 * lines, software interrupts, priorities, a threshold, and two outputs.
 *
 * It owns the wires of its lines, and saves them with itself.
 */
import type { Json } from "hil/trace/mod.ts";
import {
  defineRegisters,
  Peripheral,
  type VirtualClock,
  Wire,
  type WireDriver,
} from "sims/engine/mod.ts";

const BANKS = { count: 4, stride: 0x20 } as const;
const SORTED = { reset: 0xffff_ff80, access: "ro" } as const;
const PRIORITY = { reset: 0xffff_ffc0, access: "ro" } as const;

// deno-fmt-ignore
export const INTC = defineRegisters({
  INTC_REVISION:     { offset: 0x00, access: "ro", reset: 0x50 },
  INTC_SYSCONFIG:    { offset: 0x10, writable: 1, fields: { Autoidle: 0, SoftReset: 1 } },
  INTC_SYSSTATUS:    { offset: 0x14, access: "ro", reset: 1, fields: { ResetDone: 0 } },
  INTC_SIR_IRQ:      { offset: 0x40, ...SORTED, fields: {
    ActiveIRQ: [0, 6], SpuriousIRQ: [7, 31] } },
  INTC_SIR_FIQ:      { offset: 0x44, ...SORTED, fields: {
    ActiveFIQ: [0, 6], SpuriousFIQ: [7, 31] } },
  INTC_CONTROL:      { offset: 0x48, access: "wo", writable: 0, fields: {
    NewIRQAgr: 0, NewFIQAgr: 1 } },
  INTC_PROTECTION:   { offset: 0x4c, writable: 1, fields: { Protection: 0 } },
  INTC_IDLE:         { offset: 0x50, writable: 3, fields: { FuncIdle: 0, Turbo: 1 } },
  INTC_IRQ_PRIORITY: { offset: 0x60, ...PRIORITY, fields: {
    IRQPriority: [0, 6], SpuriousIRQflag: [7, 31] } },
  INTC_FIQ_PRIORITY: { offset: 0x64, ...PRIORITY, fields: {
    FIQPriority: [0, 6], SpuriousFIQflag: [7, 31] } },
  INTC_THRESHOLD:    { offset: 0x68, reset: 0xff, writable: 0xff, fields: {
    PriorityThreshold: [0, 7] } },
  INTC_ITR:          { offset: 0x80, access: "ro", ...BANKS },
  INTC_MIR:          { offset: 0x84, reset: 0xffff_ffff, ...BANKS },
  INTC_MIR_CLEAR:    { offset: 0x88, access: "w1c", of: "INTC_MIR", ...BANKS },
  INTC_MIR_SET:      { offset: 0x8c, access: "w1s", of: "INTC_MIR", ...BANKS },
  INTC_ISR_SET:      { offset: 0x90, access: "w1s", ...BANKS },
  INTC_ISR_CLEAR:    { offset: 0x94, access: "w1c", of: "INTC_ISR_SET", ...BANKS },
  INTC_PENDING_IRQ:  { offset: 0x98, access: "ro", ...BANKS },
  INTC_PENDING_FIQ:  { offset: 0x9c, access: "ro", ...BANKS },
  INTC_ILR:          { offset: 0x100, writable: 0xfd, count: 128, fields: {
    FIQNIRQ: 0, Priority: [2, 7] } },
});

const R = INTC.index;
const LINES = 128;
const SPURIOUS = 0xffff_ff80;
const NO_PRIORITY = 0x40;
const NO_THRESHOLD = 0xff;
/** Ten cycles of half the MPU's clock: for so long an interrupt must stay to be a valid one. */
const SORTING_NS = 20;

export interface IntcOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly irq: WireDriver;
  /** General-purpose devices, the BeagleBone's among them, do not have it (section 6.1.1.2). */
  readonly fiq?: WireDriver;
}

/** One of the two outputs, and the interrupt that it stands for. */
interface Request {
  /** Asserted until software agrees to a new one (INTC_CONTROL). */
  asserted: boolean;
  active: number;
  priority: number;
  spurious: boolean;
  /** When sorting ends: what goes away before was spurious. */
  sortedAt: number;
}

export class Intc extends Peripheral<keyof typeof R> {
  /** For INTC_PROTECTION: whether the CPU, which makes the access, is in a privileged mode. */
  privileged: () => boolean = () => true;
  readonly #options: IntcOptions;
  readonly #lines: readonly Wire[];
  readonly #inputs = new Uint32Array(LINES / 32);
  readonly #irq = noRequest();
  readonly #fiq = noRequest();

  constructor(options: IntcOptions) {
    super(options.name, INTC, options.clock);
    this.#options = options;
    this.#lines = Array.from({ length: LINES }, (_, n) => {
      const wire = new Wire(`${options.name} line ${n}`);
      wire.listen((level) => {
        if (level === 1) this.#inputs[n >>> 5]! |= 1 << (n & 31);
        else this.#inputs[n >>> 5]! &= ~(1 << (n & 31));
        this.settle();
      });
      return wire;
    });
    this.#define();
    this.settle();
  }

  /** The wire of an interrupt line, 0 to 127; high is an interrupt. */
  line(n: number): Wire {
    const wire = this.#lines[n];
    if (!wire) throw new RangeError(`Cannot use interrupt line "${n}": there are 0 to 127`);
    return wire;
  }

  #define(): void {
    const zero = () => 0;
    for (const name of ["INTC_MIR_CLEAR", "INTC_MIR_SET", "INTC_ISR_CLEAR"] as const) {
      this.derive(name, zero);
    }
    this.derive("INTC_ITR", (n) => this.#raw(n));
    this.derive("INTC_PENDING_IRQ", (n) => this.#pending(n, 0));
    this.derive("INTC_PENDING_FIQ", (n) => this.#pending(n, 1));
    this.derive("INTC_SIR_IRQ", () => sorted(this.#irq));
    this.derive("INTC_SIR_FIQ", () => sorted(this.#fiq));
    this.derive("INTC_IRQ_PRIORITY", () => priorityOf(this.#irq));
    this.derive("INTC_FIQ_PRIORITY", () => priorityOf(this.#fiq));
    this.onWrite("INTC_CONTROL", (written) => {
      if (written & 1) agree(this.#irq);
      if (written & 2) agree(this.#fiq);
    });
    this.onWrite("INTC_SYSCONFIG", (written) => {
      if (written & 2) this.reset();
    });
  }

  /** The manual leaves open what a forbidden access does: it reads 0 and changes nothing. */
  override read(offset: number, width: 1 | 2 | 4): number {
    return this.#allowed(offset) ? super.read(offset, width) : 0;
  }

  override write(offset: number, value: number, width: 1 | 2 | 4): void {
    if (this.#allowed(offset)) super.write(offset, value, width);
  }

  #allowed(offset: number): boolean {
    const guarded = this.regs[R.INTC_PROTECTION] !== 0 ||
      offset >>> 2 === INTC.specs.INTC_PROTECTION.offset >>> 2;
    return !guarded || this.privileged();
  }

  /** Lines and software interrupts. */
  #raw(bank: number): number {
    return (this.#inputs[bank]! | this.regs[R.INTC_ISR_SET + bank]!) >>> 0;
  }

  /** Not masked, and for this output. */
  #pending(bank: number, fiq: 0 | 1): number {
    let rest = this.#raw(bank) & ~this.regs[R.INTC_MIR + bank]!;
    let pending = 0;
    while (rest !== 0) {
      const bit = 31 - Math.clz32(rest);
      rest &= ~(1 << bit);
      if ((this.regs[R.INTC_ILR + 32 * bank + bit]! & 1) === fiq) pending |= 1 << bit;
    }
    return pending >>> 0;
  }

  override settle(): void {
    this.#sort(this.#irq, 0);
    this.#sort(this.#fiq, 1);
    this.#options.irq.drive(this.#irq.asserted ? 1 : 0);
    this.#options.fiq?.drive(this.#fiq.asserted ? 1 : 0);
  }

  #sort(request: Request, fiq: 0 | 1): void {
    const now = this.clock.now();
    if (request.asserted) {
      if (now < request.sortedAt && !this.#eligible(request.active, fiq)) request.spurious = true;
      return;
    }
    if (!this.#unmasked) return;
    const first = this.#first(fiq);
    if (first === undefined) return;
    request.asserted = true;
    request.active = first;
    request.priority = this.#priority(first);
    request.spurious = false;
    request.sortedAt = now + SORTING_NS;
  }

  /** Whether anything may be pending at all. */
  get #unmasked(): boolean {
    for (let bank = 0; bank < LINES / 32; bank++) {
      if (this.#raw(bank) & ~this.regs[R.INTC_MIR + bank]!) return true;
    }
    return false;
  }

  #priority(line: number): number {
    return this.regs[R.INTC_ILR + line]! >>> 2;
  }

  #eligible(line: number, fiq: 0 | 1): boolean {
    return (this.#pending(line >>> 5, fiq) >>> (line & 31) & 1) === 1 &&
      this.#priority(line) < this.#threshold;
  }

  /** Only lower numbers, which are higher priorities, pass; 0 passes always. */
  get #threshold(): number {
    const threshold = this.regs[R.INTC_THRESHOLD]!;
    return threshold === NO_THRESHOLD ? Infinity : Math.max(1, threshold);
  }

  /** Highest priority, and of those of one priority the highest number. */
  #first(fiq: 0 | 1): number | undefined {
    let first: number | undefined;
    let best = this.#threshold;
    for (let bank = LINES / 32 - 1; bank >= 0; bank--) {
      let rest = this.#pending(bank, fiq);
      while (rest !== 0) {
        const bit = 31 - Math.clz32(rest);
        rest = (rest & ~(1 << bit)) >>> 0;
        const line = 32 * bank + bit;
        if (this.#priority(line) >= best) continue;
        best = this.#priority(line);
        first = line;
      }
    }
    return first;
  }

  /** Nothing changes but by a write or a line. */
  override steadyUntil(): number {
    return Infinity;
  }

  protected override resetMore(): void {
    Object.assign(this.#irq, noRequest());
    Object.assign(this.#fiq, noRequest());
  }

  protected override saveMore(): Json {
    const lines = this.#lines.map((wire) => wire.save());
    return { irq: { ...this.#irq }, fiq: { ...this.#fiq }, lines };
  }

  protected override loadMore(state: Json): void {
    const { irq, fiq, lines } = state as unknown as {
      irq: Request;
      fiq: Request;
      lines: Json[];
    };
    Object.assign(this.#irq, irq);
    Object.assign(this.#fiq, fiq);
    this.#inputs.fill(0);
    for (const [n, wire] of this.#lines.entries()) {
      wire.load(lines[n]!);
      if (wire.level === 1) this.#inputs[n >>> 5]! |= 1 << (n & 31);
    }
  }
}

function noRequest(): Request {
  return { asserted: false, active: 0, priority: NO_PRIORITY, spurious: true, sortedAt: 0 };
}

/** Software is done with it: sorting starts anew. */
function agree(request: Request): void {
  request.asserted = false;
  request.active = 0;
  request.priority = NO_PRIORITY;
  request.spurious = true;
}

function sorted({ active, spurious }: Request): number {
  return ((spurious ? SPURIOUS : 0) | active) >>> 0;
}

function priorityOf({ priority, spurious }: Request): number {
  return ((spurious ? SPURIOUS : 0) | priority) >>> 0;
}
