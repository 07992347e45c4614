/**
 * The past of simulated targets: their whole state at one moment, to be put back later, also by
 * another process, and what came in from outside in between. From a moment on, the same inputs at the
 * same times give the same again, to the bit.
 */

/** All that lives on a clock at one time. Opaque: for the {@link Past} that took it, or one alike. */
export interface Moment {
  /** Whole nanoseconds on the clock, since the scenario began. */
  readonly t: number;
}

/** Plain data, as JSON has it. */
export type Data = string | number | boolean | null | readonly Data[] | {
  readonly [key: string]: Data;
};

export interface Past {
  /** The present. It shares with other moments what is alike: it costs what has changed. */
  take(): Moment;
  /**
   * All is as it was then, and the clock shows `moment.t` again. Nobody may be waiting on it.
   *
   * @throws Error and nothing has changed, when it is of other targets
   */
  goTo(moment: Moment): void;
  /** Time passes until the clock shows `t`; nobody else gets a turn. */
  runTo(t: number): void;
  /**
   * Called with each thing that comes in from outside, before it takes effect; `undefined` for one
   * that no {@link give} can do again: whoever keeps moments takes a new one after it.
   */
  onInput: ((input: Data | undefined) => void) | undefined;
  /** Something comes in from outside: what {@link onInput} was called with. */
  give(input: Data): void;
  /**
   * A moment as data. Bytes that many moments share go to `keep`, which gives a number for them, the
   * same each time that it is given the same object.
   */
  encode(moment: Moment, keep: (bytes: Uint8Array) => number): Data;
  /** @throws Error when it was not made by {@link encode} of targets alike */
  decode(data: Data, kept: (number: number) => Uint8Array): Moment;
}
