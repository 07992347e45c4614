/**
 * EDMA3CC: events of modules and programs become transfer requests, by 256 parameter sets (AM335x
 * TRM SPRUH73, section 11.4.1). The interrupt of region 0 is that of the ARM; those of the PRUs, and
 * memory protection, are not modelled.
 */
import { fieldOf, Peripheral, type VirtualClock, Wire, type WireDriver } from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { Width } from "sims/engine/mod.ts";
import {
  advance,
  kindOf,
  OPT_FIELDS,
  requestOf,
  type TransferRequest,
  WORDS,
} from "./edma_parameters.ts";
import { EDMA3CC } from "./edma_registers.ts";
import type { EdmaTc } from "./edma_tc.ts";

export { EDMA3CC, EDMA3TC } from "./edma_registers.ts";

const R = EDMA3CC.index;
const CHANNELS = 64;
const QDMA_CHANNELS = 8;
const QUEUES = 3;
/** Offsets of the channels' registers: for all, for each shadow region, and where regions end. */
const GLOBAL = 0x1000, SHADOW = 0x2000, SHADOW_END = 0x3000, SHADOW_SIZE = 0x200;
const QDMA_PART = 0x80;
const PARAM = 0x4000;
const QEMPTY_DEPTH = 16;

/** A channel whose event waits in a queue; QDMA channels follow behind the 64. */
type Channel = number;

export class Edma extends Peripheral<keyof typeof R> {
  readonly #tcs: readonly EdmaTc[];
  readonly #completion: WireDriver;
  readonly #error: WireDriver;
  readonly #events: readonly Wire[];
  readonly #queues: Channel[][] = Array.from({ length: QUEUES }, () => []);
  readonly #watermarks = [0, 0, 0];
  /** Requests end in the order in which they were made, each on its own controller. */
  #settling = false;

  constructor(options: {
    readonly name?: string;
    readonly clock: VirtualClock;
    readonly tcs: readonly EdmaTc[];
    /** EDMACOMPINT and EDMAERRINT. */
    readonly completion: WireDriver;
    readonly error: WireDriver;
  }) {
    super(options.name ?? "EDMA3CC", EDMA3CC, options.clock);
    this.#tcs = options.tcs;
    this.#completion = options.completion;
    this.#error = options.error;
    this.#events = Array.from({ length: CHANNELS }, (_, n) => {
      const wire = new Wire(`${this.name} event ${n}`);
      wire.listen((level) => level === 1 && this.#event(n));
      return wire;
    });
    for (const tc of this.#tcs) tc.done = (request) => this.#done(request);
    this.onWrite("PARAM", (_written, _old, n) => this.#trigger(n));
    this.onWrite("EEVAL", (written) => {
      // A pulse: who missed the edge sees it now.
      if (written & 1) this.#error.drive(0);
    });
    this.onWrite("IEVAL", (written) => {
      if (written & 1) this.#completion.drive(0);
    });
    this.settle();
  }

  /** A rising edge is an event of a module, by the numbers of table 11-23 behind the event mux. */
  event(channel: number): Wire {
    return this.#events[channel]!;
  }

  override read(offset: number, width: Width): number {
    const { at, mask } = this.#region(offset);
    return (super.read(at, width) & mask) >>> 0;
  }

  override write(offset: number, value: number, width: Width): void {
    const { at, mask } = this.#region(offset);
    super.write(at, value & mask, width);
  }

  /** A shadow region shows the channels that DRAE and QRAE give it, at the global registers. */
  #region(offset: number): { at: number; mask: number } {
    if (offset < SHADOW || offset >= SHADOW_END) return { at: offset, mask: -1 };
    const region = Math.floor((offset - SHADOW) / SHADOW_SIZE);
    const within = (offset - SHADOW) % SHADOW_SIZE;
    const at = GLOBAL + within;
    if (within >= QDMA_PART) return { at, mask: this.regs[R.QRAE + region]! };
    const single = (within & ~3) === EDMA3CC.specs.IEVAL.offset - GLOBAL;
    if (single) return { at, mask: -1 };
    return { at, mask: this.regs[(within & 4 ? R.DRAEH : R.DRAE) + region]! };
  }

