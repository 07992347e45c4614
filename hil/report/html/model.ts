/**
 * What an HTML report has inside: an index that is read at once, and a block for each scenario that
 * is unpacked when somebody looks at it. The writer makes it and the page reads it; the page has only
 * the types of this file.
 */
import type { Failure, MeasureEvent, Outcome, TraceEvent } from "../../trace/mod.ts";
import type { HistoryDetail } from "./history.ts";
import type { RunResult, ScenarioResult, Verdict } from "../result.ts";

export interface ReportIndex {
  readonly run: Omit<RunResult, "results">;
  /** Where the run is looked at while it goes on. */
  readonly live?: LiveState;
  readonly scenarios: readonly ScenarioRow[];
  /** Elements of {@link ScenarioDetail}: the block of row n has the id `d` + n. */
  readonly madeBy: string;
}

export interface LiveState {
  /** "began": no scenario is known yet; "ended": nothing changes any more. */
  readonly state: "began" | "running" | "ended";
  /** What the harness is at between scenarios: "building the guest kernel". */
  readonly doing?: string;
}

/** What a page that is open is told: it has all of `live` and `run`, and the rows that changed. */
export interface LiveChanges {
  readonly live: LiveState;
  readonly run: ReportIndex["run"];
  readonly rows: readonly (readonly [row: number, scenario: ScenarioRow])[];
}

/** How a scenario ended, or that it has not. */
export type RowState = Verdict | "waiting" | "running";

/** What the list shows. */
export interface ScenarioRow {
  /** Short and the same in every run: for links. */
  readonly key: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** "board=sim, tftp=lan". */
  readonly targets: string;
  readonly outcome: RowState;
  /** Of one that runs: so far. */
  readonly durationNs: number;
  readonly attempts: number;
  readonly repeat?: number;
  /** First line of the failure, or why it was skipped; the step that runs. */
  readonly why?: string;
}

export interface ScenarioDetail {
  readonly result: Omit<ScenarioResult, "attempts" | "outcome"> & { readonly outcome: RowState };
  readonly attempts: readonly AttemptDetail[];
  /** Left out when none is known. */
  readonly history?: HistoryDetail;
}

export interface AttemptDetail {
  readonly outcome: Outcome | "running";
  readonly durationNs: number;
  readonly failure?: Failure;
  /** The command that replays it up to its failure. */
  readonly replay?: string;
  readonly measurements: readonly MeasureEvent[];
  readonly output: string;
  readonly attachments: readonly AttachmentDetail[];
  /** Link to the trace, relative to the report; left out when there is none. */
  readonly trace?: { readonly path: string; readonly href: string };
  readonly events: EventsDetail;
}

export interface AttachmentDetail {
  readonly title: string;
  readonly path: string;
  readonly href: string;
  readonly bytes?: number;
  /** Shown in the page: text, or an image as a `data:` URL. */
  readonly text?: string;
  readonly image?: string;
}

/** The events of a trace, as many as there is room for. */
export interface EventsDetail {
  readonly events: readonly ShownEvent[];
  /** In the trace. */
  readonly total: number;
  /** Of the last event, in nanoseconds. */
  readonly lastT: number;
  /** What is not whole here; the trace has all of it. */
  readonly thinned: readonly Thinned[];
  /** Damage of the trace, or why there is none. */
  readonly problems: readonly string[];
}

/**
 * An event of a trace. Bytes are put together to lines: `t` is the time of the first, `until` that of
 * the last; `cut` says how many bytes a line or a frame has beyond what is here.
 */
export type ShownEvent = TraceEvent & { readonly until?: number; readonly cut?: number };

/** One kind of event of which only the first and the last are here. */
export interface Thinned {
  /** "sip 401", "uart0 rx", "log". */
  readonly what: string;
  /** Its lane. */
  readonly lane: string;
  readonly total: number;
  readonly kept: number;
  /** What is not here lies before this event, between it and the one of its kind before it. */
  readonly gap: { readonly beforeSeq: number; readonly from: number; readonly to: number };
  /** How many there were, of all of them, in each `binNs` from 0 on. */
  readonly binNs: number;
  readonly bins: readonly number[];
}
