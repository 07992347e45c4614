/** A clock as a module's input pin sees it: a rate that PRCM registers may change at run time. */
export interface ClockInput {
  readonly name: string;
  /** Hertz now; 0 while it is stopped. */
  readonly hz: number;
  /** Called after the rate has changed. */
  onChange(listener: () => void): void;
}

/** An oscillator: 24 MHz, 32,768 Hz. */
export function fixedClock(name: string, hz: number): ClockInput {
  return { name, hz, onChange() {} };
}
