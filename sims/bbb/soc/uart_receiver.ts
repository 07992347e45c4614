/** The receiving half of a UART: FIFO with the errors of each character, overrun and time-out. */
import type { EngineTimer, VirtualClock } from "sims/engine/mod.ts";

/** Errors of a character, as LSR has them. */
export const RECEIVE_ERRORS = 0x1c;

export interface ReceiverState {
  /** Each a byte, and what LSR says of it above. */
  readonly waiting: number[];
  readonly last: number;
  readonly overrun: boolean;
  readonly timedOut: boolean;
  /** When what waits is stale, nanoseconds; null while nothing waits. */
  readonly staleAt: number | null;
}

export class UartReceiver {
  /** Characters that its FIFO holds: 64, or 1 where the FIFO is off. */
  depth = 1;
  /** Of {@link RECEIVE_ERRORS} in the FIFO, anywhere. */
  faulty = 0;
  overrun = false;
  timedOut = false;
  #waiting: number[] = [];
  #last = 0;
  #staleAt: number | undefined;
  readonly #timer: EngineTimer;

  /** @param stale called when data has waited for as long as the time-out is */
  constructor(name: string, clock: VirtualClock, stale: () => void) {
    this.#timer = clock.timer(`${name} receive time-out`, () => {
      this.#staleAt = undefined;
      this.timedOut = true;
      stale();
    });
  }

  get level(): number {
    return this.#waiting.length;
  }

  /** LSR bits of the character that is read next. */
  get errors(): number {
    return (this.#waiting[0] ?? 0) >>> 8;
  }

  /** What is in a full FIFO stays, and the new character is lost. */
  put(byte: number, errors: number): void {
    if (this.#waiting.length >= this.depth) {
      this.overrun = true;
      return;
    }
    this.#waiting.push(byte | errors << 8);
    if (errors) this.faulty++;
  }

  /** The byte to be read; an empty FIFO gives what was read last. */
  get next(): number {
    return (this.#waiting[0] ?? this.#last) & 0xff;
  }

  /** It has been read. */
  take(): void {
    this.#last = this.next;
    if ((this.#waiting.shift() ?? 0) >>> 8) this.faulty--;
  }

  /** Something happened on the line or was read: what waits now is stale at `t`. */
  restart(t: number | undefined): void {
    this.timedOut = false;
    this.#staleAt = this.#waiting.length > 0 ? t : undefined;
    this.settle();
  }

  clear(): void {
    this.#waiting = [];
    this.faulty = 0;
    this.restart(undefined);
  }

  reset(): void {
    this.clear();
    this.depth = 1;
    this.overrun = false;
    this.#last = 0;
  }

  save(): ReceiverState {
    return {
      waiting: [...this.#waiting],
      last: this.#last,
      overrun: this.overrun,
      timedOut: this.timedOut,
      staleAt: this.#staleAt ?? null,
    };
  }

  load({ waiting, last, overrun, timedOut, staleAt }: ReceiverState): void {
    this.#waiting = [...waiting];
    this.faulty = waiting.filter((entry) => entry >>> 8).length;
    this.#last = last;
    this.overrun = overrun;
    this.timedOut = timedOut;
    this.#staleAt = staleAt ?? undefined;
  }

  /** After `load`. */
  settle(): void {
    if (this.#staleAt === undefined) this.#timer.cancel();
    else this.#timer.set(this.#staleAt);
  }
}
