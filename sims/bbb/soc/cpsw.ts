/**
 * The Ethernet subsystem: a switch of three ports, of which the host is one (AM335x TRM SPRUH73,
 * chapter 14). This file is its fabric and its wiring; what it is made of has files of its own.
 * Priorities, time stamps, flow control and DLR are not modelled: their registers are stored.
 */
import { type Part, Peripheral, type VirtualClock } from "sims/engine/mod.ts";
import { type Frame, SHORTEST_FRAME } from "sims/bbb/net/lan.ts";
import type { Mii } from "sims/bbb/parts/phy.ts";
import type { BusDevice } from "sims/bbb/bus.ts";
import type { ClockInput } from "./clock_input.ts";
import { CppiRam, type DmaMemory } from "./cppi_ram.ts";
import { Ale, type Egress } from "./cpsw_ale.ts";
import { Cpdma } from "./cpsw_cpdma.ts";
import { FLAG, type TxPacket } from "./cpsw_cpdma_queue.ts";
import { CPSW_PORT, CPSW_SS, CPTS } from "./cpsw_registers.ts";
import { CpgmacSl, type FrameErrors } from "./cpsw_sl.ts";
import { CpswStats } from "./cpsw_stats.ts";
import { type CpswLines, CpswWr } from "./cpsw_wr.ts";
import { fcsOf, withFcs } from "./fcs.ts";
import { Mdio, type WatchedDevice } from "./mdio.ts";

const SS = CPSW_SS.index;
const PORT = CPSW_PORT.index;
const VLAN_AWARE = 2;
/** A port's transmit FIFO: 20 KiB (section 14.3.1.4). */
const TX_FIFO_BYTES = 20 * 1024;
const VLAN_TAG_BYTES = 4;

/** Section 14.5.8. */
class CpswSs extends Peripheral<keyof typeof SS> {
  constructor(clock: VirtualClock, softReset: () => void) {
    super("CPSW_SS", CPSW_SS, clock);
    this.onWrite("SOFT_RESET", (written) => {
      if (written & 1) softReset();
    });
  }

  get countedPorts(): number {
    return this.regs[SS.STAT_PORT_EN]!;
  }

  get isVlanAware(): boolean {
    return (this.regs[SS.CONTROL]! & VLAN_AWARE) !== 0;
  }

  override steadyUntil(): number {
    return Infinity;
  }
}

/** Section 14.5.6. */
class CpswPorts extends Peripheral<keyof typeof PORT> {
  constructor(clock: VirtualClock) {
    super("CPSW_PORT", CPSW_PORT, clock);
  }

  /** The VLAN of frames that come in by it without a tag. */
  vlan(port: number): number {
    const slot = [PORT.P0_PORT_VLAN, PORT.P1_PORT_VLAN, PORT.P2_PORT_VLAN][port]!;
    return this.regs[slot]!;
  }

  /** P0_CPDMA_RX_CH_MAP, at switch priority 0. */
  rxChannel(port: number): number {
    return (this.regs[PORT.P0_CPDMA_RX_CH_MAP]! >>> (port === 1 ? 0 : 16)) & 7;
  }

  override steadyUntil(): number {
    return Infinity;
  }
}

/** Section 14.5.3: registers alone. */
class Cpts extends Peripheral<keyof typeof CPTS.index> {
  constructor(clock: VirtualClock) {
    super("CPTS", CPTS, clock);
  }

  override steadyUntil(): number {
    return Infinity;
  }
}

export interface CpswOptions {
  readonly clock: VirtualClock;
  readonly memory: DmaMemory;
  /** CPSW_125MHZ_GCLK: what MDIO divides. */
  readonly source: ClockInput;
  readonly lines: CpswLines;
  /** What is soldered to port 1 and port 2. */
  readonly ports: readonly [Mii | undefined, Mii | undefined];
  /** What is on the management bus. */
  readonly mdio: readonly WatchedDevice[];
}

/** A part of it, where the CPU sees it. */
export interface CpswRegion {
  /** From the base of the subsystem, 0x4A100000. */
  readonly offset: number;
  readonly size: number;
  readonly device: BusDevice;
}

