/**
 * CPDMA: moves packets between memory and the Ethernet switch (AM335x TRM SPRUH73, sections 14.3.2.4
 * and 14.5.2, its state RAM 14.5.5). A packet is moved at the end of the time that moving it takes.
 * Rate limits of channels are not modelled.
 */
import type { Json } from "hil/trace/mod.ts";
import { type EngineTimer, Peripheral, type VirtualClock } from "sims/engine/mod.ts";
import { type CppiRam, Descriptors, type DmaMemory } from "./cppi_ram.ts";
import { FLAG, HostError, PacketQueue, type TxPacket } from "./cpsw_cpdma_queue.ts";
import { CPDMA } from "./cpsw_registers.ts";
import { CpdmaStateRam } from "./cpsw_stateram.ts";

const R = CPDMA.index;
const DMACONTROL = {
  TX_PTYPE: 1 << 0,
  RX_OWNERSHIP: 1 << 1,
  RX_OFFLEN_BLOCK: 1 << 2,
  CMD_IDLE: 1 << 3,
  RX_CEF: 1 << 4,
} as const;
const CHANNELS = 8;
const TORN_DOWN = 0xffff_fffc;
const [STAT_PEND, HOST_PEND] = [1, 2];

/** The manual has no figures: a descriptor and the way to DDR, and 32 bits at 125 MHz. */
const START_NS = 400;
const NS_PER_BYTE = 2;
/** P0_MAX_BLKS and its FIFO: so many packets wait for memory before more are dropped. */
const RX_FIFO_BYTES = 20 * 1024;

/** A packet on its way to memory, with its FCS. */
export interface RxPacket {
  readonly data: Uint8Array;
  readonly channel: number;
  /** Of word 3: errors and the port that it came from. */
  readonly flags: number;
}

export interface CpdmaOptions {
  readonly name?: string;
  readonly clock: VirtualClock;
  readonly ram: CppiRam;
  readonly memory: DmaMemory;
  /** A packet for the switch. */
  readonly send: (packet: TxPacket) => void;
  /** When the switch has room for another packet. */
  readonly readyAt: () => number;
  /** A packet was dropped for want of buffers: at its start, or in its midst. */
  readonly overrun: (where: "start" | "middle") => void;
  readonly statisticsPending: () => boolean;
  /** Levels of interrupts may have changed. */
  readonly onInterrupt: () => void;
}

export class Cpdma extends Peripheral<keyof typeof R> {
  readonly state: CpdmaStateRam;
  /** What the program did wrong, when a host error stopped a channel: for traces. */
  onHostError: ((message: string) => void) | undefined;
  readonly #options: CpdmaOptions;
  readonly #queue: PacketQueue;
  readonly #txTimer: EngineTimer;
  readonly #rxTimer: EngineTimer;
  /** The channel whose packet is being moved, and until when. */
  #tx: { readonly channel: number; readonly endsAt: number } | undefined;
  #rx: { readonly endsAt: number } | undefined;
  readonly #fifo: RxPacket[] = [];
  #fifoBytes = 0;
  /** Round robin: the channel that was served last. */
  #served = CHANNELS - 1;
  /** Channels that a host error has stopped. */
  readonly #stopped = { tx: 0, rx: 0 };
  #hostPending = false;

  constructor(options: CpdmaOptions) {
    super(options.name ?? "CPDMA", CPDMA, options.clock);
    this.#options = options;
    const descriptors = new Descriptors(options.ram, options.memory);
    this.#queue = new PacketQueue(descriptors, options.memory);
    this.state = new CpdmaStateRam({ clock: options.clock });
    this.state.onHead = () => this.settle();
    this.state.onCompletion = () => this.settle();
    this.#txTimer = this.clock.timer(`${this.name} TX`, () => this.#transmit());
    this.#rxTimer = this.clock.timer(`${this.name} RX`, () => this.#receive());
    this.#effects();
  }

