/** For tests: a CPU with RAM, a clock, and one device that is whatever the test makes of it. */
import { VirtualClock, type Width } from "sims/engine/mod.ts";
import { BusFault } from "../bus_fault.ts";
import { GuestMemory } from "../memory.ts";
import { Cpu } from "./cpu.ts";
import { PSR } from "./psr.ts";

/** Where programs are put: DDR. */
export const CODE = 0x8000_0000;
/** More RAM, pages away. */
export const DATA = 0x8010_0000;
/** Where the device answers, 4 KiB. Nothing else does. */
export const DEVICE = 0x4800_0000;

const FLAGS = { N: PSR.N, Z: PSR.Z, C: PSR.C, V: PSR.V, Q: PSR.Q } as const;

export interface Device {
  read?(offset: number, width: Width): number;
  write?(offset: number, value: number, width: Width): void;
}

export class Machine {
  readonly memory = new GuestMemory();
  readonly clock = new VirtualClock("board");
  readonly cpu: Cpu;
  device: Device = {};

  constructor() {
    const bus = {
      read: (pa: number, width: Width) => {
        this.#check(pa, "read");
        return this.device.read?.(pa - DEVICE, width) ?? 0;
      },
      write: (pa: number, value: number, width: Width) => {
        this.#check(pa, "write");
        this.device.write?.(pa - DEVICE, value, width);
      },
    };
    this.cpu = new Cpu({ memory: this.memory, bus, clock: this.clock });
    this.clock.drive(this.cpu);
  }

  #check(address: number, access: "read" | "write"): void {
    if (address >= DEVICE && address < DEVICE + 0x1000) return;
    throw new BusFault({ kind: "unmapped", access, address, width: 4, regions: [] });
  }

  /** Words of ARM code at an address, by default where it then goes on. */
  arm(words: readonly number[], at = CODE): this {
    this.memory.load(at, new Uint8Array(Uint32Array.from(words).buffer));
    if (at === CODE) this.cpu.jump(at);
    return this;
  }

  /** Halfwords of Thumb code, likewise. */
  thumb(halfwords: readonly number[], at = CODE): this {
    this.memory.load(at, new Uint8Array(Uint16Array.from(halfwords).buffer));
    if (at === CODE) this.cpu.jump(at + 1);
    return this;
  }

  /** As MSR does. */
  setCpsr(value: number): void {
    this.cpu.core.cpsr = value | 0;
  }

  /** Registers by name ("r0", "sp"), or as numbers from r0. */
  set(registers: Readonly<Record<string, number>>): this {
    for (const [name, value] of Object.entries(registers)) {
      this.cpu.setRegister(numberOf(name), value);
    }
    return this;
  }

  get(name: string): number {
    return this.cpu.register(numberOf(name));
  }

  /** Letters of the flags that are set: "NC". */
  get flags(): string {
    const psr = this.cpu.core.cpsr;
    return Object.entries(FLAGS).filter(([, bit]) => (psr & bit) !== 0).map(([name]) => name).join(
      "",
    );
  }

  word(address: number): number {
    return new DataView(this.memory.bytes(address, 4).buffer).getUint32(0, true);
  }

  /** Runs for so many nanoseconds. */
  run(ns: number): this {
    this.clock.runTo(this.clock.now() + ns);
    return this;
  }
}

function numberOf(name: string): number {
  const special = { sp: 13, lr: 14, pc: 15 }[name];
  return special ?? Number(name.slice(1));
}