export class Cpsw {
  readonly ss: CpswSs;
  readonly ports: CpswPorts;
  readonly cpdma: Cpdma;
  readonly stats: CpswStats;
  readonly cpts: Cpts;
  readonly ale: Ale;
  readonly macs: readonly [CpgmacSl, CpgmacSl];
  readonly mdio: Mdio;
  readonly wr: CpswWr;
  readonly ram = new CppiRam();

  constructor(options: CpswOptions) {
    const { clock, memory, source } = options;
    this.ss = new CpswSs(clock, () => this.#resetSwitch());
    this.ports = new CpswPorts(clock);
    this.cpts = new Cpts(clock);
    this.ale = new Ale({ clock });
    this.stats = new CpswStats({ clock, enabledPorts: () => this.ss.countedPorts });
    const mac = (port: 1 | 2) => {
      const sl = new CpgmacSl({ clock, port, mii: options.ports[port - 1], stats: this.stats });
      sl.onFrame = (frame, errors) => this.#fromMac(port, frame, errors);
      return sl;
    };
    this.macs = [mac(1), mac(2)];
    this.cpdma = new Cpdma({
      clock,
      ram: this.ram,
      memory,
      send: (packet) => this.#fromHost(packet),
      readyAt: () => this.#readyAt(),
      overrun: (where) => this.#countOverrun(where),
      statisticsPending: () => this.stats.pending,
      onInterrupt: () => this.wr?.settle(),
    });
    this.mdio = new Mdio({ clock, source, devices: options.mdio });
    this.wr = this.#wrapper(clock, options.lines);
    this.mdio.onInterrupt = this.stats.onInterrupt = () => this.wr.settle();
    this.wr.settle();
  }

  #wrapper(clock: VirtualClock, lines: CpswLines): CpswWr {
    const { cpdma, mdio } = this;
    return new CpswWr({
      clock,
      lines,
      causes: {
        rxThreshold: () => cpdma.rxThresholdPending,
        rx: () => cpdma.rxPending,
        tx: () => cpdma.txPending,
        misc: () =>
          (mdio.userInterrupt ? 1 : 0) | (mdio.linkInterrupt ? 2 : 0) |
          (cpdma.hostPending ? 4 : 0) | (cpdma.statisticsPending ? 8 : 0),
      },
      softReset: () => this.#resetSubsystem(),
    });
  }

  /** Where the CPU sees what. Between them nothing answers. */
  get regions(): readonly CpswRegion[] {
    return [
      { offset: 0x0000, size: 0x100, device: this.ss },
      { offset: 0x0100, size: 0x700, device: this.ports },
      { offset: 0x0800, size: 0x100, device: this.cpdma },
      { offset: 0x0900, size: 0x100, device: this.stats },
      { offset: 0x0a00, size: 0x200, device: this.cpdma.state },
      { offset: 0x0c00, size: 0x100, device: this.cpts },
      { offset: 0x0d00, size: 0x80, device: this.ale },
      { offset: 0x0d80, size: 0x40, device: this.macs[0] },
      { offset: 0x0dc0, size: 0x40, device: this.macs[1] },
      { offset: 0x1000, size: 0x200, device: this.mdio },
      { offset: 0x1200, size: 0x100, device: this.wr },
      { offset: 0x2000, size: 0x2000, device: this.ram },
    ];
  }

  get peripherals(): readonly Peripheral[] {
    const { ss, ports, cpdma, stats, cpts, ale, macs, mdio, wr } = this;
    return [ss, ports, cpdma, cpdma.state, stats, cpts, ale, ...macs, mdio, wr];
  }

  get parts(): readonly Part[] {
    return [...this.peripherals, this.ram];
  }

  /** As after power-on. What the CPPI RAM holds is left. */
  reset(): void {
    for (const peripheral of this.peripherals) peripheral.reset();
  }

