/** A recording whose targets are not to be had: it is looked at, at any time of it. */
import type { TraceEvent } from "../../trace/mod.ts";
import { isLater, recordedEvents } from "./recorded.ts";
import type { Ask, Goal, Move } from "./stop.ts";
import { View } from "./view.ts";

/**
 * Goes from time to time, as it is asked to, until that is enough.
 *
 * @throws TraceReadError
 */
export async function browse(
  { trace, goal, ask }: { readonly trace: string; readonly goal: Goal; readonly ask: Ask },
): Promise<void> {
  let events = ahead(trace);
  let view = new View();
  for (let move: Move = goal; move.to !== "quit";) {
    const before = (move.to === "time" && move.t < (view.last?.t ?? 0)) ||
      (move.to === "event" && move.seq <= view.seq);
    if (before) {
      events = ahead(trace);
      view = new View();
    }
    const { why, t } = forward(events, view, move);
    move = await ask({
      ...{ why, t, alive: "nothing", view, ports: {}, over: events.next === undefined },
      touched: () => false,
      evaluate: async (work) => await work(),
    });
  }
}

interface Ahead {
  readonly rest: Iterator<TraceEvent, void>;
  next: TraceEvent | undefined;
}

function ahead(trace: string): Ahead {
  const rest = recordedEvents(trace);
  return { rest, next: rest.next().value ?? undefined };
}

function forward(events: Ahead, view: View, goal: Goal): { why: string; t: number } {
  for (let event; (event = events.next);) {
    if (goal.to === "time" && isLater(event, goal.t)) return { why: "", t: goal.t };
    view.add(event);
    events.next = events.rest.next().value ?? undefined;
    const there = goal.to === "event"
      ? event.seq >= goal.seq
      : goal.to === "step" && event.type === "step.begin";
    if (there) return { why: "", t: event.t };
  }
  const { last } = view;
  const why = last?.type === "end"
    ? `the run ended here: ${last.outcome}`
    : "the recording ends here";
  return { why, t: last?.t ?? 0 };
}
