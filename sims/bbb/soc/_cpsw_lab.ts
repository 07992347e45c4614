/**
 * The Ethernet subsystem with its PHY on a LAN, memory, and a driver that sets it up and polls it as
 * U-Boot's does (facts of 2.4: the same registers in the same order).
 */
import { Random, VirtualClock, Wire } from "sims/engine/mod.ts";
import { type Frame, Lan } from "sims/bbb/net/mod.ts";
import { Lan8710a } from "sims/bbb/parts/phy_lan8710a.ts";
import { fixedClock } from "./clock_input.ts";
import { CPPI_RAM, type DmaMemory } from "./cppi_ram.ts";
import { Cpsw } from "./cpsw.ts";
import { FLAG } from "./cpsw_cpdma_queue.ts";

export const MAC = Uint8Array.of(0x90, 0xfa, 0xf1, 0x30, 0x1c, 0xbb);
export const MEMORY_BASE = 0x8000_0000;
const BUFFER_BYTES = 1536;
const RX_BUFFERS = 4;
const TX_BUFFERS = 4;
const DESCRIPTOR = 16;

/** 64 KiB of RAM, and nothing else. */
export class TestMemory implements DmaMemory {
  readonly bytes = new Uint8Array(0x1_0000);

  read(pa: number, length: number): Uint8Array {
    return this.#at(pa, length).slice();
  }

  write(pa: number, bytes: Uint8Array): void {
    this.#at(pa, bytes.length).set(bytes);
  }

  #at(pa: number, length: number): Uint8Array {
    const offset = pa - MEMORY_BASE;
    if (offset < 0 || offset + length > this.bytes.length) {
      throw new RangeError(`0x${pa.toString(16)} is not RAM`);
    }
    return this.bytes.subarray(offset, offset + length);
  }
}

export class CpswLab {
  readonly clock = new VirtualClock("test");
  readonly lan = new Lan({ name: "lan", clock: this.clock, random: new Random(1) });
  readonly phy: Lan8710a;
  readonly memory = new TestMemory();
  readonly cpsw: Cpsw;
  readonly wires = {
    rxThreshold: new Wire("rxThreshold"),
    rx: new Wire("rx"),
    tx: new Wire("tx"),
    misc: new Wire("misc"),
  };

  constructor() {
    const { clock } = this;
    this.phy = new Lan8710a({ name: "PHY", clock, port: this.lan.port("board"), address: 0 });
    const { rxThreshold, rx, tx, misc } = this.wires;
    this.cpsw = new Cpsw({
      clock,
      memory: this.memory,
      source: fixedClock("CPSW_125MHZ_GCLK", 125e6),
      lines: {
        rxThreshold: rxThreshold.driver("CPSW"),
        rx: rx.driver("CPSW"),
        tx: tx.driver("CPSW"),
        misc: misc.driver("CPSW"),
      },
      ports: [this.phy, undefined],
      mdio: [this.phy],
    });
  }

  get parts() {
    return [...this.cpsw.parts, ...Object.values(this.wires), this.phy, this.lan];
  }

  read(offset: number): number {
    const { device, base } = this.#at(offset);
    return device.read(offset - base, 4) >>> 0;
  }

  write(offset: number, value: number): void {
    const { device, base } = this.#at(offset);
    device.write(offset - base, value, 4);
  }

  #at(offset: number) {
    const region = this.cpsw.regions.find((each) =>
      offset >= each.offset && offset < each.offset + each.size
    );
    if (!region) throw new RangeError(`nothing at 0x${offset.toString(16)}`);
    return { device: region.device, base: region.offset };
  }

  run(ns: number): void {
    this.clock.runTo(this.clock.now() + ns);
  }

  mdioRead(phy: number, register: number): { value: number; ack: boolean } {
    this.write(0x1080, ((1 << 31) | (register << 21) | (phy << 16)) >>> 0);
    const result = this.#mdioDone();
    return { value: result & 0xffff, ack: (result & (1 << 29)) !== 0 };
  }

  mdioWrite(phy: number, register: number, value: number): void {
    this.write(0x1080, ((3 << 30) | (register << 21) | (phy << 16) | value) >>> 0);
    this.#mdioDone();
  }

  #mdioDone(): number {
    for (let us = 0; us < 1000; us++) {
      const result = this.read(0x1080);
      if (result < 0x8000_0000) return result;
      this.run(1000);
    }
    throw new Error("MDIO does not end");
  }
}

/** As U-Boot's driver: four receive buffers, polled. */
export class PollingDriver {
  #rx = 0;
  #tx = 0;

  constructor(private readonly lab: CpswLab) {}

