/**
 * McSPI0 and McSPI1 as masters (AM335x TRM SPRUH73, chapter 24): four channels with a chip select
 * each, words of 4 to 32 bits that take their time, and a buffer of 64 bytes for one channel.
 *
 * Not modelled: slave mode (nothing happens while MS is set), system test mode, DMA requests,
 * several words in one access (MOA), buffer access for DMA (FDAA).
 */
import type { Json } from "hil/trace/mod.ts";
import {
  type EngineTimer,
  fieldOf,
  Peripheral,
  type VirtualClock,
  type WireDriver,
} from "sims/engine/mod.ts";
import type { SpiBus } from "../parts/spi_bus.ts";
import type { ClockInput } from "./clock_input.ts";
import { type ChannelState, type Direction, McspiChannel } from "./mcspi_channel.ts";
import { CHANNELS, CHCONF as CONF, MCSPI } from "./mcspi_registers.ts";
import { type Rate, rateOf } from "./ticks.ts";

export { MCSPI } from "./mcspi_registers.ts";

const R = MCSPI.index;
const MODULCTRL = { SINGLE: 1, PIN34: 2, MS: 4 } as const;
const FORCE = 1 << 20;
const EPOL = 1 << 6;
/** Of channel 0; the others follow four bits apart. */
const EVENT = { TX_EMPTY: 1, TX_UNDERFLOW: 2, RX_FULL: 4 } as const;
const EOW = 1 << 17;
/** Cycles of SPICLK before the first word, by INITDLY. */
const INITIAL_DELAY = [0, 4, 8, 16, 32];

export interface McspiOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  /** 48 MHz. */
  readonly source: ClockInput;
  readonly irq: WireDriver;
  /** SPIEN[0] to SPIEN[3]. */
  readonly select: readonly (WireDriver | undefined)[];
  /** What hangs on the data lines. */
  readonly bus?: SpiBus;
  /** Which of SPIDAT[0] and SPIDAT[1] the board has as MOSI; the other one is MISO. Default: 0. */
  readonly mosi?: 0 | 1;
}

/** What is on the line. */
type Shift = { readonly channel: number; readonly word: number; readonly end: number };

export class Mcspi extends Peripheral<keyof typeof R> {
  readonly #options: McspiOptions;
  readonly #channels = Array.from({ length: CHANNELS }, () => new McspiChannel());
  readonly #timer: EngineTimer;
  #rate: Rate | undefined;
  #shift: Shift | null = null;
  /** The channel that may be first to go next. */
  #next = 0;

