/** Pins: what a scenario does to a target's inputs and sees of its outputs. */
import type { Duration } from "../time/mod.ts";
import type { Mark, Signal } from "../trace/mod.ts";

/** An edge. Kinds of the signal: "rise", "fall". */
export type EdgeData = {
  readonly level: 0 | 1;
  /** Who drives the pin, where that is known: "press", "expander". */
  readonly by?: string;
};

/** A pin that the target drives, or that anything on its board does. */
export interface GpioOutput extends Signal<EdgeData> {
  /** Its level now. */
  level(): Promise<0 | 1>;
}

/** A pin that the scenario drives. Each stimulus gives its edge, with the target's own time. */
export interface GpioInput extends GpioOutput {
  drive(level: 0 | 1): Promise<Mark>;
  /** Leaves it to its pull resistor, or to who else drives it. */
  release(): Promise<Mark>;
  /**
   * As a finger on a button: its active level, for `hold` (default 50 ms), and then released. Gives
   * the first edge, at once; the release comes by itself.
   */
  press(options?: { readonly hold?: Duration }): Promise<Mark>;
}

export interface Gpio {
  /** By its number, GPIO 60 (bank 1, pin 28), or by a name that the board knows: "P9.12". */
  input(pin: number | string): GpioInput;
  output(pin: number | string): GpioOutput;
}
