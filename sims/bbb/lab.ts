/**
 * What the simulated targets of one scenario share: virtual time, and the network that the board and
 * the servers are on. The first target that asks makes it.
 */
import type { Timeline } from "hil/trace/mod.ts";
import { type Part, VirtualClock } from "sims/engine/mod.ts";
import { BoardClock } from "./board_clock.ts";
import { Lan } from "./net/mod.ts";
import type { BoardPast } from "./past.ts";

export interface Lab {
  readonly clock: BoardClock;
  readonly lan: Lan;
  /** Beside the boards: all that a snapshot saves by name. */
  readonly parts: Part[];
  /** Of a lab with a board. */
  past?: BoardPast;
}

const labs = new WeakMap<Timeline, Lab>();

export function labOf(timeline: Timeline): Lab {
  const known = labs.get(timeline);
  if (known) return known;
  const board = new VirtualClock("board");
  const clock = timeline.clock = new BoardClock(board);
  const lan = new Lan({ name: "lan", clock: board });
  const lab: Lab = { clock, lan, parts: [lan] };
  labs.set(timeline, lab);
  return lab;
}