  constructor(options: McspiOptions) {
    super(options.name, MCSPI, options.clock);
    this.#options = options;
    this.#rate = rateOf(options.source);
    this.#timer = options.clock.timer(options.name, () => {
      this.#finish();
      this.settle();
    });
    options.source.onChange(() => {
      this.#rate = rateOf(options.source);
      this.settle();
    });
    this.#define();
    this.settle();
  }

  #define(): void {
    this.derive("MCSPI_CHSTAT", (n) => this.#channels[n]!.status);
    this.derive("MCSPI_XFERLEVEL", () => this.#transferLevel);
    this.onRead("MCSPI_RX", (n) => this.#receive(n));
    this.onWrite("MCSPI_TX", (word, _, n) => this.#transmit(n, word));
    this.onWrite("MCSPI_CHCTRL", (written, old, n) => {
      if (written & 1 & ~old) this.#enable(n);
      if ((written & 1) === 0) this.#channels[n]!.disable();
    });
    this.onWrite("MCSPI_CHCONF", () => this.#configure());
    this.onWrite("MCSPI_XFERLEVEL", () => this.#configure());
    this.onWrite("MCSPI_SYSCONFIG", (written) => {
      if ((written & 2) === 0) return;
      const sysconfig = this.regs[R.MCSPI_SYSCONFIG]!;
      this.reset();
      // "Not sensitive to software reset."
      this.regs[R.MCSPI_SYSCONFIG] = sysconfig;
    });
  }

  #conf(n: number): number {
    return this.regs[R.MCSPI_CHCONF + n]!;
  }

  get #single(): boolean {
    return (this.regs[R.MCSPI_MODULCTRL]! & MODULCTRL.SINGLE) !== 0;
  }

  get #master(): boolean {
    return (this.regs[R.MCSPI_MODULCTRL]! & MODULCTRL.MS) === 0;
  }

  #enable(n: number): void {
    this.#configure();
    const channel = this.#channels[n]!;
    channel.enable();
    // "Enabling the channel automatically raises this event, except for receive-only."
    if (channel.direction !== "receive") this.#event(n, EVENT.TX_EMPTY);
  }

  /** Channels learn what their registers say; the buffer is used when one alone asks for it. */
  #configure(): void {
    const level = this.regs[R.MCSPI_XFERLEVEL]!;
    const asking = this.#channels.filter((_, n) => this.#conf(n) >>> 27 & 3).length;
    for (const [n, channel] of this.#channels.entries()) {
      const conf = this.#conf(n);
      channel.configure({
        direction: (["both", "receive", "transmit", "both"] as Direction[])[
          fieldOf(conf, CONF.TRM)
        ]!,
        bits: fieldOf(conf, CONF.WL) + 1,
        buffered: asking === 1
          ? { transmit: fieldOf(conf, CONF.FFEW) === 1, receive: fieldOf(conf, CONF.FFER) === 1 }
          : { transmit: false, receive: false },
        almostEmpty: (level & 0xff) + 1,
        almostFull: (level >>> 8 & 0xff) + 1,
        words: level >>> 16,
      });
    }
  }

  /** WCNT reads as the number of words that have gone, once one has. */
  get #transferLevel(): number {
    const done = this.#channels.find(({ usesBuffer }) => usesBuffer)?.done ?? 0;
    const level = this.regs[R.MCSPI_XFERLEVEL]!;
    return done === 0 ? level : (level & 0xffff | done << 16) >>> 0;
  }

  #event(n: number, event: number): void {
    this.regs[R.MCSPI_IRQSTATUS]! |= event << 4 * n;
  }

  #transmit(n: number, word: number): void {
    this.#channels[n]!.write(word);
  }

  #receive(n: number): number {
    const channel = this.#channels[n]!;
    const { word, filled } = channel.read();
    if (word !== undefined) this.regs[R.MCSPI_RX + n] = word;
    if (filled) this.#event(n, EVENT.RX_FULL);
    return this.regs[R.MCSPI_RX + n]!;
  }

  override settle(): void {
    const { source, irq } = this.#options;
    if ((this.#rate?.hz ?? 0) !== source.hz) this.#rate = rateOf(source);
    if (this.#shift === null && this.#master && this.#rate) this.#schedule(this.#rate);
    for (const [n, channel] of this.#channels.entries()) {
      if (channel.asksForData()) this.#event(n, EVENT.TX_EMPTY);
    }
    if (this.#shift === null) this.#timer.cancel();
    else this.#timer.set(this.#shift.end);
    for (let n = 0; n < CHANNELS; n++) this.#options.select[n]?.drive(this.#selects(n));
    irq.drive(this.regs[R.MCSPI_IRQSTATUS]! & this.regs[R.MCSPI_IRQENABLE]! ? 1 : 0);
  }

  /** The level of SPIEN[n]; released in slave mode. */
  #selects(n: number): 0 | 1 | undefined {
    if (!this.#master) return undefined;
    if (this.regs[R.MCSPI_MODULCTRL]! & MODULCTRL.PIN34) return 0;
    const conf = this.#conf(n);
    // With more than one channel each word has its own chip select.
    const active = this.#single ? (conf & FORCE) !== 0 : this.#shift?.channel === n;
    return active === ((conf & EPOL) === 0) ? 1 : 0;
  }

  /** Round robin among the channels that can go. */
  #schedule(rate: Rate): void {
    const enabled = this.#channels.filter(({ enabled }) => enabled).length;
    for (let i = 0; i < CHANNELS; i++) {
      const n = (this.#next + i) % CHANNELS;
      const channel = this.#channels[n]!;
      const turbo = enabled === 1 && fieldOf(this.#conf(n), CONF.TURBO) === 1;
      if (!channel.ready(turbo)) continue;
      const first = channel.first;
      const word = channel.next();
      const ticks = this.#ticks(n, first);
      const end = rate.time(rate.count(this.clock.now()) + ticks);
      this.#shift = { channel: n, word, end };
      this.#next = (n + 1) % CHANNELS;
      if (channel.becameEmpty) this.#event(n, EVENT.TX_EMPTY);
      return;
    }
  }

  /** Cycles of the module's clock for one word, chip select included (table 24-6). */
  #ticks(n: number, first: boolean): number {
    const conf = this.#conf(n);
    const ratio = this.#ratio(n);
    const delay = first && this.#single
      ? INITIAL_DELAY[this.regs[R.MCSPI_MODULCTRL]! >>> 4 & 7] ?? 0
      : 0;
    const aroundWord = this.#single ? 0 : 2 * fieldOf(conf, CONF.TCS) + 1;
    return ratio * (this.#bits(n) + delay + aroundWord);
  }

  #ratio(n: number): number {
    const divider = fieldOf(this.#conf(n), CONF.CLKD);
    if (fieldOf(this.#conf(n), CONF.CLKG) === 0) return 2 ** divider;
    return (this.regs[R.MCSPI_CHCTRL + n]! >>> 8) * 16 + divider + 1;
  }

  /** On the line: the word, and a start bit where there is one. */
  #bits(n: number): number {
    return fieldOf(this.#conf(n), CONF.WL) + 1 + fieldOf(this.#conf(n), CONF.SBE);
  }

  /** The last bit of a word has gone. */
  #finish(): void {
    const { channel: n, word } = this.#shift!;
    this.#shift = null;
    const channel = this.#channels[n]!;
    const { filled, ended, underflow } = channel.finish(this.#exchange(n, word));
    // Where each word has its own chip select, that ends with it, whatever goes next.
    this.#options.select[n]?.drive(this.#selects(n));
    if (filled) this.#event(n, EVENT.RX_FULL);
    if (underflow) this.#event(n, EVENT.TX_UNDERFLOW);
    if (ended) this.regs[R.MCSPI_IRQSTATUS]! |= EOW;
  }

  #exchange(n: number, word: number): number {
    const conf = this.#conf(n);
    const bits = fieldOf(conf, CONF.WL) + 1;
    const all = 2 ** bits - 1;
    const mosi = this.#options.mosi ?? 0;
    // DPE0 and DPE1: 0 transmits on that line. What nobody drives is pulled up.
    const drives = (line: number) => (conf >>> 16 + line & 1) === 0;
    const out = drives(mosi) ? (word & all) >>> 0 : all;
    const mode = {
      pol: fieldOf(conf, CONF.POL) as 0 | 1,
      pha: fieldOf(conf, CONF.PHA) as 0 | 1,
    };
    const { bus } = this.#options;
    if (fieldOf(conf, CONF.SBE)) bus?.transfer(fieldOf(conf, CONF.SBPOL), 1, mode);
    const miso = bus?.transfer(out, bits, mode) ?? all;
    const listens = fieldOf(conf, CONF.IS);
    if (listens === mosi) return out;
    return ((drives(listens) ? word & miso : miso) & all) >>> 0;
  }

  /** Nothing changes but by an access or at the end of a word. */
  override steadyUntil(offset: number): number {
    const register = this.table.at(offset);
    return register?.name === "MCSPI_RX" && this.#channels[register.n]!.holds
      ? this.clock.now()
      : Infinity;
  }

  protected override resetMore(): void {
    for (const channel of this.#channels) channel.reset();
    this.#shift = null;
    this.#next = 0;
    this.#configure();
  }

  protected override saveMore(): Json {
    return {
      channels: this.#channels.map((channel) => channel.save()),
      shift: this.#shift,
      next: this.#next,
    };
  }

  protected override loadMore(state: Json): void {
    const { channels, shift, next } = state as {
      channels: ChannelState[];
      shift: Shift | null;
      next: number;
    };
    this.#configure();
    for (const [n, channel] of this.#channels.entries()) channel.load(channels[n]!);
    this.#shift = shift;
    this.#next = next;
  }
}
