/** What pins of the board are called in scenarios, bench files and traces. */
import type { Wire } from "sims/engine/mod.ts";
import type { Board } from "../board.ts";
import { gpioOf } from "../header.ts";

/** The expander's pins, "GPA0" to "GPB7". */
export const EXPANDER_PINS: readonly string[] = Array.from(
  { length: 16 },
  (_, n) => `GP${"AB"[n >>> 3]}${n & 7}`,
);

/**
 * The channel of a pin in the trace: "GPIO 66" for 66, "P8.7" or "GPIO2_2", "GPA0" for itself.
 *
 * @throws RangeError when it is no pin
 */
export function channelOf(name: number | string): string {
  if (EXPANDER_PINS.includes(`${name}`)) return `${name}`;
  return `GPIO ${gpioOf(/^\d+$/.test(`${name}`) ? `GPIO${name}` : `${name}`)}`;
}

/** @param channel of {@link channelOf} */
export function wireOf(board: Board, channel: string): Wire {
  const wire = board.expander[EXPANDER_PINS.indexOf(channel)];
  return wire ?? board.pin(channel.replace(" ", ""));
}