  #effects(): void {
    this.onWrite("CPDMA_SOFT_RESET", (written) => {
      if (written & 1) this.reset();
    });
    this.onWrite("TX_TEARDOWN", (written) => this.#tearDown("tx", written & 7));
    this.onWrite("RX_TEARDOWN", (written) => this.#tearDown("rx", written & 7));
    this.onWrite("RX_FREEBUFFER", (written, old, n) => {
      this.regs[R.RX_FREEBUFFER + n] = (old + written) & 0xffff;
    });
    this.derive("TX_INTSTAT_RAW", () => this.state.pending.tx);
    this.derive("TX_INTSTAT_MASKED", () => this.txPending);
    this.derive("RX_INTSTAT_RAW", () => this.#rxRaw);
    this.derive("RX_INTSTAT_MASKED", () => this.#rxRaw & this.regs[R.RX_INTMASK_SET]!);
    this.derive("DMA_INTSTAT_RAW", () => this.#dmaRaw);
    this.derive("DMA_INTSTAT_MASKED", () => this.#dmaRaw & this.regs[R.DMA_INTMASK_SET]!);
    this.onRead("DMASTATUS", () => {
      const isIdle = !this.#tx && !this.#rx;
      const value = (this.regs[R.DMASTATUS]! | (isIdle ? 1 << 31 : 0)) >>> 0;
      // "This field is cleared to zero on a host read": the channels; the codes stay.
      this.regs[R.DMASTATUS]! &= ~0x0007_0700;
      return value;
    });
  }

  override steadyUntil(): number {
    return Infinity;
  }

  /** By channel: TX_PEND after the mask. */
  get txPending(): number {
    return this.state.pending.tx & this.regs[R.TX_INTMASK_SET]!;
  }

  get rxPending(): number {
    return this.#rxRaw & this.regs[R.RX_INTMASK_SET]! & 0xff;
  }

  get rxThresholdPending(): number {
    return (this.#rxRaw & this.regs[R.RX_INTMASK_SET]!) >>> 8;
  }

  get hostPending(): boolean {
    return (this.#dmaRaw & this.regs[R.DMA_INTMASK_SET]! & HOST_PEND) !== 0;
  }

  get statisticsPending(): boolean {
    return (this.#dmaRaw & this.regs[R.DMA_INTMASK_SET]! & STAT_PEND) !== 0;
  }

  get #dmaRaw(): number {
    const statistics = this.#options.statisticsPending() ? STAT_PEND : 0;
    return statistics | (this.#hostPending ? HOST_PEND : 0);
  }

  get #rxRaw(): number {
    let thresholds = 0;
    for (let n = 0; n < CHANNELS; n++) {
      // After reset both are 0 and nothing is pending: a threshold of 0 is none.
      const threshold = this.regs[R.RX_PENDTHRESH + n]!;
      if (threshold > 0 && this.regs[R.RX_FREEBUFFER + n]! <= threshold) thresholds |= 1 << n;
    }
    return this.state.pending.rx | (thresholds << 8);
  }

  /** From the switch. Dropped when the FIFO is full. */
  receive(packet: RxPacket): void {
    if ((this.regs[R.RX_CONTROL]! & 1) === 0) return;
    if (this.#fifoBytes + packet.data.length > RX_FIFO_BYTES) {
      return this.#options.overrun("start");
    }
    this.#fifo.push(packet);
    this.#fifoBytes += packet.data.length;
    this.settle();
  }

  get #isIdled(): boolean {
    return (this.regs[R.DMACONTROL]! & DMACONTROL.CMD_IDLE) !== 0;
  }

  override settle(): void {
    if (!this.#tx) this.#startTx();
    if (!this.#rx) this.#startRx();
    if (this.#tx) this.#txTimer.set(this.#tx.endsAt);
    else this.#txTimer.cancel();
    if (this.#rx) this.#rxTimer.set(this.#rx.endsAt);
    else this.#rxTimer.cancel();
    this.#options.onInterrupt();
  }

  #startTx(): void {
    if ((this.regs[R.TX_CONTROL]! & 1) === 0 || this.#isIdled) return;
    const channel = this.#nextChannel();
    if (channel === undefined) return;
    this.#served = channel;
    const bytes = this.#packetLength(this.state.head("tx", channel));
    const from = Math.max(this.clock.now(), this.#options.readyAt());
    this.#tx = { channel, endsAt: from + START_NS + bytes * NS_PER_BYTE };
  }

  /** A descriptor that is nowhere: the error comes when the packet would be moved. */
  #packetLength(descriptor: number): number {
    try {
      return this.#queue.flags(descriptor) & 0x7ff;
    } catch {
      return 0;
    }
  }

  #nextChannel(): number | undefined {
    const isFixed = (this.regs[R.DMACONTROL]! & DMACONTROL.TX_PTYPE) !== 0;
    for (let n = 0; n < CHANNELS; n++) {
      const channel = isFixed ? CHANNELS - 1 - n : (this.#served + 1 + n) % CHANNELS;
      if (this.state.head("tx", channel) !== 0 && !(this.#stopped.tx & (1 << channel))) {
        return channel;
      }
    }
    return undefined;
  }

  #transmit(): void {
    const { channel } = this.#tx!;
    this.#tx = undefined;
    // A teardown may have emptied the queue; what was in transmission has been done by then.
    const head = this.state.head("tx", channel);
    if (head !== 0) this.#guarded("tx", channel, () => this.#send(channel, head));
    this.settle();
  }

  #send(channel: number, head: number): void {
    const packet = this.#queue.gather(head);
    this.#options.send(packet);
    const next = this.#queue.next(packet.last);
    if (next === 0) this.#queue.setFlags(packet.last, FLAG.EOQ);
    this.#queue.setFlags(head, 0, FLAG.OWNER);
    this.state.setHead("tx", channel, next);
    this.state.complete("tx", channel, packet.last);
  }

  #startRx(): void {
    const packet = this.#fifo[0];
    if (!packet || this.#isIdled) return;
    this.#rx = { endsAt: this.clock.now() + START_NS + packet.data.length * NS_PER_BYTE };
  }

  #receive(): void {
    this.#take();
    this.settle();
  }

  #take(): void {
    this.#rx = undefined;
    const packet = this.#fifo.shift()!;
    this.#fifoBytes -= packet.data.length;
    const { channel } = packet;
    const head = this.state.head("rx", channel);
    if (head === 0 || this.#stopped.rx & (1 << channel)) this.#options.overrun("start");
    else this.#guarded("rx", channel, () => this.#deliver(packet, head));
  }

  #deliver({ data, channel, flags }: RxPacket, head: number): void {
    const control = this.regs[R.DMACONTROL]!;
    const { descriptors, overrun } = this.#queue.scatter(data, head, {
      offset: this.regs[R.RX_BUFFER_OFFSET]!,
      keepLengths: (control & DMACONTROL.RX_OFFLEN_BLOCK) !== 0,
    });
    if (overrun) this.#options.overrun("middle");
    // What is filtered leaves its buffers to the next packet.
    if (overrun && !(control & DMACONTROL.RX_CEF)) return;
    const last = descriptors.at(-1)!;
    const next = this.#queue.next(last);
    const owner = control & DMACONTROL.RX_OWNERSHIP ? FLAG.OWNER : 0;
    const error = overrun ? FLAG.OVERRUN : 0;
    if (last !== head) this.#queue.setFlags(last, FLAG.EOP | (next === 0 ? FLAG.EOQ : 0));
    const single = last === head ? FLAG.EOP | (next === 0 ? FLAG.EOQ : 0) : 0;
    const set = FLAG.SOP | FLAG.PASS_CRC | single | owner | error | flags | (data.length & 0x7ff);
    this.#queue.setFlags(head, set, FLAG.OWNER | 0x0fff_ffff);
    this.#use(channel, descriptors.length);
    this.state.setHead("rx", channel, next);
    this.state.complete("rx", channel, last);
  }

  #use(channel: number, buffers: number): void {
    const slot = R.RX_FREEBUFFER + channel;
    this.regs[slot] = Math.max(this.regs[slot]! - buffers, 0);
  }

  #tearDown(direction: "tx" | "rx", channel: number): void {
    const head = this.state.head(direction, channel);
    // "Any frame currently in transmission (reception) will complete normally."
    if (direction === "tx" && head !== 0 && this.#tx?.channel === channel) {
      this.#guarded("tx", channel, () => this.#send(channel, head));
      this.#tx = undefined;
    }
    if (direction === "rx" && this.#rx && this.#fifo[0]?.channel === channel) this.#take();
    const next = this.state.head(direction, channel);
    if (next !== 0) {
      this.#guarded(direction, channel, () => this.#queue.setFlags(next, FLAG.TEARDOWN));
    }
    this.state.setHead(direction, channel, 0);
    this.state.complete(direction, channel, TORN_DOWN);
  }

  /** A host error stops the channel until the CPDMA is reset. */
  #guarded(direction: "tx" | "rx", channel: number, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof HostError || error instanceof RangeError)) throw error;
      const code = error instanceof HostError ? error.code : 4;
      const shift = direction === "tx" ? 16 : 8;
      const status = this.regs[R.DMASTATUS]! & ~(0xff << shift);
      this.regs[R.DMASTATUS] = status | (channel << shift) | (code << (shift + 4));
      this.#stopped[direction] |= 1 << channel;
      this.#hostPending = true;
      this.onHostError?.(`${direction} channel ${channel}: ${error.message}`);
    }
  }

  protected override resetMore(): void {
    this.#tx = this.#rx = undefined;
    this.#fifo.length = 0;
    this.#fifoBytes = 0;
    this.#served = CHANNELS - 1;
    this.#stopped.tx = this.#stopped.rx = 0;
    this.#hostPending = false;
    this.state.reset();
  }

  protected override saveMore(): Json {
    return {
      tx: this.#tx ?? null,
      rx: this.#rx ?? null,
      fifo: this.#fifo.map((packet) => ({ ...packet, data: packet.data.toBase64() })),
      served: this.#served,
      stopped: { ...this.#stopped },
      hostPending: this.#hostPending,
    };
  }

  protected override loadMore(state: Json): void {
    const saved = state as unknown as {
      tx: { channel: number; endsAt: number } | null;
      rx: { endsAt: number } | null;
      fifo: (Omit<RxPacket, "data"> & { data: string })[];
      served: number;
      stopped: { tx: number; rx: number };
      hostPending: boolean;
    };
    this.#tx = saved.tx ?? undefined;
    this.#rx = saved.rx ?? undefined;
    this.#fifo.length = 0;
    for (const packet of saved.fifo) {
      this.#fifo.push({ ...packet, data: Uint8Array.fromBase64(packet.data) });
    }
    this.#fifoBytes = this.#fifo.reduce((all, { data }) => all + data.length, 0);
    this.#served = saved.served;
    Object.assign(this.#stopped, saved.stopped);
    this.#hostPending = saved.hostPending;
  }
}
