/**
 * I2C0 to I2C2 (AM335x TRM SPRUH73, section 21.4.1), as a master with FIFOs. Each byte takes the nine
 * clocks that PSC, SCLL and SCLH say. Slave mode, 10-bit addresses and SYSTEST are not modelled.
 */
import {
  defineRegisters,
  Peripheral,
  type VirtualClock,
  type WireDriver,
} from "sims/engine/mod.ts";
import type { EngineTimer } from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { I2cDevice } from "sims/bbb/parts/i2c.ts";
import type { ClockInput } from "./clock_input.ts";

// deno-fmt-ignore
const EVENTS = {
  AL: 0, NACK: 1, ARDY: 2, RRDY: 3, XRDY: 4, GC: 5, STC: 6, AERR: 7, BF: 8, AAS: 9, XUDF: 10,
  ROVR: 11, BB: 12, RDR: 13, XDR: 14,
} as const;
const ENABLES = 0x6fff;

// deno-fmt-ignore
export const I2C = defineRegisters({
  I2C_REVNB_LO:        { offset: 0x00, reset: 0x000b, access: "ro" },
  I2C_REVNB_HI:        { offset: 0x04, reset: 0x5040, access: "ro" },
  I2C_SYSC:            { offset: 0x10, writable: 0x31d, fields: { AUTOIDLE: 0, SRST: 1, ENAWAKEUP: 2, IDLEMODE: [3, 4], CLKACTIVITY: [8, 9] } },
  I2C_IRQSTATUS_RAW:   { offset: 0x24, access: "w1s", writable: 0x6fff, fields: EVENTS },
  I2C_IRQSTATUS:       { offset: 0x28, access: "w1c", writable: 0x6fff, of: "I2C_IRQSTATUS_RAW", fields: EVENTS },
  I2C_IRQENABLE_SET:   { offset: 0x2c, access: "w1s", writable: ENABLES, fields: EVENTS },
  I2C_IRQENABLE_CLR:   { offset: 0x30, access: "w1c", writable: ENABLES, of: "I2C_IRQENABLE_SET", fields: EVENTS },
  I2C_WE:              { offset: 0x34, writable: 0x6f6f },
  I2C_DMARXENABLE_SET: { offset: 0x38, access: "w1s", writable: 0x1 },
  I2C_DMATXENABLE_SET: { offset: 0x3c, access: "w1s", writable: 0x1 },
  I2C_DMARXENABLE_CLR: { offset: 0x40, access: "w1c", writable: 0x1, of: "I2C_DMARXENABLE_SET" },
  I2C_DMATXENABLE_CLR: { offset: 0x44, access: "w1c", writable: 0x1, of: "I2C_DMATXENABLE_SET" },
  I2C_DMARXWAKE_EN:    { offset: 0x48, writable: 0x6f6f },
  I2C_DMATXWAKE_EN:    { offset: 0x4c, writable: 0x6f6f },
  I2C_SYSS:            { offset: 0x90, access: "ro", reset: 0x1, fields: { RDONE: 0 } },
  I2C_BUF:             { offset: 0x94, writable: 0xbfbf, fields: { TXTRSH: [0, 5], TXFIFO_CLR: 6, XDMA_EN: 7, RXTRSH: [8, 13], RXFIFO_CLR: 14, RDMA_EN: 15 } },
  I2C_CNT:             { offset: 0x98, writable: 0xffff, fields: { DCOUNT: [0, 15] } },
  I2C_DATA:            { offset: 0x9c, writable: 0x00, fields: { DATA: [0, 7] } },
  I2C_CON:             { offset: 0xa4, writable: 0xbff3, fields: { STT: 0, STP: 1, XOA3: 4, XOA2: 5, XOA1: 6, XOA0: 7, XSA: 8, TRX: 9, MST: 10, STB: 11, OPMODE: [12, 13], I2C_EN: 15 } },
  I2C_OA:              { offset: 0xa8, writable: 0x3ff },
  I2C_SA:              { offset: 0xac, writable: 0x3ff, reset: 0x3ff },
  I2C_PSC:             { offset: 0xb0, writable: 0xff },
  I2C_SCLL:            { offset: 0xb4, writable: 0xff },
  I2C_SCLH:            { offset: 0xb8, writable: 0xff },
  I2C_SYSTEST:         { offset: 0xbc, writable: 0xf800 },
  I2C_BUFSTAT:         { offset: 0xc0, access: "ro", reset: 0x8000, fields: { TXSTAT: [0, 5], RXSTAT: [8, 13], FIFODEPTH: [14, 15] } },
  I2C_OA1:             { offset: 0xc4, writable: 0x3ff },
  I2C_OA2:             { offset: 0xc8, writable: 0x3ff },
  I2C_OA3:             { offset: 0xcc, writable: 0x3ff },
  I2C_ACTOA:           { offset: 0xd0, access: "ro" },
  I2C_SBLOCK:          { offset: 0xd4, writable: 0xf },
});

