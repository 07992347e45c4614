/** For tests: a CPU with a timer that counts, a status register that changes once, and an interrupt. */
import { type EngineTimer, VirtualClock } from "sims/engine/mod.ts";
import { Bus, type BusDevice, type Counting } from "../../bus.ts";
import { GuestMemory } from "../../memory.ts";
import { Cpu } from "../cpu.ts";
import { WasmTier } from "../jit/mod.ts";

export const CODE = 0x8000_0000;
export const DATA = 0x8001_0000;
export const STACK = 0x8002_0000;
export const TIMER = 0x4804_003c;
/** Counts twice as fast. */
export const FAST_TIMER = 0x4804_203c;
export const STATUS = 0x4806_0230;
const VECTORS = 0x8003_0000;
const WORD = 2 ** 32;

export interface MachineOptions {
  readonly skips: boolean;
  /** Hot code is translated, from its 20th time on. */
  readonly translates?: boolean;
  /** The counter's rate; default 3 MHz. */
  readonly ticks?: number;
  readonly ns?: number;
  /** What it counts from at time 0; default 0. */
  readonly from?: number;
  /** What it goes on from after FFFFFFFFh; default 0. */
  readonly reload?: number;
  /** When bit 0 of the status register is set; default: never. */
  readonly readyNs?: number;
  /** When interrupts come. */
  readonly irqsNs?: readonly number[];
}

/** Where and how both kinds of machine are alike: all but what nobody can see. */
export class PollingMachine {
  readonly clock = new VirtualClock("board");
  readonly memory = new GuestMemory();
  readonly bus = new Bus(this.memory);
  readonly cpu: Cpu;
  reads = 0;
  readonly #irqs: EngineTimer[];

  constructor(options: MachineOptions) {
    const { readyNs = Infinity, irqsNs = [] } = options;
    const { clock, bus } = this;
    const fast = { ...options, ticks: 2 * (options.ticks ?? 3) };
    bus.map({ base: TIMER, size: 4, device: this.#timer(options) });
    bus.map({ base: FAST_TIMER, size: 4, device: this.#timer(fast) });
    bus.map({
      base: STATUS,
      size: 4,
      device: {
        name: "STATUS",
        read: () => (this.reads++, clock.now() >= readyNs ? 1 : 0),
        write: () => {},
        steadyUntil: () => clock.now() >= readyNs ? Infinity : readyNs,
      },
    });
    bus.map({
      base: 0x4820_0000,
      size: 0x1000,
      device: { name: "INTC", read: () => 0, write: () => this.cpu.setIrq(false) },
    });
    this.cpu = new Cpu({ memory: this.memory, bus, clock });
    this.cpu.skipper.enabled = options.skips;
    if (options.translates) this.cpu.tier = new WasmTier(this.cpu.core, { hot: 20, batch: 1 });
    clock.drive(this.cpu);
    this.#irqs = irqsNs.map((t, n) => {
      const timer = clock.timer(`irq ${n}`, () => this.cpu.setIrq(true));
      timer.set(t);
      return timer;
    });
    this.#installHandler();
  }

  #timer({ ticks = 3, ns = 1000, from = 0, reload = 0 }: MachineOptions): BusDevice {
    const period = WORD - reload;
    const counted = (t: number) => from + Math.floor(t * ticks / ns);
    const overflows = (t: number) => Math.max(0, Math.floor((counted(t) - reload) / period));
    const counting = (): Counting => {
      const loaded = overflows(this.clock.now()) * period;
      const next = loaded + WORD - from;
      return { at: (t) => counted(t) - loaded, untilNs: Math.ceil(next * ns / ticks), ticks, ns };
    };
    return {
      name: "TIMER",
      read: () => (this.reads++, counting().at(this.clock.now()) | 0),
      write: () => {},
      counting,
    };
  }

  /** Counts interrupts in memory, and ends each by a write to INTC. */
  #installHandler(): void {
    this.words(VECTORS + 0x18, [
      0xe92d_0003, // push {r0, r1}
      0xe59f_0018, // ldr r0, [pc, #24]
      0xe590_1000, // ldr r1, [r0]
      0xe281_1001, // add r1, r1, #1
      0xe580_1000, // str r1, [r0]
      0xe59f_000c, // ldr r0, [pc, #12]
      0xe580_1000, // str r1, [r0]
      0xe8bd_0003, // pop {r0, r1}
      0xe25e_f004, // subs pc, lr, #4
      DATA + 0x800,
      0x4820_0000,
    ]);
    this.words(VECTORS + 0x10, [0xe25e_f004]); // a data abort goes on behind: subs pc, lr, #4
    this.cpu.cp15.set("VBAR", VECTORS);
    for (const [mode, sp] of [[0x12, STACK + 0x1000], [0x13, STACK]] as const) {
      this.cpu.core.cpsr = mode | 0x40; // interrupts are taken
      this.cpu.setRegister(13, sp);
    }
  }

  words(pa: number, words: readonly number[]): void {
    this.memory.load(pa, new Uint8Array(Uint32Array.from(words).buffer));
  }

  word(pa: number): number {
    return this.memory.u32[this.memory.hostOf(pa) >>> 2]!;
  }

  /** All that a guest or an observer in virtual time can tell two runs by. */
  state(): unknown {
    return {
      now: this.clock.now(),
      cpu: this.cpu.save(),
      data: this.memory.bytes(DATA, 0x1000),
      stack: this.memory.bytes(STACK - 0x100, 0x100),
    };
  }
}
