/** PORTIMERPWM, the output of a DMTIMER: toggles or pulses on its events (TRM 20.1.3.5). */
import type { Level, WireDriver } from "sims/engine/mod.ts";

/** Bits of TCLR. */
const TCLR = { ST: 1, SCPWM: 0x80, TRG: 0xc00, PT: 0x1000 } as const;

export type TimerOutputState = {
  readonly level: Level;
  readonly pulseEnd: number | null;
  readonly matches: boolean;
};

export class TimerOutput {
  /** The tick of the timer's clock at which a pulse ends. */
  pulseEnd: number | null = null;
  #level: Level = 0;
  /** Where matches count too, they do so from the first overflow on. */
  #matches = false;

  /** @param tclr the timer's control register, as it is now */
  constructor(
    private readonly tclr: () => number,
    private readonly wire: WireDriver | undefined,
  ) {}

  /** Events change the output, and somebody can see that: none may be missed. */
  get watches(): boolean {
    return this.wire !== undefined && (this.tclr() & TCLR.TRG) !== 0;
  }

  get #resting(): Level {
    return this.tclr() & TCLR.SCPWM ? 1 : 0;
  }

  /** Brings it up to a tick. */
  sync(tick: number): void {
    if (this.pulseEnd === null || tick < this.pulseEnd) return;
    this.pulseEnd = null;
    this.#level = this.#resting;
  }

  /** A pulse that this begins ends at the given tick. */
  overflow(pulseEnd: number): void {
    this.#trigger(pulseEnd);
    this.#matches = true;
  }

  match(pulseEnd: number): void {
    if ((this.tclr() & TCLR.TRG) === 0x800 && this.#matches) this.#trigger(pulseEnd);
  }

  #trigger(pulseEnd: number): void {
    if (!this.watches) return;
    if (this.tclr() & TCLR.PT) {
      this.#level = this.#level === 0 ? 1 : 0;
    } else {
      this.#level = this.#resting === 0 ? 1 : 0;
      this.pulseEnd = pulseEnd;
    }
  }

  /** TCLR was written. */
  control(old: number): void {
    const tclr = this.tclr();
    if ((old ^ tclr) & TCLR.TRG) this.#matches = false;
    if ((tclr & TCLR.ST) === 0 || (tclr & TCLR.TRG) === 0) {
      this.#level = this.#resting;
      this.pulseEnd = null;
    }
  }

  settle(): void {
    this.wire?.drive(this.#level);
  }

  reset(): void {
    this.#level = 0;
    this.pulseEnd = null;
    this.#matches = false;
  }

  save(): TimerOutputState {
    return { level: this.#level, pulseEnd: this.pulseEnd, matches: this.#matches };
  }

  load({ level, pulseEnd, matches }: TimerOutputState): void {
    this.#level = level;
    this.pulseEnd = pulseEnd;
    this.#matches = matches;
  }
}
