/** The sending half of a UART: FIFO, shift register and time on the line. */
import type { EngineTimer, VirtualClock } from "sims/engine/mod.ts";
import type { Rate } from "./ticks.ts";
import type { SerialFrame } from "./uart_frame.ts";

export interface TransmitterState {
  readonly urgent: number[];
  readonly waiting: number[];
  readonly shifting: number | null;
  /** When the stop bit of what is shifted out ends, nanoseconds. */
  readonly end: number;
}

export class UartTransmitter {
  /** Bytes that its FIFO holds: 64, or 1 where the FIFO is off. */
  depth = 1;
  /** Flow control characters: they go before what waits. */
  #urgent: number[] = [];
  #waiting: number[] = [];
  #shifting: number | undefined;
  #end = 0;
  readonly #timer: EngineTimer;

  /** @param sent called at the end of a character's stop bit */
  constructor(
    name: string,
    private readonly clock: VirtualClock,
    private readonly sent: (byte: number) => void,
  ) {
    this.#timer = clock.timer(`${name} transmit`, () => this.#finish());
  }

  get level(): number {
    return this.#waiting.length;
  }

  get full(): boolean {
    return this.#waiting.length >= this.depth;
  }

  /** Nothing waits and nothing is on the line. */
  get idle(): boolean {
    return this.#shifting === undefined && this.#waiting.length === 0 && this.#urgent.length === 0;
  }

  /** Written to a full FIFO, a byte is lost. */
  put(byte: number): void {
    if (!this.full) this.#waiting.push(byte);
  }

  putUrgent(bytes: readonly number[]): void {
    this.#urgent.push(...bytes);
  }

  /** The shift register is free, and there is something for it. Held, only what is urgent goes. */
  ready(held: boolean): boolean {
    return this.#shifting === undefined &&
      (this.#urgent.length > 0 || (!held && this.#waiting.length > 0));
  }

  /** When `ready`: the next byte goes into the shift register. */
  go(frame: SerialFrame, rate: Rate): void {
    this.#shifting = (this.#urgent.shift() ?? this.#waiting.shift()!) & frame.mask;
    // Back to back, the end of one is the tick at which the next one starts: nothing adds up.
    this.#end = rate.time(rate.count(this.clock.now()) + frame.cycles);
    this.#timer.set(this.#end);
  }

  #finish(): void {
    const byte = this.#shifting!;
    this.#shifting = undefined;
    this.sent(byte);
  }

  clear(): void {
    this.#waiting = [];
  }

  reset(): void {
    this.clear();
    this.#urgent = [];
    this.depth = 1;
    this.#shifting = undefined;
    this.#timer.cancel();
  }

  save(): TransmitterState {
    return {
      urgent: [...this.#urgent],
      waiting: [...this.#waiting],
      shifting: this.#shifting ?? null,
      end: this.#end,
    };
  }

  load({ urgent, waiting, shifting, end }: TransmitterState): void {
    this.#urgent = [...urgent];
    this.#waiting = [...waiting];
    this.#shifting = shifting ?? undefined;
    this.#end = end;
  }

  /** After `load`. */
  settle(): void {
    if (this.#shifting === undefined) this.#timer.cancel();
    else this.#timer.set(this.#end);
  }
}
