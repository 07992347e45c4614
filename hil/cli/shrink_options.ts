/** The options of `hil shrink`. */
import type { OptionTable } from "./command_line.ts";
import { duration, text, use, whole } from "./values.ts";

export const SHRINK_OPTIONS = {
  out: {
    value: "FILE",
    help: "where the scenario goes (-o): *.scenario.ts; default: it is printed",
    parse: text,
  },
  bench: {
    value: "FILE",
    help: "the bench to run on; default fixtures/benches/emulated.yaml",
    parse: text,
  },
  use: {
    value: "ROLE=TARGET",
    help: "a target in the place of the recorded one; may be given again",
    parse: use,
    several: true,
  },
  against: {
    value: "ROLE=TARGET",
    help: "it fails when calls give something else than on this one",
    parse: use,
  },
  times: {
    value: "N",
    help: "how often what fails has to; default 1 where runs are deterministic, else 3",
    parse: whole("number of times", 1, 100),
  },
  time: {
    value: "DURATION",
    help: "ends the search with the best so far; default 5min",
    parse: duration,
  },
} as const satisfies OptionTable;
