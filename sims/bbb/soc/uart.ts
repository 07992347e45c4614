/**
 * UART0 to UART5 in UART mode (AM335x TRM SPRUH73, chapter 19): 16C750 with FIFOs of 64 characters.
 *
 * Characters take their time on the line. Not modelled: IrDA and CIR, autobauding, DMA requests,
 * sleep. What the other side sends is taken as sent at this side's speed.
 */
import type { Json } from "hil/trace/mod.ts";
import {
  type EngineTimer,
  fieldOf,
  Peripheral,
  type VirtualClock,
  type WireDriver,
} from "sims/engine/mod.ts";
import type { ClockInput } from "./clock_input.ts";
import type { SerialReceiver } from "./serial_line.ts";
import { type Rate, rateOf } from "./ticks.ts";
import { UartFlow, type UartFlowState } from "./uart_flow.ts";
import { frameOf, type SerialFrame } from "./uart_frame.ts";
import { type ModemInputs, type ModemOutputs, UartModem } from "./uart_modem.ts";
import { RECEIVE_ERRORS, type ReceiverState, UartReceiver } from "./uart_receiver.ts";
import { UART } from "./uart_registers.ts";
import { type TransmitterState, UartTransmitter } from "./uart_transmitter.ts";

export { UART } from "./uart_registers.ts";

const R = UART.index;
const FIFO_DEPTH = 64;
const LSR = { RXFIFOE: 0x01, RXOE: 0x02, RXPE: 0x04, RXFE: 0x08, RXBI: 0x10 } as const;
const LSR_TX = { TXFIFOE: 0x20, TXSRE: 0x40, RXFIFOSTS: 0x80 } as const;
const IER = { RHRIT: 1, THRIT: 2, LINESTSIT: 4, MODEMSTSIT: 8, XOFFIT: 0x20, EDGES: 0xc0 } as const;
/** IIR[5:0], in the order of priority (table 19-11). */
// deno-fmt-ignore
const IIR = {
  LINE: 0x06, TIMEOUT: 0x0c, RHR: 0x04, THR: 0x02, MODEM: 0x00, XOFF: 0x10, EDGE: 0x20, NONE: 0x01,
} as const;
const LOOPBACKEN = 0x10;
const BREAK_EN = 0x40;
const ENHANCEDEN = 0x10;
const DSRIT = 0x20;
const WAKEUP = 0x02;

export interface UartOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  /** 48 MHz. */
  readonly source: ClockInput;
  readonly irq: WireDriver;
  /** Inputs and outputs are active low. An input that is not there is inactive. */
  readonly modem?: ModemInputs & ModemOutputs;
  /**
   * The manual says that after an overrun nothing is received until RESUME is read (19.3.8.1.3.6).
   * Default: it goes on, as it must on silicon, where Linux counts overruns and never reads RESUME.
   */
  readonly overrunStops?: boolean;
}

export class Uart extends Peripheral<keyof typeof R> implements SerialReceiver {
  readonly #transmitter: UartTransmitter;
  readonly #receiver: UartReceiver;
  readonly #modem: UartModem;
  readonly #flow: UartFlow;
  readonly #break: EngineTimer;
  readonly #listeners: SerialReceiver[] = [];
  readonly #irq: WireDriver;
  readonly #source: ClockInput;
  readonly #overrunStops: boolean;
  #rate: Rate | undefined;
  /** When a break that has begun is long enough to be one; null: none has, or it was told. */
  #breakAt: number | null = null;
  #stopped = false;

  constructor(options: UartOptions) {
    super(options.name, UART, options.clock);
    const { name, clock, source } = options;
    this.#irq = options.irq;
    this.#source = source;
    this.#rate = rateOf(source);
    this.#overrunStops = options.overrunStops ?? false;
    this.#transmitter = new UartTransmitter(name, clock, (byte) => this.#sent(byte));
    this.#receiver = new UartReceiver(name, clock, () => this.settle());
    this.#break = clock.timer(`${name} break`, () => this.#tellBreak());
    this.#flow = new UartFlow(this.regs);
    this.#modem = new UartModem(options.modem ?? {}, this.regs, () => this.settle());
    source.onChange(() => this.settle());
    this.#defineReads();
    this.#defineWrites();
    this.settle();
  }

