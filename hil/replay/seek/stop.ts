/** Where a replay stands still, and where somebody wants it to go from there. */
import type { Difference } from "../reexecute/compare.ts";
import type { Ports } from "./here.ts";
import type { View } from "./view.ts";

export interface Stop {
  /** For people, where it is not what was wanted: "the scenario is over". */
  readonly why: string;
  /** Now, in whole nanoseconds on the scenario's clock. */
  readonly t: number;
  /** The scenario waits, and goes on from here; or only the targets live; or none does. */
  readonly alive: "scenario" | "targets" | "nothing";
  readonly view: View;
  readonly ports: Ports;
  /** What was not as it was recorded, so far. */
  readonly difference?: Difference;
  /** Whether there is nothing to go on to. */
  readonly over: boolean;
  /** Whether somebody had the targets do something: they go their own way since. */
  touched(): boolean;
  /** The value of what `work` gives, which may take the targets' time: that passes meanwhile. */
  evaluate(work: () => unknown): Promise<unknown>;
}

export type Goal =
  | { readonly to: "time"; readonly t: number }
  | { readonly to: "event"; readonly seq: number }
  /** The next step of the scenario. */
  | { readonly to: "step" }
  | { readonly to: "end" };

export type Move = Goal | { readonly to: "quit" };

/** Asked at every stop. */
export type Ask = (stop: Stop) => Promise<Move>;
