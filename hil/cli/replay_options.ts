/** The options of `hil replay`, and the times that it takes. */
import { suggestion } from "../bench/mod.ts";
import { MODES } from "../replay/reexecute/choose.ts";
import type { Goal } from "../replay/seek/stop.ts";
import { type OptionTable, UsageError } from "./command_line.ts";
import { duration, text, use } from "./values.ts";

export const REPLAY_OPTIONS = {
  mode: {
    value: "MODE",
    help: `${MODES.join(", ")}; default: what its targets allow`,
    parse: (name: string) => {
      const mode = MODES.find((mode) => mode === name);
      if (mode) return mode;
      throw new UsageError(
        `Cannot use the mode "${name}": there is no such mode; ${suggestion(name, MODES)}`,
      );
    },
  },
  scenario: {
    value: "FILE",
    help: "plays the recording into the scenario of this file, not into the recorded one",
    parse: text,
  },
  until: {
    value: "T",
    help: "stops there and asks: 12.348s, 350ms, or #123 for an event",
    parse: goalOf,
  },
  step: { help: "stops at the beginning and asks, to go on event by event or step by step" },
  snapshots: {
    value: "DURATION",
    help: "how often a moment is kept to go back to, in the targets' time; default 500ms",
    parse: duration,
  },
  "from-snapshot": { help: "goes to --until by a kept moment, or not at all" },
  use: {
    value: "ROLE=TARGET",
    help: "does what was recorded on another target, and aligns the two",
    parse: use,
    several: true,
  },
  bench: {
    value: "FILE",
    help: "the bench of the targets; default: the recorded one",
    parse: text,
  },
  reports: {
    value: "DIR",
    help: "where the replay leaves its files; default reports/replays",
    parse: text,
  },
} as const satisfies OptionTable;

/**
 * "12.348s", "12.348" (seconds), "350 ms", "1.5min", or "#123".
 *
 * @throws UsageError
 */
export function goalOf(text: string): Goal {
  const event = text.match(/^#(\d{1,15})$/);
  if (event) return { to: "event", seq: Number(event[1]) };
  const ns = timeOf(text);
  if (ns !== undefined) return { to: "time", t: ns };
  throw new UsageError(
    `Cannot go to "${text}": that is no time since the scenario began, and no event; ` +
      `write 12.348s, 350ms, 1.5min, or #123`,
  );
}

const UNITS_NS: Readonly<Record<string, number>> = {
  ...{ "": 1e9, s: 1e9, ms: 1e6, us: 1e3, ns: 1, min: 60e9, h: 3600e9 },
};

/** Whole nanoseconds; undefined when it is no time. */
export function timeOf(text: string): number | undefined {
  const [, amount, unit = ""] = text.match(/^(\d{1,12}(?:\.\d+)?) ?(s|ms|us|ns|min|h)?$/) ?? [];
  const ns = Math.round(Number(amount) * UNITS_NS[unit]!);
  return amount !== undefined && Number.isSafeInteger(ns) ? ns : undefined;
}