  /** Nothing but writes and alarms changes what is read. */
  override steadyUntil(): number {
    return Infinity;
  }

  // Events.

  #event(channel: number): void {
    const [slot, bit] = [channel >>> 5, 1 << (channel & 31)];
    // It comes again before the last one was taken: missed.
    if (this.regs[R.ER + slot]! & bit) this.regs[R.EMR + slot]! |= bit;
    this.regs[R.ER + slot]! |= bit;
    this.settle();
  }

  /** A word of a parameter set was written: it may be the one that a QDMA channel waits for. */
  #trigger(word: number): void {
    for (let q = 0; q < QDMA_CHANNELS; q++) {
      const map = this.regs[R.QCHMAP + q]!;
      const waits = fieldOf(map, [5, 13]) * WORDS + fieldOf(map, [2, 4]) === word;
      if (waits && this.regs[R.QEER]! & 1 << q) this.regs[R.QER]! |= 1 << q;
    }
  }

  override settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    this.#enqueue();
    for (let queue = 0; queue < QUEUES; queue++) this.#serve(queue);
    this.#settling = false;
    this.#show();
  }

  /** Moves events into their queues: SER says that a channel is in one, or its set is null. */
  #enqueue(): void {
    for (let channel = 0; channel < CHANNELS; channel++) {
      const slot = channel >>> 5, bit = 1 << (channel & 31);
      const enabled = this.regs[R.ER + slot]! & this.regs[R.EER + slot]!;
      const pending = enabled | this.regs[R.ESR + slot]! | this.regs[R.CER + slot]!;
      if (!(pending & bit) || this.#queued(channel)) continue;
      for (const register of [R.ER, R.ESR, R.CER]) this.regs[register + slot]! &= ~bit;
      this.#put(fieldOf(this.regs[R.DMAQNUM + (channel >>> 3)]!, nibble(channel)), channel);
      this.regs[R.SER + slot]! |= bit;
    }
    for (let q = 0; q < QDMA_CHANNELS; q++) {
      if (!(this.regs[R.QER]! & 1 << q) || this.#queued(CHANNELS + q)) continue;
      this.regs[R.QER]! &= ~(1 << q);
      this.#put(fieldOf(this.regs[R.QDMAQNUM]!, nibble(q)), CHANNELS + q);
      this.regs[R.QSER]! |= 1 << q;
    }
  }

  #queued(channel: Channel): boolean {
    return this.#queues.some((queue) => queue.includes(channel));
  }

  #put(queue: number, channel: Channel): void {
    const n = Math.min(queue, QUEUES - 1);
    this.#queues[n]!.push(channel);
    this.#watermarks[n] = Math.max(this.#watermarks[n]!, this.#queues[n]!.length);
  }

  /** Makes requests of a queue's events, as long as its controller is free. */
  #serve(queue: number): void {
    const tc = this.#tcs[queue]!;
    while (!tc.busy) {
      const channel = this.#queues[queue]!.shift();
      if (channel === undefined) return;
      this.#request(channel, tc);
      this.#enqueue();
    }
  }

  #setOf(channel: Channel): Uint32Array {
    const map = channel < CHANNELS
      ? this.regs[R.DCHMAP + channel]!
      : this.regs[R.QCHMAP + channel - CHANNELS]!;
    const first = R.PARAM + fieldOf(map, [5, 13]) % 256 * WORDS;
    return this.regs.subarray(first, first + WORDS);
  }

  #request(channel: Channel, tc: EdmaTc): void {
    const set = this.#setOf(channel);
    const kind = kindOf(set);
    if (kind === "null") return this.#missed(channel);
    this.#secondary(channel, false);
    const request = kind === "real" ? requestOf(set) : undefined;
    const opt = set[0]!;
    advance(set, (offset) => this.#linked(offset));
    if (!request) return this.#complete(opt, true);
    if (fieldOf(opt, OPT_FIELDS.TCCMODE) === 1) this.#complete(opt, request.final);
    tc.submit(request);
  }

  #linked(offset: number): Uint32Array | undefined {
    if (offset < PARAM || offset >= PARAM + 256 * 32) return undefined;
    const first = R.PARAM + Math.floor((offset - PARAM) / 32) * WORDS;
    return this.regs.slice(first, first + WORDS);
  }

  /** A null set: the event is lost, and SER keeps the channel from going on. */
  #missed(channel: Channel): void {
    if (channel >= CHANNELS) this.regs[R.QEMR]! |= 1 << (channel - CHANNELS);
    else this.regs[R.EMR + (channel >>> 5)]! |= 1 << (channel & 31);
  }

  #secondary(channel: Channel, set: boolean): void {
    const [register, bit] = channel < CHANNELS
      ? [R.SER + (channel >>> 5), 1 << (channel & 31)]
      : [R.QSER, 1 << (channel - CHANNELS)];
    if (set) this.regs[register]! |= bit;
    else this.regs[register]! &= ~bit;
  }

  #done(request: TransferRequest): void {
    if (fieldOf(request.opt, OPT_FIELDS.TCCMODE) === 0) this.#complete(request.opt, request.final);
    this.settle();
  }

  /** Interrupts and chained events, of the last request of a set or of one before it. */
  #complete(opt: number, final: boolean): void {
    const tcc = fieldOf(opt, OPT_FIELDS.TCC), slot = tcc >>> 5, bit = 1 << (tcc & 31);
    const { TCINTEN, ITCINTEN, TCCHEN, ITCCHEN } = OPT_FIELDS;
    if (fieldOf(opt, final ? TCINTEN : ITCINTEN)) this.regs[R.IPR + slot]! |= bit;
    if (fieldOf(opt, final ? TCCHEN : ITCCHEN)) this.regs[R.CER + slot]! |= bit;
  }

  #show(): void {
    const { regs } = this;
    let active = 0;
    for (const [n, queue] of this.#queues.entries()) {
      regs[R.QSTAT + n] = queue.length << 8 | this.#watermarks[n]! << 16;
      for (let e = 0; e < QEMPTY_DEPTH; e++) {
        const channel = queue[e] ?? 0;
        regs[R.QE + n * QEMPTY_DEPTH + e] = channel < CHANNELS
          ? channel
          : 0x80 | channel - CHANNELS;
      }
      if (queue.length > 0 || this.#tcs[n]!.busy) active |= 1 << 16 + n | 1 << 4 | 1 << 2;
    }
    regs[R.CCSTAT] = active;
    const done = (n: number) => regs[R.IPR + n]! & regs[R.IER + n]!;
    const seen = (done(0) & regs[R.DRAE]!) | (done(1) & regs[R.DRAEH]!);
    this.#completion.drive(seen ? 1 : 0);
    const errors = regs[R.EMR]! | regs[R.EMR + 1]! | regs[R.QEMR]! | regs[R.CCERR]!;
    this.#error.drive(errors ? 1 : 0);
  }

  protected override resetMore(): void {
    for (const queue of this.#queues) queue.length = 0;
    this.#watermarks.fill(0);
  }

  protected override saveMore(): Json {
    return {
      queues: this.#queues.map((queue) => [...queue]),
      watermarks: [...this.#watermarks],
      events: this.#events.map((wire) => wire.save()),
    };
  }

  protected override loadMore(state: Json): void {
    const saved = state as { queues: number[][]; watermarks: number[]; events: Json[] };
    for (const [n, queue] of saved.queues.entries()) {
      this.#queues[n]!.splice(0, Infinity, ...queue);
      this.#watermarks[n] = saved.watermarks[n]!;
    }
    for (const [n, wire] of this.#events.entries()) wire.load(saved.events[n]!);
  }
}

/** Three bits of each channel's nibble in its DMAQNUM register. */
function nibble(channel: number): [number, number] {
  const lsb = 4 * (channel & 7);
  return [lsb, lsb + 2];
}
