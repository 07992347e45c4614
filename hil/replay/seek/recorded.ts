/** The events of a recorded trace, from anywhere in its file on. */
import type { TraceEvent } from "../../trace/mod.ts";
import { RecordedLines } from "../reexecute/recorded_lines.ts";

/**
 * What is damaged is passed over.
 *
 * @param from bytes before the first line that is wanted; `anywhere` in a line: that one is left out
 * @throws TraceReadError
 */
export function* recordedEvents(
  path: string,
  { from = 0, anywhere = false }: { readonly from?: number; readonly anywhere?: boolean } = {},
): Generator<TraceEvent, void> {
  using lines = new RecordedLines(path, from);
  lines.end();
  if (from === 0 || anywhere) lines.next(); // The header, or the rest of a line.
  for (let line; (line = lines.next());) {
    const event = parsed(line.text);
    if (event) yield event;
  }
}

/** Whether it happened after `t` on the scenario's own clock. */
export function isLater({ t, clock }: TraceEvent, than: number): boolean {
  return clock === undefined && t > than;
}

function parsed(text: string | undefined): TraceEvent | undefined {
  try {
    const event = JSON.parse(text ?? "");
    return typeof event?.seq === "number" && typeof event.t === "number" ? event : undefined;
  } catch {
    return undefined;
  }
}