const R = I2C.index;
const bit = (name: keyof typeof EVENTS) => 1 << EVENTS[name];
const NACK = bit("NACK"), ARDY = bit("ARDY"), RRDY = bit("RRDY");
const XRDY = bit("XRDY"), AERR = bit("AERR"), BF = bit("BF"), XUDF = bit("XUDF");
const BB = bit("BB"), RDR = bit("RDR"), XDR = bit("XDR");
const CON = { STT: 1, STP: 2, TRX: 0x200, MST: 0x400, EN: 0x8000 } as const;
const FIFO_DEPTH = 32;
/** SRST stays set until the module is enabled. */
const SRST = 2;

/**
 * `idle`: no transfer; `address`, `send`, `receive`: a byte is on the wire until `endNs`; `held`: the
 * clock is stretched until the program fills or empties a FIFO; `paused`: the bytes are through, and
 * the bus is kept for a repeated start.
 */
type Phase = "idle" | "address" | "send" | "receive" | "held" | "paused";

/** What passes on the bus, for traces. */
export type I2cTrace =
  | {
    readonly kind: "start";
    readonly address: number;
    readonly reads: boolean;
    readonly acknowledged: boolean;
  }
  | { readonly kind: "write" | "read"; readonly byte: number; readonly acknowledged: boolean };

export class I2c extends Peripheral<keyof typeof R> {
  /** Sees what passes on the bus. */
  onBus: ((trace: I2cTrace) => void) | undefined;
  readonly #irq: WireDriver;
  readonly #source: ClockInput;
  readonly #devices: readonly I2cDevice[];
  readonly #timer: EngineTimer;
  #phase: Phase = "idle";
  #endNs = 0;
  /** Bytes of this transfer that have not been on the wire. */
  #left = 0;
  #tx: number[] = [];
  #rx: number[] = [];
  #device: I2cDevice | undefined;
  #reading = false;
  /** The command is done; a receiver says so (ARDY) when its FIFO is empty too. */
  #through = false;

