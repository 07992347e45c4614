/** What a cache looks like at one instant, in words: the paragraph under a failure. */
import { type Entry, Flag } from "../port.ts";
import { placeOf } from "./drive.ts";
import type { Thread } from "./threads.ts";

/** @example `portrait(living, entries)` has lines such as "0:7 READ_PENDING IN_USE, access 3" */
export function portrait(threads: readonly Thread[], entries: readonly Entry[]): string {
  const lines = [
    ...threads.map(({ id, operation, state }) => `thread ${id} (${operation}) is ${state}`),
    ...entries.map((entry) => {
      const { flags, access, contents } = entry;
      const stamp = contents ? `, ${contents.stamp.toString(16).padStart(8, "0")}` : "";
      const torn = contents?.whole === false ? " and other dwords" : "";
      return `${placeOf(entry)} ${flagNames(flags)}, access ${access}${stamp}${torn}`;
    }),
  ];
  return lines.join("\n");
}

function flagNames(flags: number): string {
  const names = Object.entries(Flag)
    .filter(([name, bit]) => flags & bit && name !== "BLOCK_VALID").map(([name]) => name);
  return names.join(" ") || "idle";
}
