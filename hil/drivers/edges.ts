/** How edges of pins are told to people. */
import type { EdgeData } from "../ports/mod.ts";

const SAID: Readonly<Record<string, string>> = { rise: "rose", fall: "fell", held: "stayed" };

/** "GPIO 66 rose (press)". */
export function describeEdge(channel: string) {
  return (kind: string, { by }: EdgeData): string =>
    `${channel} ${SAID[kind] ?? kind}${by === undefined ? "" : ` (${by})`}`;
}
