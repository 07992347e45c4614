/**
 * For tests: two machines that run the same program, one with the second tier and one without, and
 * what tells whether they still are alike. Each has RAM, a device whose answers depend on the time,
 * and an interrupt that the device is told to raise later.
 */
import assert from "node:assert/strict";
import { VirtualClock, type Width } from "sims/engine/mod.ts";
import { Bus, type BusDevice } from "../../bus.ts";
import { GuestMemory } from "../../memory.ts";
import { Cpu } from "../cpu.ts";
import { type TierOptions, WasmTier } from "./tier.ts";

export const DEVICE = 0x4804_0000;

/** Answers with the time; a write sets when it interrupts, a read ends that. */
class Alarm implements BusDevice {
  readonly name = "alarm";
  readonly #timer;
  accesses = 0;
  /** Thrown by reads. */
  defect: Error | undefined;

  constructor(private readonly cpu: Cpu, private readonly clock: VirtualClock) {
    this.#timer = clock.timer("alarm", () => cpu.setIrq(true));
  }

  read(offset: number, width: Width): number {
    this.accesses++;
    if (this.defect) throw this.defect;
    this.cpu.setIrq(false);
    return Math.imul(this.clock.now() ^ offset, 0x9e37_79b1) >>> (32 - 8 * width);
  }

  write(_offset: number, value: number): void {
    this.accesses++;
    this.#timer.set(this.clock.now() + (value & 0x3ff));
  }
}

export class Machine {
  readonly memory = new GuestMemory();
  readonly clock = new VirtualClock("board");
  readonly cpu: Cpu;
  readonly tier: WasmTier | undefined;
  readonly alarm: Alarm;

  constructor(tier?: TierOptions) {
    const { memory, clock } = this;
    const bus = new Bus();
    this.cpu = new Cpu({ memory, bus, clock });
    this.alarm = new Alarm(this.cpu, clock);
    bus.map({ base: DEVICE, size: 0x1000, device: this.alarm });
    clock.drive(this.cpu);
    if (tier) this.cpu.tier = this.tier = new WasmTier(this.cpu.core, tier);
  }

  write(pa: number, bytes: Uint8Array): void {
    const host = this.memory.hostOf(pa);
    this.memory.u8.set(bytes, host);
    this.memory.touch(host, bytes.length);
  }

  /** The same in short, without what seldom changes. */
  get summary(): string {
    const { cpu, clock, alarm } = this;
    const registers = cpu.core.i32.subarray(0, 16), banks = cpu.core.i32.subarray(32, 64);
    return `${registers} ${banks} ${cpu.core.cpsr} ${clock.now()} ${cpu.instructions} ` +
      `${clock.nextAlarmNs()} ${alarm.accesses} ${cpu.cp15.get("DFAR")} ${cpu.cp15.get("DFSR")}`;
  }

  /** What must be alike, but RAM. */
  get state(): Record<string, unknown> {
    const { cpu, clock, alarm } = this;
    return {
      cpu: cpu.save(),
      cp15: cpu.cp15.save(),
      time: clock.now(),
      next: clock.nextAlarmNs(),
      accesses: alarm.accesses,
    };
  }
}

/** Compares the machines, and the pages that either has written. */
export function assertAlike(plain: Machine, tiered: Machine, where: string): void {
  // The quick way first: deepEqual takes a millisecond.
  if (plain.summary !== tiered.summary) assert.deepEqual(tiered.state, plain.state, where);
  for (const page of new Set([...dirtyPages(plain), ...dirtyPages(tiered)])) {
    const a = plain.memory.i32.subarray(page << 10, (page + 1) << 10);
    const b = tiered.memory.i32.subarray(page << 10, (page + 1) << 10);
    if (a.every((word, i) => word === b[i])) continue;
    assert.deepEqual(b, a, `${where}: page at byte offset 0x${(page << 12).toString(16)}`);
  }
}

function* dirtyPages({ memory: { dirty } }: Machine): Iterable<number> {
  for (let page = dirty.indexOf(1); page >= 0; page = dirty.indexOf(1, page + 1)) yield page;
}
