/** A call that is over, as a log keeps it. */
import type { FailureCode } from "./failures.ts";
import type { Direction, WebphoneState } from "./state.ts";

export interface CallRecord {
  readonly direction: Direction;
  readonly other: string;
  /** ISO 8601. */
  readonly begun: string;
  /** From the answer on; 0 when there was none. */
  readonly durationS: number;
  readonly outcome: "answered" | "missed" | "declined" | "cancelled" | "failed";
  readonly failure?: FailureCode;
}

export interface CallEnd {
  readonly begun: Date;
  /** How long it was up. */
  readonly upS: number;
  /** By this side. */
  readonly isDeclined: boolean;
}

/** @param before the state that its end came in */
export function recordOf(
  before: WebphoneState,
  after: WebphoneState,
  { begun, upS, isDeclined }: CallEnd,
): CallRecord {
  const failed = after.callFailure?.code;
  const direction = before.direction ?? "out";
  const wasUp = before.call === "up" || before.call === "held";
  const outcome = wasUp
    ? "answered"
    : isDeclined
    ? "declined"
    : failed
    ? "failed"
    : direction === "in"
    ? "missed"
    : "cancelled";
  return {
    direction,
    other: before.other ?? "",
    begun: begun.toISOString(),
    durationS: Math.round(upS),
    outcome,
    ...(failed && { failure: failed }),
  };
}