  /** From now on hears what the UART sends. */
  connect(receiver: SerialReceiver): void {
    this.#listeners.push(receiver);
  }

  /** What comes in on RX. */
  receive(byte: number, errors?: Parameters<SerialReceiver["receive"]>[1]): void {
    if (!this.#loopback) this.#take(byte, errors);
  }

  #take(byte: number, errors: Parameters<SerialReceiver["receive"]>[1] = {}): void {
    const frame = this.#frame;
    if (!frame || this.#stopped) return;
    const { parity, framing, isBreak } = errors;
    const wrong = (parity ? LSR.RXPE : 0) | (framing ? LSR.RXFE : 0) | (isBreak ? LSR.RXBI : 0);
    const character = byte & frame.mask;
    for (const taken of wrong ? [character] : this.#flow.receive(character)) {
      this.#receiver.put(taken, wrong);
    }
    this.#stopped = this.#receiver.overrun && this.#overrunStops;
    this.#receiver.restart(this.#staleAt(frame));
    this.#modem.wake();
    this.settle();
  }

  #sent(byte: number): void {
    // While a break is on the line, nothing else is.
    if ((this.regs[R.LCR]! & BREAK_EN) === 0) this.#deliver(byte);
    this.settle();
  }

  #tellBreak(): void {
    this.#breakAt = null;
    this.#deliver(0, { framing: true, isBreak: true });
  }

  #deliver(byte: number, errors?: Parameters<SerialReceiver["receive"]>[1]): void {
    if (this.#loopback) this.#take(byte, errors);
    else for (const listener of this.#listeners) listener.receive(byte, errors);
  }

  get #loopback(): boolean {
    return (this.regs[R.MCR]! & LOOPBACKEN) !== 0;
  }

  get #divisor(): number {
    return this.regs[R.DLH]! << 8 | this.regs[R.DLL]!;
  }

  get #frame(): SerialFrame | undefined {
    return frameOf(this.regs[R.LCR]!, this.#divisor, fieldOf(this.regs[R.MDR1]!, [0, 2]));
  }

  #staleAt(frame: SerialFrame | undefined): number | undefined {
    if (!frame || !this.#rate) return undefined;
    return this.#rate.time(this.#rate.count(this.clock.now()) + frame.timeoutCycles);
  }

  #defineReads(): void {
    this.derive("RHR", () => this.#receiver.next);
    this.afterRead("RHR", () => {
      this.#receiver.take();
      this.#receiver.restart(this.#staleAt(this.#frame));
      return true;
    });
    this.derive("LSR", () => this.#lineStatus);
    this.afterRead("LSR", () => {
      const { overrun } = this.#receiver;
      this.#receiver.overrun = false;
      return overrun;
    });
    this.derive("IIR", () => this.#cause | (this.regs[R.FCR]! & 1) * 0xc0);
    this.afterRead("IIR", () => {
      const cause = this.#cause;
      if (cause === IIR.EDGE) this.#modem.edges = 0;
      if (cause === IIR.XOFF) this.#flow.special = false;
      return cause === IIR.EDGE || cause === IIR.XOFF;
    });
    this.afterRead("MSR", () => this.#modem.forgetChanges());
    this.afterRead("RESUME", () => {
      this.#stopped = false;
      return false;
    });
    this.derive("SSR", () => this.regs[R.SSR]! & ~1 | Number(this.#transmitter.full));
    this.derive("RXFIFO_LVL", () => this.#receiver.level);
    this.derive("TXFIFO_LVL", () => this.#transmitter.level);
    this.derive("ISR2", () => this.#emptied);
  }

  #defineWrites(): void {
    this.onWrite("THR", (byte) => this.#transmitter.put(byte & 0xff));
    this.onWrite("FCR", (written, old) => this.#control(written, old));
    this.onWrite("IER", (_, old) => this.#guard(R.IER, 0xf0, old));
    this.onWrite("MCR", (_, old) => this.#guard(R.MCR, 0xe0, old));
    this.onWrite("LCR", (lcr, old) => {
      if (((lcr ^ old) & BREAK_EN) === 0) return;
      const frame = (lcr & BREAK_EN) !== 0 ? this.#frame : undefined;
      this.#breakAt = frame && this.#rate
        ? this.#rate.time(this.#rate.count(this.clock.now()) + frame.cycles)
        : null;
    });
    this.onWrite("SCR", () => this.#modem.armWakeUp());
    this.onWrite("SYSC", (written) => {
      if (written & 2) this.reset();
    });
  }

  /** Some bits change only while EFR[4] is set. */
  #guard(slot: number, bits: number, old: number): void {
    if (this.regs[R.EFR]! & ENHANCEDEN) return;
    this.regs[slot] = this.regs[slot]! & ~bits | old & bits;
  }

  #control(written: number, old: number): void {
    // FIFO_EN and DMA_MODE change only while the baud clock stands.
    const fixed = (this.#frame ? 0x09 : 0) | (this.regs[R.EFR]! & ENHANCEDEN ? 0 : 0x30);
    const fcr = this.regs[R.FCR]! & ~fixed | old & fixed;
    this.regs[R.FCR] = fcr;
    const switched = ((fcr ^ old) & 1) !== 0;
    if (switched || written & 2) this.#receiver.clear();
    if (switched || written & 4) this.#transmitter.clear();
  }

  get #lineStatus(): number {
    const { level, errors, overrun, faulty } = this.#receiver;
    return (level > 0 ? LSR.RXFIFOE : 0) | (overrun ? LSR.RXOE : 0) | errors & RECEIVE_ERRORS |
      (this.#transmitter.level === 0 ? LSR_TX.TXFIFOE : 0) |
      (this.#transmitter.idle ? LSR_TX.TXSRE : 0) | (faulty > 0 ? LSR_TX.RXFIFOSTS : 0);
  }

  /** Of the interrupts that IER enables and that are pending, the first. */
  get #cause(): number {
    const ier = this.regs[R.IER]!;
    const { overrun, faulty, timedOut, level } = this.#receiver;
    if (ier & IER.LINESTSIT && (overrun || faulty > 0)) return IIR.LINE;
    if (ier & IER.RHRIT && timedOut) return IIR.TIMEOUT;
    if (ier & IER.RHRIT && level >= this.#receiveTrigger) return IIR.RHR;
    if (ier & IER.THRIT && this.#wantsData) return IIR.THR;
    if (ier & IER.MODEMSTSIT && this.regs[R.MSR]! & 0x0f) return IIR.MODEM;
    if (ier & IER.XOFFIT && this.#flow.pending) return IIR.XOFF;
    const edges = ier & IER.EDGES | this.regs[R.SCR]! & DSRIT;
    return this.#modem.edges & edges ? IIR.EDGE : IIR.NONE;
  }

  get #fifo(): boolean {
    return (this.regs[R.FCR]! & 1) !== 0;
  }

  /** Characters (table 19-15). */
  get #receiveTrigger(): number {
    if (!this.#fifo) return 1;
    const coarse = fieldOf(this.regs[R.TLR]!, [4, 7]);
    const fine = fieldOf(this.regs[R.FCR]!, [6, 7]);
    if (this.regs[R.SCR]! & 0x80) return Math.max(1, coarse << 2 | fine);
    return coarse !== 0 ? coarse << 2 : [8, 16, 56, 60][fine]!;
  }

  /** Spaces (table 19-14). */
  get #transmitTrigger(): number {
    const coarse = fieldOf(this.regs[R.TLR]!, [0, 3]);
    const fine = fieldOf(this.regs[R.FCR]!, [4, 5]);
    if (this.regs[R.SCR]! & 0x40) return Math.max(1, coarse << 2 | fine);
    return coarse !== 0 ? coarse << 2 : [8, 16, 32, 56][fine]!;
  }

  get #wantsData(): boolean {
    if (this.regs[R.SCR]! & 0x08) return this.#transmitter.idle;
    if (!this.#fifo) return this.#transmitter.level === 0;
    return FIFO_DEPTH - this.#transmitter.level >= this.#transmitTrigger;
  }

  /** ISR2: what IER2 enables. */
  get #emptied(): number {
    const empty = Number(this.#receiver.level === 0) | Number(this.#transmitter.level === 0) << 1;
    return empty & this.regs[R.IER2]!;
  }

  override settle(): void {
    // Also after `load`, when nobody is told of a change.
    if ((this.#rate?.hz ?? 0) !== this.#source.hz) this.#rate = rateOf(this.#source);
    this.bank = this.#bankNow;
    this.#transmitter.depth = this.#receiver.depth = this.#fifo ? FIFO_DEPTH : 1;
    this.#transmitter.settle();
    this.#receiver.settle();
    if (this.#breakAt === null) this.#break.cancel();
    else this.#break.set(this.#breakAt);
    this.#modem.settle(this.#receiver.level);
    this.#send();
    const pending = this.#cause !== IIR.NONE || (this.regs[R.SSR]! & WAKEUP) !== 0 ||
      this.#emptied !== 0;
    // MCR[3]: "in loopback mode forces IRQ outputs to inactive state".
    this.#irq.drive(pending && !this.#loopback ? 1 : 0);
  }

  #send(): void {
    this.#transmitter.putUrgent(this.#flow.requests(this.#receiver.level));
    const held = this.#flow.halted || !this.#modem.clearToSend;
    if (!this.#rate || !this.#transmitter.ready(held)) return;
    const frame = this.#frame;
    if (frame) this.#transmitter.go(frame, this.#rate);
  }

  /** Place in UART_BANKS. */
  get #bankNow(): number {
    const lcr = this.regs[R.LCR]!;
    const mode = lcr < 0x80 ? 0 : lcr === 0xbf ? 4 : 2;
    return mode +
      Number((this.regs[R.EFR]! & ENHANCEDEN) !== 0 && (this.regs[R.MCR]! & 0x40) !== 0);
  }

  /** Nothing changes but by a write, a character that arrives or an alarm. */
  override steadyUntil(offset: number): number {
    switch (this.table.at(offset, false, this.bank)?.name) {
      case "RHR":
        return this.clock.now();
      case "LSR":
        return this.#receiver.overrun ? this.clock.now() : Infinity;
      case "IIR":
        return this.#cause === IIR.EDGE || this.#cause === IIR.XOFF ? this.clock.now() : Infinity;
      case "MSR":
        return this.regs[R.MSR]! & 0x0f ? this.clock.now() : Infinity;
      default:
        return Infinity;
    }
  }

  protected override resetMore(): void {
    this.#transmitter.reset();
    this.#receiver.reset();
    this.#modem.reset();
    this.#flow.reset();
    this.#breakAt = null;
    this.#stopped = false;
  }

  protected override saveMore(): Json {
    return {
      transmitter: { ...this.#transmitter.save() },
      receiver: { ...this.#receiver.save() },
      flow: this.#flow.save(),
      edges: this.#modem.edges,
      breakAt: this.#breakAt,
      stopped: this.#stopped,
    };
  }

  protected override loadMore(state: Json): void {
    const { transmitter, receiver, flow, edges, breakAt, stopped } = state as unknown as {
      transmitter: TransmitterState;
      receiver: ReceiverState;
      flow: UartFlowState;
      edges: number;
      breakAt: number | null;
      stopped: boolean;
    };
    this.#transmitter.load(transmitter);
    this.#receiver.load(receiver);
    this.#flow.load(flow);
    this.#modem.edges = edges;
    this.#breakAt = breakAt;
    this.#stopped = stopped;
  }
}