  /** Until the link is up. */
  start(): void {
    const { lab } = this;
    const table: readonly (readonly [offset: number, value: number])[] = [
      [0x008, 1],
      [0xd08, 0x8000_0000],
      [0xd08, 0xc000_0000],
      [0xd08, 0x8000_0000],
      [0x11c, 0x7654_3210],
      [0x120, 0],
      [0x010, 0],
      [0x00c, 1],
      [0x00c, 7],
      [0xd40, 3],
    ];
    for (const [offset, value] of table) lab.write(offset, value);
    this.#addUnicast();
    this.#addBroadcast();
    lab.write(0xd8c, 1);
    for (const [offset, value] of [[0xda4, 0x7654_3210], [0xd90, 0x5f2]] as const) {
      lab.write(offset, value);
    }
    lab.write(0xd44, 3);
    lab.write(0x1004, 0x400c_00ff);
    while (!(lab.mdioRead(0, 1).value & 0x20)) lab.run(1_000_000);
    lab.write(0xd84, 0x8021);
    lab.write(0x81c, 1);
    for (let channel = 0; channel < 8; channel++) {
      for (const offset of [0xa00, 0xa20, 0xa40, 0xa60, 0x8e0]) lab.write(offset + 4 * channel, 0);
    }
    lab.write(0x804, 1);
    lab.write(0x814, 1);
    for (let n = 0; n < RX_BUFFERS; n++) this.#give(n);
    lab.write(0xa20, CPPI_RAM.base);
  }

  #addUnicast(): void {
    this.entry(0, [
      (MAC[2]! << 24 | MAC[3]! << 16 | MAC[4]! << 8 | MAC[5]!) >>> 0,
      1 << 28 | MAC[0]! << 8 | MAC[1]!,
      1,
    ]);
  }

  #addBroadcast(): void {
    this.entry(1, [0xffff_ffff, (3 << 30 | 1 << 28 | 0xffff) >>> 0, 7 << 2]);
  }

  entry(index: number, [low, middle, high]: readonly [number, number, number]): void {
    this.lab.write(0xd3c, low);
    this.lab.write(0xd38, middle);
    this.lab.write(0xd34, high);
    this.lab.write(0xd20, (1 << 31 | index) >>> 0);
  }

  #descriptor(n: number): number {
    return 0x2000 + n * DESCRIPTOR;
  }

  #buffer(n: number): number {
    return MEMORY_BASE + n * 2048;
  }

  /** A free buffer at the end of the queue. */
  #give(n: number): void {
    const at = this.#descriptor(n);
    this.#words(at, [0, this.#buffer(n), BUFFER_BYTES, FLAG.OWNER]);
    const before = this.#descriptor((n + RX_BUFFERS - 1) % RX_BUFFERS);
    if (n !== 0 || this.#rx > 0) this.lab.write(before, CPPI_RAM.base + at - 0x2000);
    this.lab.write(0x8e0, 1);
  }

  #words(at: number, words: readonly number[]): void {
    words.forEach((word, i) => this.lab.write(at + 4 * i, word >>> 0));
  }

  send(frame: Frame): void {
    const n = RX_BUFFERS + this.#tx++ % TX_BUFFERS;
    const at = this.#descriptor(n);
    this.lab.memory.write(this.#buffer(n), frame);
    const flags = FLAG.SOP | FLAG.EOP | FLAG.OWNER | frame.length;
    this.#words(at, [0, this.#buffer(n), frame.length, flags]);
    while (this.lab.read(0xa00) !== 0) this.lab.run(1000);
    this.lab.write(0xa00, CPPI_RAM.base + at - 0x2000);
  }

  /** The next frame that has come, with its FCS. */
  poll(): { frame: Frame; flags: number } | undefined {
    const n = this.#rx % RX_BUFFERS;
    const at = this.#descriptor(n);
    const flags = this.lab.read(at + 12);
    if (flags & FLAG.OWNER) return undefined;
    const frame = this.lab.memory.read(this.#buffer(n), flags & 0x7ff);
    this.lab.write(0xa60, CPPI_RAM.base + at - 0x2000);
    this.#rx++;
    // The port halted here: it goes on with what was queued since, or with this one.
    const next = this.lab.read(at) || CPPI_RAM.base + at - 0x2000;
    this.#give(n);
    if (flags & FLAG.EOQ) this.lab.write(0xa20, next);
    return { frame, flags };
  }
}

/** A board that is set up, and a peer on its LAN. */
export function started() {
  const lab = new CpswLab();
  const peer = lab.lan.port("peer");
  const heard: Uint8Array[] = [];
  peer.onFrame = (frame) => void heard.push(frame);
  const driver = new PollingDriver(lab);
  driver.start();
  return { lab, peer, heard, driver };
}
