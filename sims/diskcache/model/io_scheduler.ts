/** Which of the pending entries the disk gets next. */
import type { Slot } from "./list.ts";

/** The seam for another order, such as the elevator. Reads and writes are asked for apart. */
export interface IoScheduler {
  readonly name: string;
  /** @param pending entries of one channel, in list order */
  next(pending: readonly Slot[]): Slot | undefined;
}

/** The author's: the first one of the list. */
export const firstPending: IoScheduler = { name: "first pending", next: ([first]) => first };
