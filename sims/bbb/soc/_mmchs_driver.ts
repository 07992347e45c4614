/** A driver of MMCHS for tests, which does what U-Boot's does (its accesses in their order). */
import assert from "node:assert/strict";
import { type Level, VirtualClock, Wire } from "sims/engine/mod.ts";
import { CardStorage, Emmc, type MmcCard, SdCard } from "../card/mod.ts";
import { fixedClock } from "./clock_input.ts";
import { MMCHS, Mmchs, type MmchsOptions } from "./mmchs.ts";
import { EVENTS, type MmchsEvent } from "./mmchs_registers.ts";

type Name = keyof typeof MMCHS.index;

/** The kinds of responses, as SD_CMD wants them. */
// deno-fmt-ignore
export const RSP = {
  none: 0, R1: 0x1a_0000, R1b: 0x1b_0000, R2: 0x09_0000, R3: 0x02_0000, R6: 0x1a_0000, R7: 0x1a_0000,
} as const;
/** SD_CMD for data: present, and the direction. */
export const READ = 0x20_0010, WRITE = 0x20_0000;
/** Multiple blocks, counted, with CMD12 after them. */
export const MULTIPLE = 0x26;
export const TIMEOUT_NS = 3_000_000_000;

export class Slot {
  readonly clock = new VirtualClock("board");
  readonly irq = new Wire("irq");
  readonly rx = new Wire("rx");
  readonly tx = new Wire("tx");
  /** Low: there is a card. */
  readonly cardDetect = new Wire("SDCD");
  readonly cardDetectPin = this.cardDetect.driver("slot");
  readonly mmchs: Mmchs;
  readonly irqs: (readonly [number, Level])[] = [];

  constructor(card?: (clock: VirtualClock) => MmcCard, options: Partial<MmchsOptions> = {}) {
    this.mmchs = new Mmchs({
      ...{ name: "MMC", clock: this.clock, source: fixedClock("MMC_FCLK", 96_000_000) },
      irq: this.irq.driver("MMC"),
      dma: { rx: this.rx.driver("MMC"), tx: this.tx.driver("MMC") },
      cardDetect: this.cardDetect,
      card: card?.(this.clock),
      ...options,
    });
    this.irq.listen((level) => this.irqs.push([this.clock.now(), level]));
  }

  get(name: Name): number {
    return this.mmchs.read(MMCHS.specs[name].offset, 4) >>> 0;
  }

  set(name: Name, value: number): void {
    this.mmchs.write(MMCHS.specs[name].offset, value, 4);
  }

  has(event: MmchsEvent): boolean {
    return (this.get("SD_STAT") >>> EVENTS[event] & 1) === 1;
  }

  /** Reset, 1-bit bus, 400 kHz or what `divider` gives, all events. */
  powerUp({ divider = 240, events = 0x337f_0033 } = {}): void {
    this.set("SD_SYSCONFIG", 2);
    assert.equal(this.get("SD_SYSSTATUS"), 1);
    this.set("SD_SYSCTL", 1 << 24);
    assert.equal(this.get("SD_SYSCTL") >>> 24 & 1, 0);
    this.set("SD_CAPA", this.get("SD_CAPA") | 0x0600_0000);
    this.set("SD_HCTL", 0xa00);
    this.set("SD_SYSCTL", 0xe_0000);
    this.set("SD_SYSCTL", 0xe_0000 | divider << 6 | 1);
    assert.equal(this.get("SD_SYSCTL") >>> 1 & 1, 1);
    this.set("SD_SYSCTL", this.get("SD_SYSCTL") | 4);
    this.set("SD_HCTL", 0xb00);
    this.set("SD_IE", events);
    this.set("SD_CON", this.get("SD_CON") | 2);
    this.set("SD_CMD", 0);
    this.waitFor(1);
    this.set("SD_CON", this.get("SD_CON") & ~2);
  }

  clockDivider(divider: number): void {
    this.set("SD_SYSCTL", 0xe_0001 | divider << 6 | 4);
  }

  width(width: 1 | 4 | 8): void {
    this.set("SD_CON", width === 8 ? 1 << 5 : 0);
    this.set("SD_HCTL", 0xb00 | (width === 4 ? 2 : 0));
  }

  /** Runs until a bit of STAT is set; gives STAT. */
  waitFor(bits: number): number {
    const there = () => (this.get("SD_STAT") & bits) !== 0;
    assert.ok(
      this.clock.runUntil(there, this.clock.now() + TIMEOUT_NS),
      `STAT ${this.get("SD_STAT").toString(16)} has none of ${bits.toString(16)}`,
    );
    return this.get("SD_STAT");
  }

  /** Writes SD_CMD as soon as the lines are free. */
  start(index: number, argument: number, flags: number): void {
    const free = () => (this.get("SD_PSTATE") & 3) === 0;
    assert.ok(this.clock.runUntil(free, this.clock.now() + TIMEOUT_NS), "the lines stay in use");
    this.set("SD_STAT", 0xffff_ffff);
    assert.equal(this.get("SD_STAT"), 0);
    this.set("SD_ARG", argument);
    this.set("SD_CMD", index << 24 | flags);
  }

