/**
 * EDMA3TC0 to EDMA3TC2: move what the channel controller asks for (AM335x TRM SPRUH73, section
 * 11.4.2). A request takes a time that grows with its length, and is done as a whole at its end.
 */
import {
  type EngineTimer,
  fieldOf,
  Peripheral,
  type VirtualClock,
  type WireDriver,
} from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import { type Bus, BusFault } from "sims/bbb/bus.ts";
import { OPT_FIELDS, type TransferRequest } from "./edma_parameters.ts";
import { EDMA3TC } from "./edma_registers.ts";

const R = EDMA3TC.index;
/** Estimates: setting up, and four bytes at a time through the interconnect at 200 MHz. */
const REQUEST_NS = 100;
const WORD_NS = 10;
const BUSERR = 1;
/** STAT of ERRDET: a read or a write was answered with an error. */
const READ_ERROR = 1, WRITE_ERROR = 9;

export class EdmaTc extends Peripheral<keyof typeof R> {
  /** Told when a request is through. */
  done: (request: TransferRequest) => void = () => {};
  readonly #bus: Bus;
  readonly #irq: WireDriver;
  readonly #timer: EngineTimer;
  #request: TransferRequest | undefined;
  #endNs = 0;

  constructor(options: {
    readonly name: string;
    readonly clock: VirtualClock;
    readonly bus: Bus;
    readonly irq: WireDriver;
  }) {
    super(options.name, EDMA3TC, options.clock);
    this.#bus = options.bus;
    this.#irq = options.irq;
    this.#timer = options.clock.timer(options.name, () => this.#complete());
    this.settle();
  }

  get busy(): boolean {
    return this.#request !== undefined;
  }

  /** Not while it is busy. */
  submit(request: TransferRequest): void {
    this.#request = request;
    const words = Math.ceil(request.acnt / 4) * request.bcnt;
    this.#endNs = this.clock.now() + REQUEST_NS + WORD_NS * words;
    this.settle();
  }

  #complete(): void {
    const request = this.#request!;
    this.#request = undefined;
    try {
      this.#move(request);
    } catch (error) {
      if (!(error instanceof BusFault)) throw error;
      this.#fail(request, error);
    }
    this.settle();
    this.done(request);
  }

  #move({ opt, source, destination, acnt, bcnt, sourceStep, destinationStep }: TransferRequest) {
    const fifo = 1 << fieldOf(opt, OPT_FIELDS.FWID);
    const from = stepper(fieldOf(opt, OPT_FIELDS.SAM) === 1, fifo);
    const to = stepper(fieldOf(opt, OPT_FIELDS.DAM) === 1, fifo);
    for (let b = 0; b < bcnt; b++) {
      const s = source + b * sourceStep, d = destination + b * destinationStep;
      for (let a = 0; a < acnt;) {
        const width = widthAt(from(s, a) | to(d, a), acnt - a);
        this.#bus.write(to(d, a) >>> 0, this.#bus.read(from(s, a) >>> 0, width), width);
        a += width;
      }
    }
  }

  #fail({ opt }: TransferRequest, fault: BusFault): void {
    this.regs[R.ERRSTAT]! |= BUSERR;
    const stat = fault.access === "read" ? READ_ERROR : WRITE_ERROR;
    this.regs[R.ERRDET] = stat | fieldOf(opt, OPT_FIELDS.TCC) << 8 |
      fieldOf(opt, OPT_FIELDS.TCINTEN) << 16 | fieldOf(opt, OPT_FIELDS.TCCHEN) << 17;
  }

  /** Nothing but writes and alarms changes what is read. */
  override steadyUntil(): number {
    return Infinity;
  }

  protected override resetMore(): void {
    this.#request = undefined;
  }

  override settle(): void {
    const request = this.#request;
    this.regs[R.TCSTAT] = request ? 0x103 : 0x100;
    this.regs[R.SAOPT] = request?.opt ?? 0;
    this.regs[R.SASRC] = request?.source ?? 0;
    this.regs[R.SADST] = request?.destination ?? 0;
    this.regs[R.SACNT] = request ? request.bcnt << 16 | request.acnt : 0;
    this.regs[R.SABIDX] = request ? request.destinationStep << 16 | request.sourceStep & 0xffff : 0;
    this.#irq.drive(this.regs[R.ERRSTAT]! & this.regs[R.ERREN]! ? 1 : 0);
    if (request) this.#timer.set(this.#endNs);
    else this.#timer.cancel();
  }

  protected override saveMore(): Json {
    return { request: this.#request ? { ...this.#request } : null, endNs: this.#endNs };
  }

  protected override loadMore(state: Json): void {
    const { request, endNs } = state as unknown as {
      request: TransferRequest | null;
      endNs: number;
    };
    this.#request = request ?? undefined;
    this.#endNs = endNs;
  }
}

/** The address of a byte of an array: rising, or again and again over the width of a FIFO. */
function stepper(constant: boolean, fifo: number): (base: number, at: number) => number {
  return constant ? (base, at) => base + at % fifo : (base, at) => base + at;
}

/** As wide as alignment and what is left allow. */
function widthAt(addresses: number, left: number): 1 | 2 | 4 {
  if ((addresses & 3) === 0 && left >= 4) return 4;
  return (addresses & 1) === 0 && left >= 2 ? 2 : 1;
}
