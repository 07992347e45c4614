/** What a trace comes to: outcome, steps, measurements, failure, attachments. */
import type {
  AttachmentEvent,
  CallEvent,
  Failure,
  MeasureEvent,
  Outcome,
  TraceEvent,
  TraceHeader,
} from "./event.ts";
import { readTrace, type TraceProblem } from "./reader.ts";

/** One step, in the order in which they began. Times are whole nanoseconds on `clock`. */
export interface StepSummary {
  readonly id: number;
  readonly parent?: number;
  readonly name: string;
  readonly clock?: string;
  readonly startT: number;
  /** Left out, like `ok`, when the step never ended. */
  endT?: number;
  ok?: boolean;
  error?: string;
}

export interface TraceSummary {
  readonly header: TraceHeader;
  /** "interrupted" for a trace without an end. */
  readonly outcome: Outcome;
  /** Whether the end is missing: the process that wrote it was killed. */
  readonly cutOff: boolean;
  readonly failure?: Failure;
  readonly steps: readonly StepSummary[];
  /** Names of the steps that never ended, outermost first. */
  readonly running: readonly string[];
  /** Calls of ports: how many, and those that have not returned, by their numbers. */
  readonly calls: number;
  readonly pending: readonly CallEvent[];
  readonly measurements: readonly MeasureEvent[];
  readonly attachments: readonly AttachmentEvent[];
  /** The scenario's and harness's log, one line an entry, the last {@link OUTPUT_LINES}. */
  readonly output: string;
  readonly events: number;
  /** Time of the last event on the scenario's own clock, in whole nanoseconds. */
  readonly lastT: number;
  readonly problems: readonly TraceProblem[];
}

/** How many log entries a summary keeps. */
export const OUTPUT_LINES = 1000;

/**
 * Reads a whole trace for its summary; memory is bound by its steps, not by its length.
 *
 * @throws TraceReadError as {@link readTrace}
 */
export async function summarize(path: string): Promise<TraceSummary> {
  const trace = await readTrace(path);
  const tally = new Tally();
  for await (const event of trace) tally.add(event);
  const { steps, end } = tally;
  return {
    header: trace.header,
    outcome: (trace.cutOff ? undefined : end?.outcome) ?? "interrupted",
    cutOff: trace.cutOff,
    ...(end?.error ? { failure: end.error } : {}),
    steps: [...steps.values()],
    running: [...steps.values()].filter((step) => step.endT === undefined).map((s) => s.name),
    calls: tally.calls,
    pending: [...tally.pending.values()],
    measurements: tally.measurements,
    attachments: tally.attachments,
    output: tally.output.slice(-OUTPUT_LINES).join("\n"),
    events: tally.events,
    lastT: tally.lastT,
    problems: trace.problems,
  };
}

class Tally {
  readonly steps = new Map<number, StepSummary>();
  readonly measurements: MeasureEvent[] = [];
  readonly attachments: AttachmentEvent[] = [];
  readonly pending = new Map<number, CallEvent>();
  calls = 0;
  output: string[] = [];
  end: { outcome: Outcome; error?: Failure } | undefined;
  events = 0;
  lastT = 0;

  add(event: TraceEvent): void {
    this.events++;
    if (event.clock === undefined) this.lastT = Math.max(this.lastT, event.t);
    if (event.type === "step.begin") {
      const { id, parent, name, clock, t } = event;
      this.steps.set(id, {
        id,
        ...(parent === undefined ? {} : { parent }),
        name,
        ...(clock === undefined ? {} : { clock }),
        startT: t,
      });
    } else if (event.type === "step.end") {
      const step = this.steps.get(event.id);
      if (step) Object.assign(step, { endT: event.t, ok: event.ok, error: event.error });
    } else if (event.type === "call" && !event.back) {
      this.calls++;
      this.pending.set(event.id, event);
    } else if (event.type === "return") this.pending.delete(event.id);
    else if (event.type === "measure") this.measurements.push(event);
    else if (event.type === "attachment") this.attachments.push(event);
    else if (event.type === "log") this.#log(event.level, event.text);
    else if (event.type === "end") this.end = event;
  }

  #log(level: string, text: string): void {
    this.output.push(level === "info" ? text : `${level}: ${text}`);
    // Now and then, not each time: shifting a long array is not free.
    if (this.output.length >= 2 * OUTPUT_LINES) this.output = this.output.slice(-OUTPUT_LINES);
  }
}
