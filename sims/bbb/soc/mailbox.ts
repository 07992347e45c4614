/**
 * Mailboxes between ARM, PRUs and the wake-up M3: eight FIFOs of four messages (AM335x TRM SPRUH73,
 * section 17.1). Nobody but the ARM reads or writes them here: PRUs and M3 are not simulated.
 */
import {
  defineRegisters,
  Peripheral,
  type VirtualClock,
  type WireDriver,
} from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";

const BOXES = 8;
const DEPTH = 4;
const USERS = 4;

const USER = { count: USERS, stride: 0x10 } as const;

// deno-fmt-ignore
export const MAILBOX = defineRegisters({
  REVISION:      { offset: 0x000, reset: 0x400, access: "ro" },
  SYSCONFIG:     { offset: 0x010, reset: 0x8, writable: 0xc, fields: { SoftReset: 0, SIdleMode: [2, 3] } },
  MESSAGE:       { offset: 0x040, count: BOXES, writable: 0 },
  FIFOSTATUS:    { offset: 0x080, count: BOXES, access: "ro", fields: { FIFOFULLMBM: 0 } },
  MSGSTATUS:     { offset: 0x0c0, count: BOXES, access: "ro", fields: { NBOFMSGMBM: [0, 2] } },
  IRQSTATUS_RAW: { offset: 0x100, ...USER, access: "w1s", writable: 0xffff },
  IRQSTATUS_CLR: { offset: 0x104, ...USER, access: "w1c", writable: 0xffff, of: "IRQSTATUS_RAW" },
  IRQENABLE_SET: { offset: 0x108, ...USER, access: "w1s", writable: 0xffff },
  IRQENABLE_CLR: { offset: 0x10c, ...USER, access: "w1c", writable: 0xffff, of: "IRQENABLE_SET" },
});

const R = MAILBOX.index;

export class Mailbox extends Peripheral<keyof typeof R> {
  readonly #irq: WireDriver;
  readonly #fifos: number[][] = Array.from({ length: BOXES }, () => []);

  /** @param options.irq of user 0, the ARM */
  constructor(options: {
    readonly name?: string;
    readonly clock: VirtualClock;
    readonly irq: WireDriver;
  }) {
    super(options.name ?? "MAILBOX0", MAILBOX, options.clock);
    this.#irq = options.irq;
    this.onWrite("SYSCONFIG", (written) => written & 1 && this.reset());
    this.onWrite("MESSAGE", (written, _old, n) => {
      const fifo = this.#fifos[n]!;
      if (fifo.length < DEPTH) fifo.push(written);
    });
    this.onRead("MESSAGE", (n) => this.#fifos[n]!.shift() ?? 0);
    this.onRead("IRQSTATUS_CLR", (n) => this.#pending(n));
    this.settle();
  }

  #pending(user: number): number {
    return this.regs[R.IRQSTATUS_RAW + user]! & this.regs[R.IRQENABLE_SET + user]!;
  }

  /** A message that is read is gone. */
  override steadyUntil(offset: number): number {
    const message = offset - MAILBOX.specs.MESSAGE.offset;
    return message >= 0 && message < 4 * BOXES ? this.clock.now() : Infinity;
  }

  protected override resetMore(): void {
    for (const fifo of this.#fifos) fifo.length = 0;
  }

  /** New message and not full are conditions: they stay for as long as they hold. */
  override settle(): void {
    let events = 0;
    for (const [n, { length }] of this.#fifos.entries()) {
      this.regs[R.FIFOSTATUS + n] = length === DEPTH ? 1 : 0;
      this.regs[R.MSGSTATUS + n] = length;
      if (length > 0) events |= 1 << 2 * n;
      if (length < DEPTH) events |= 2 << 2 * n;
    }
    for (let user = 0; user < USERS; user++) this.regs[R.IRQSTATUS_RAW + user]! |= events;
    this.#irq.drive(this.#pending(0) ? 1 : 0);
  }

  protected override saveMore(): Json {
    return this.#fifos.map((fifo) => [...fifo]);
  }

  protected override loadMore(state: Json): void {
    for (const [n, saved] of (state as number[][]).entries()) {
      this.#fifos[n]!.splice(0, DEPTH, ...saved);
    }
  }
}