  /** A command without data; undefined when it timed out. */
  command(index: number, argument: number, flags: number = RSP.R1): number | undefined {
    this.start(index, argument, flags);
    const stat = this.waitFor(0xffff_0001);
    if (stat & 1 << EVENTS.CTO) {
      this.set("SD_SYSCTL", this.get("SD_SYSCTL") | 1 << 25);
      assert.equal(this.get("SD_SYSCTL") >>> 25 & 1, 1);
      assert.equal(this.get("SD_SYSCTL") >>> 25 & 1, 0);
      return undefined;
    }
    assert.equal(stat & 0xffff_0001, 1, `CMD${index}: STAT ${stat.toString(16)}`);
    if ((flags >>> 16 & 3) === 3) this.waitFor(2);
    return this.get("SD_RSP10");
  }

  /** The four words of the last R2, the highest first. */
  longResponse(): string {
    const names = ["SD_RSP76", "SD_RSP54", "SD_RSP32", "SD_RSP10"] as const;
    return names.map((name) => this.get(name).toString(16).padStart(8, "0")).join("");
  }

  /** A command that reads `blocks` of `length` bytes. */
  read(index: number, argument: number, { blocks = 1, length = 512 } = {}): Uint8Array {
    this.set("SD_BLK", blocks << 16 | length);
    this.start(index, argument, RSP.R1 | READ | (blocks > 1 ? MULTIPLE : 0));
    assert.equal(this.waitFor(0xffff_0001) & 0xffff_0001, 1);
    this.set("SD_STAT", 1);
    const words = new Uint32Array(blocks * length / 4);
    for (let n = 0; n < words.length;) {
      assert.equal(this.waitFor(0xffff_0020) & 0xffff_0020, 0x20);
      this.set("SD_STAT", 0x20);
      for (let left = length / 4; left > 0; left--) words[n++] = this.get("SD_DATA");
    }
    assert.equal(this.waitFor(0xffff_0002) & 0xffff_0002, 2);
    return new Uint8Array(words.buffer);
  }

  write(index: number, argument: number, bytes: Uint8Array): void {
    const blocks = bytes.length / 512;
    this.set("SD_BLK", blocks << 16 | 512);
    this.start(index, argument, RSP.R1 | WRITE | (blocks > 1 ? MULTIPLE : 0));
    assert.equal(this.waitFor(0xffff_0001) & 0xffff_0001, 1);
    const words = new Uint32Array(bytes.slice().buffer);
    for (let n = 0; n < words.length;) {
      assert.equal(this.waitFor(0xffff_0010) & 0xffff_0010, 0x10);
      this.set("SD_STAT", 0x10);
      for (let left = 128; left > 0; left--) this.set("SD_DATA", words[n++]!);
    }
    assert.equal(this.waitFor(0xffff_0002) & 0xffff_0002, 2);
  }
}

export const RCA = 1 << 16;

/** An eMMC that was brought to its transfer state, 8 lines at 48 MHz. */
export function emmcSlot({ blocks = 8 << 20 } = {}, options: Partial<MmchsOptions> = {}) {
  const storage = new CardStorage("eMMC", blocks);
  const slot = new Slot((clock) => new Emmc({ name: "eMMC", clock, storage }), options);
  slot.powerUp();
  slot.command(0, 0, RSP.none);
  const ready = () => ((slot.command(1, 0x40ff_8080, RSP.R3) ?? 0) & 0x8000_0000) !== 0;
  assert.ok(Array.from({ length: 100 }).some(ready));
  slot.command(2, 0, RSP.R2);
  slot.command(3, RCA);
  slot.command(9, RCA, RSP.R2);
  slot.command(7, RCA);
  slot.clockDivider(2);
  slot.command(6, 3 << 24 | 183 << 16 | 2 << 8, RSP.R1b);
  slot.width(8);
  slot.command(6, 3 << 24 | 185 << 16 | 1 << 8, RSP.R1b);
  return { slot, storage, card: slot.mmchs.card as Emmc };
}

/** An SD card in its transfer state, 4 lines at 24 MHz. */
export function sdSlot({ blocks = 64 << 11 } = {}, options: Partial<MmchsOptions> = {}) {
  const storage = new CardStorage("SD", blocks);
  const slot = new Slot((clock) => new SdCard({ name: "SD", clock, storage }), options);
  slot.powerUp();
  slot.command(0, 0, RSP.none);
  assert.equal(slot.command(8, 0x1aa, RSP.R7), 0x1aa);
  const app = (index: number, argument: number, flags: number = RSP.R1) => {
    slot.command(55, rca);
    return slot.command(index, argument, flags);
  };
  let rca = 0;
  const ready = () => ((app(41, 0x4030_0000, RSP.R3) ?? 0) & 0x8000_0000) !== 0;
  assert.ok(Array.from({ length: 100 }).some(ready));
  slot.command(2, 0, RSP.R2);
  rca = (slot.command(3, 0, RSP.R6)! & 0xffff_0000) >>> 0;
  slot.command(9, rca, RSP.R2);
  slot.command(7, rca);
  slot.clockDivider(4);
  app(6, 2);
  slot.width(4);
  return { slot, storage, card: slot.mmchs.card as SdCard, app, rca };
}
