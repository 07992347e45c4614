/** Replays: how fast a run comes again, and how long it takes to be at any time of it. */
import type { Benchmark } from "./benchmark.ts";
import { replaySpeed, timeTravel } from "./replay_board.ts";

export const replay: Benchmark = {
  name: "replay",
  title: "a recorded run again, beside its recording; to any time of ten minutes of a board",
  conditions:
    "the board's operating system, up by TFTP: in every minute, two applications work for 2 s; " +
    "the host's caches are warm, each journey through time starts its targets anew.",
  async run(context) {
    return [...await replaySpeed(context), ...await timeTravel(context)];
  },
};