  constructor(options: {
    readonly name: string;
    readonly clock: VirtualClock;
    readonly irq: WireDriver;
    readonly source: ClockInput;
    /** What is on the bus. */
    readonly devices: readonly I2cDevice[];
  }) {
    super(options.name, I2C, options.clock);
    this.#irq = options.irq;
    this.#source = options.source;
    this.#devices = options.devices;
    this.#timer = options.clock.timer(options.name, () => this.#byteEnds());
    this.onWrite("I2C_SYSC", (written) => written & SRST && this.#softReset());
    this.onWrite("I2C_CON", (written, old) => this.#control(written, old));
    this.onWrite("I2C_DATA", (written) => this.#put(written & 0xff));
    this.onRead("I2C_DATA", () => this.#take());
    this.onWrite("I2C_BUF", (written) => {
      if (written & 1 << 6) this.#tx = [];
      if (written & 1 << 14) this.#rx = [];
    });
    // While a transfer is going on it counts down; then it shows what was set.
    this.onRead("I2C_CNT", () => this.#left > 0 ? this.#left & 0xffff : this.regs[R.I2C_CNT]!);
    this.onRead("I2C_IRQSTATUS", () => this.regs[R.I2C_IRQSTATUS_RAW]! & this.#enabled());
    options.source.onChange(() => this.settle());
    this.settle();
  }

  #enabled(): number {
    return this.regs[R.I2C_IRQENABLE_SET]!;
  }

  #raise(events: number): void {
    this.regs[R.I2C_IRQSTATUS_RAW]! |= events;
  }

  #softReset(): void {
    this.reset();
    this.regs[R.I2C_SYSS] = 0;
  }

  protected override resetMore(): void {
    this.#device?.stop();
    this.#phase = "idle";
    this.#left = 0;
    this.#tx = [];
    this.#rx = [];
    this.#device = undefined;
    this.#reading = false;
    this.#through = false;
  }

  #control(written: number, old: number): void {
    if (!(written & CON.EN)) {
      // Disabled: the FIFOs are cleared and the bus is released.
      if (old & CON.EN || this.#phase !== "idle") this.resetMore();
      this.regs[R.I2C_IRQSTATUS_RAW] = 0;
      this.regs[R.I2C_CON]! &= ~(CON.STT | CON.STP);
      return;
    }
    this.regs[R.I2C_SYSS] = 1;
    if (!(written & CON.MST)) return;
    if (written & CON.STT) this.#start();
    else if (written & CON.STP && this.#phase === "paused") this.#stop();
  }

  #start(): void {
    this.regs[R.I2C_CON]! &= ~CON.STT;
    this.#reading = (this.regs[R.I2C_CON]! & CON.TRX) === 0;
    this.#left = this.regs[R.I2C_CNT]! || 0x1_0000;
    this.#through = false;
    this.#begin("address");
  }

  /** A byte and its acknowledge take nine clocks; a start about one. */
  #begin(phase: "address" | "send" | "receive"): void {
    this.#phase = phase;
    this.#endNs = this.clock.now() + this.#bits(phase === "address" ? 10 : 9);
  }

  #bits(count: number): number {
    const { regs } = this;
    const cycles = (regs[R.I2C_SCLL]! + 7) + (regs[R.I2C_SCLH]! + 5);
    const hz = this.#source.hz / (regs[R.I2C_PSC]! + 1);
    return hz > 0 ? Math.ceil(count * cycles * 1e9 / hz) : Infinity;
  }

  #byteEnds(): void {
    if (this.#phase === "address") this.#addressed();
    else if (this.#phase === "send") this.#sent();
    else this.#received();
    this.settle();
  }

  #addressed(): void {
    const address = this.regs[R.I2C_SA]! & 0x7f;
    this.#device?.stop();
    this.#device = this.#devices.find((device) => device.address === address);
    const acknowledged = this.#device?.start(this.#reading ? "read" : "write") ?? false;
    this.onBus?.({ kind: "start", address, reads: this.#reading, acknowledged });
    if (!acknowledged) {
      this.#device = undefined;
      this.#refused();
    } else if (this.#reading) this.#begin("receive");
    else this.#sendNext();
  }

  #sendNext(): void {
    if (this.#tx.length > 0) return this.#begin("send");
    this.#phase = "held";
    this.#raise(XUDF);
  }

  #sent(): void {
    const byte = this.#tx.shift()!;
    const acknowledged = this.#device!.write(byte);
    this.onBus?.({ kind: "write", byte, acknowledged });
    this.#left--;
    if (!acknowledged) this.#refused();
    else if (this.#left === 0) this.#finished();
    else this.#sendNext();
  }

  #received(): void {
    const byte = this.#device!.read() & 0xff;
    this.onBus?.({ kind: "read", byte, acknowledged: true });
    this.#rx.push(byte);
    this.#left--;
    if (this.#left === 0) this.#finished();
    else if (this.#rx.length < FIFO_DEPTH) this.#begin("receive");
    else this.#phase = "held";
  }

  #refused(): void {
    this.#raise(NACK);
    this.#tx = [];
    if (this.regs[R.I2C_CON]! & CON.STP) this.#stop();
    else this.#phase = "paused";
  }

  #finished(): void {
    if (this.regs[R.I2C_CON]! & CON.STP) return this.#stop();
    this.#phase = "paused";
    this.#through = true;
  }

  #stop(): void {
    this.#device?.stop();
    this.#device = undefined;
    this.#phase = "idle";
    this.regs[R.I2C_CON]! &= ~(CON.STT | CON.STP | CON.MST);
    this.#raise(BF);
    this.#through = true;
  }

  #put(byte: number): void {
    if (this.#tx.length >= FIFO_DEPTH) return this.#raise(AERR);
    this.#tx.push(byte);
    if (this.#phase === "held" && !this.#reading) this.#begin("send");
  }

  #take(): number {
    const byte = this.#rx.shift();
    if (byte === undefined) {
      this.#raise(AERR);
      return 0;
    }
    if (this.#phase === "held" && this.#reading) this.#begin("receive");
    return byte;
  }

  /** A byte that is read is taken; what else there is changes by writes and alarms only. */
  override steadyUntil(offset: number): number {
    return (offset & ~3) === I2C.specs.I2C_DATA.offset ? this.clock.now() : Infinity;
  }

  override settle(): void {
    const { regs } = this;
    this.#raiseConditions();
    const busy = this.#phase !== "idle" ? BB : 0;
    regs[R.I2C_IRQSTATUS_RAW] = (regs[R.I2C_IRQSTATUS_RAW]! & ~BB) | busy;
    regs[R.I2C_BUFSTAT] = 0x8000 | this.#rx.length << 8 | Math.min(this.#toWrite(), 63);
    regs[R.I2C_DATA] = 0;
    this.#irq.drive(regs[R.I2C_IRQSTATUS_RAW]! & this.#enabled() ? 1 : 0);
    const onWire = this.#phase === "address" || this.#phase === "send" || this.#phase === "receive";
    if (onWire && this.#endNs < Infinity) this.#timer.set(this.#endNs);
    else this.#timer.cancel();
  }

  /** Bytes that the program has still to put into the FIFO. */
  #toWrite(): number {
    const sending = !this.#reading && this.#phase !== "idle" && this.#phase !== "paused";
    return sending ? Math.max(0, this.#left - this.#tx.length) : 0;
  }

  /** ARDY once; RRDY, XRDY, RDR, XDR: set as long as their condition holds, cleared by the program only. */
  #raiseConditions(): void {
    if (this.#through && this.#rx.length === 0) {
      this.#through = false;
      this.#raise(ARDY);
    }
    const buf = this.regs[R.I2C_BUF]!;
    const rxThreshold = (buf >>> 8 & 0x3f) + 1, txThreshold = (buf & 0x3f) + 1;
    if (this.#rx.length >= rxThreshold) this.#raise(RRDY);
    else if (this.#rx.length > 0 && this.#left === 0) this.#raise(RDR);
    const toWrite = this.#toWrite();
    if (toWrite === 0 || this.#tx.length >= txThreshold) return;
    this.#raise(toWrite < txThreshold && txThreshold > 1 ? XDR : XRDY);
  }

  protected override saveMore(): Json {
    return {
      phase: this.#phase,
      endNs: Number.isFinite(this.#endNs) ? this.#endNs : null,
      left: this.#left,
      tx: [...this.#tx],
      rx: [...this.#rx],
      device: this.#device?.name ?? null,
      reading: this.#reading,
      through: this.#through,
    };
  }

  protected override loadMore(state: Json): void {
    const saved = state as Record<string, Json>;
    this.#phase = saved.phase as Phase;
    this.#endNs = saved.endNs as number | null ?? Infinity;
    this.#left = saved.left as number;
    this.#tx = [...saved.tx as number[]];
    this.#rx = [...saved.rx as number[]];
    this.#device = this.#devices.find(({ name }) => name === saved.device);
    this.#reading = saved.reading as boolean;
    this.#through = saved.through as boolean;
  }
}