  /** CPSW_SS SOFT_RESET: FIFOs, statistics, ALE (section 14.3.2.18). */
  #resetSwitch(): void {
    this.stats.reset();
    this.ale.reset();
  }

  /** CPSW_WR SOFT_RESET: "INT, REGS and CPPI". */
  #resetSubsystem(): void {
    for (const peripheral of [this.wr, this.ss, this.ports, this.cpdma]) peripheral.reset();
  }

  /** When both transmit FIFOs have room for a packet. */
  #readyAt(): number {
    const times = this.macs.map(({ lineFreeAt, speedMbps }) =>
      lineFreeAt - (TX_FIFO_BYTES * 8000) / speedMbps
    );
    return Math.max(...times);
  }

  #countOverrun(where: "start" | "middle"): void {
    this.stats.count(0, where === "start" ? "RXSOFOVERRUNS" : "RXMOFOVERRUNS");
    this.stats.count(0, "RXDMAOVERRUNS");
  }

  #fromHost({ data, flags }: TxPacket): void {
    const frame = flags & FLAG.PASS_CRC ? withoutFcs(data) : data;
    if (frame === undefined || frame.length < 14) return;
    const directed = flags & FLAG.TO_PORT_EN ? (flags >>> 16) & 3 : undefined;
    const egress = this.ale.forward({ frame, port: 0, directed, portVid: this.#vid(0) });
    this.#toMacs(frame, 0, egress);
  }

  #fromMac(port: 1 | 2, frame: Frame, errors: FrameErrors): void {
    if (frame.length < 14) return;
    const error = errors.crc || errors.long || errors.short || errors.control;
    const egress = this.ale.forward({ frame, port, error, portVid: this.#vid(port) });
    if (egress.ports & 1) {
      this.cpdma.receive({
        data: withFcs(frame),
        channel: this.ports.rxChannel(port),
        flags: (port << 16) | flagsOf(errors),
      });
    }
    this.#toMacs(frame, port, egress);
  }

  #vid(port: number): number {
    return this.ports.vlan(port) & 0xfff;
  }

  #toMacs(frame: Frame, from: number, egress: Egress): void {
    for (const port of [1, 2] as const) {
      if (!(egress.ports & (1 << port))) continue;
      const isAware = this.ss.isVlanAware;
      const out = isAware ? tagged(frame, port, egress, this.ports.vlan(from)) : frame;
      this.macs[port - 1]!.transmit(out);
    }
  }
}

/** Section 14.3.2.5: a VLAN-aware port sends with a tag, unless that is forced off. */
function tagged(frame: Frame, port: number, egress: Egress, portVlan: number): Frame {
  const wantsTag = (egress.untagged & (1 << port)) === 0;
  if (wantsTag === egress.isTagged) return frame;
  if (!wantsTag) {
    // Section 14.3.2.11: what is too short without its tag is padded.
    const bare = new Uint8Array(Math.max(frame.length - VLAN_TAG_BYTES, SHORTEST_FRAME));
    bare.set(frame.subarray(0, 12));
    bare.set(frame.subarray(12 + VLAN_TAG_BYTES), 12);
    return bare;
  }
  const out = new Uint8Array(frame.length + VLAN_TAG_BYTES);
  out.set(frame.subarray(0, 12));
  const tag = (portVlan & 0xf000) | egress.vid;
  out.set([0x81, 0x00, tag >>> 8, tag], 12);
  out.set(frame.subarray(12), 12 + VLAN_TAG_BYTES);
  return out;
}

/** Undefined when the FCS that the host has made is wrong: no receiver takes such a frame. */
function withoutFcs(data: Uint8Array): Frame | undefined {
  if (data.length < 4) return undefined;
  const frame = data.subarray(0, -4);
  const view = new DataView(data.buffer, data.byteOffset + frame.length, 4);
  return view.getUint32(0, true) === fcsOf(frame) ? frame : undefined;
}

function flagsOf({ crc, long, short, control }: FrameErrors): number {
  return (crc ? FLAG.CRC_ERROR : 0) | (long ? FLAG.LONG : 0) | (short ? FLAG.SHORT : 0) |
    (control ? FLAG.CONTROL : 0);
}
