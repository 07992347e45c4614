/** How an expectation ends: an event in the trace whatever came out, an error when it is not so. */
import { registerError } from "../record/errors.ts";
import { currentPlace } from "./context.ts";

/** What was expected did not happen or is not so. */
export class ExpectationError extends Error {
  override readonly name = "ExpectationError";
}
registerError(ExpectationError);

/** @param detail the message of the failure; made only for one */
export function judge(ok: boolean, what: string, detail: () => string): void {
  const { context } = currentPlace("expect");
  const text = ok ? undefined : detail();
  context.timeline.record({ type: "expect", what, ok, detail: text });
  if (!ok) throw new ExpectationError(text);
}
