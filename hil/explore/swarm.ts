/**
 * Swarm testing (Groce, Zhang, Eide, Chen, Regehr, "Swarm testing", 2012): each seed may use only
 * some kinds of fault. Faults that hide one another still meet alone.
 */
import { Random } from "hil/time/mod.ts";
import type { Chooser } from "./choice.ts";

export interface SwarmOptions {
  /** Which kinds of choice the mask is over. Default: those that begin with "fault". */
  readonly over?: (kind: string) => boolean;
  /** How likely a kind is on. Default one half. */
  readonly share?: number;
}

/** Answers the kinds that the seed's mask switches off with the quiet way, without asking. */
export function swarm(chooser: Chooser, seed: number, options: SwarmOptions = {}): Chooser {
  const { over = (kind) => kind.startsWith("fault"), share = 0.5 } = options;
  const chance = new Random(seed).fork("swarm");
  const isOn = new Map<string, boolean>();
  return {
    choose(choice) {
      const { kind } = choice;
      let on = isOn.get(kind);
      // By its name alone: a mask does not depend on the order in which kinds are first asked.
      if (on === undefined) isOn.set(kind, on = !over(kind) || chance.fork(kind).chance(share));
      return on ? chooser.choose(choice) : 0;
    },
  };
}
