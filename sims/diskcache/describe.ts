/** How the disk cache is said by people: in traces and under failures. */
import {
  type BlockAddress,
  type DiskRequestData,
  type Entry,
  Flag,
  type OperationData,
  type PowerData,
} from "./port.ts";

/** A thread that is not over. */
export interface LivingThread {
  readonly id: number;
  readonly operation: string;
  readonly state: string;
}

/** "0:7", for messages. */
export function placeOf({ drive, lba }: BlockAddress): string {
  return `${drive}:${lba}`;
}

export function describeOperation(kind: string, { thread, operation, why }: OperationData): string {
  return `thread ${thread} (${operation}) ${kind}${why === undefined ? "" : ` ${why}`}`;
}

export function describeRequest(kind: string, data: DiskRequestData): string {
  const { drive, id, operation, lba, status } = data;
  const what = operation === "flush" ? "flush" : `${operation} ${lba}`;
  return `drive ${drive} #${id} ${what}${kind === "done" ? `: ${status}` : ""}`;
}

export function describePower(kind: string, { survivors = [] }: PowerData): string {
  const fates = survivors.flatMap(({ drive, blocks }) =>
    blocks.map(({ lba, fate }) => `${placeOf({ drive, lba })} ${fate}`)
  );
  return `power ${kind}${fates.length ? `: ${fates.join(", ")}` : ""}`;
}

/**
 * What a cache looks like at one instant.
 *
 * @example `portrait(living, entries)` has lines such as "0:7 READ_PENDING IN_USE, access 3"
 */
export function portrait(threads: readonly LivingThread[], entries: readonly Entry[]): string {
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
