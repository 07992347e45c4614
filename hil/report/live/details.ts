/** What a page is told of one scenario: of what has ended as the report has it, of what runs so far. */
import { hostNow } from "../../time/mod.ts";
import { TraceReadError } from "../../trace/mod.ts";
import {
  attemptDetail,
  detailOf,
  EMBEDDED_BYTES,
  linksOf,
  noEvents,
  type Places,
  type Share,
} from "../html/details.ts";
import { historiesOf, type HistoryDetail } from "../html/history.ts";
import type { AttemptDetail, ScenarioDetail } from "../html/model.ts";
import { attemptOf } from "../html/saved_run.ts";
import type { PlannedScenario, ScenarioResult } from "../result.ts";
import { RunningTrace } from "./running_trace.ts";

/** Traces of running scenarios that are read on; of more, the one looked at longest ago is not. */
const MOST_FOLLOWED = 4;
/** Of the events of one that runs: a page asks for them again and again. */
const RUNNING_BYTES = 512 * 1024;
const ENDED_BYTES = 4 * 1024 * 1024;

export interface Versioned {
  /** Another one as soon as there is more; "ended": there will be no more. */
  readonly version: string;
  /** Left out for who has it already. */
  readonly detail?: ScenarioDetail;
}

export interface Begun {
  readonly planned: PlannedScenario;
  /** Of its attempts, in order; relative to the root. */
  readonly traces: readonly string[];
  readonly beganNs: number;
}

export interface DetailPlaces extends Places {
  /** `history.sqlite`, for what became of each scenario before. */
  readonly history?: string;
}

export class Details {
  readonly #places: DetailPlaces;
  readonly #share: Omit<Share, "limit">;
  readonly #followed = new Map<string, RunningTrace>();

  /** Of the scenario asked for last: whoever looks at one asks again and again. */
  #past: { readonly id: string; readonly history?: HistoryDetail } | undefined;

  constructor(places: DetailPlaces) {
    this.#places = places;
    this.#share = { links: linksOf(places), attachments: { bytes: EMBEDDED_BYTES } };
  }

  /** @param has the version that the page has */
  async ended(result: ScenarioResult, has?: string): Promise<Versioned> {
    const version = "ended";
    if (has === version) return { version };
    const detail = await detailOf(result, { ...this.#share, limit: ENDED_BYTES });
    return { version, detail: { ...detail, ...await this.#history(result) } };
  }

  async waiting(planned: PlannedScenario, has?: string): Promise<Versioned> {
    const version = "waiting";
    if (has === version) return { version };
    const result = { ...planned, outcome: version, seed: 0, reproduce: "" } as const;
    return { version, detail: { result, attempts: [], ...await this.#history(planned) } };
  }

  async running(begun: Begun, has?: string): Promise<Versioned> {
    const { planned, traces } = begun;
    const trace = this.#follow(traces.at(-1)!);
    await trace.look();
    const version = `${traces.length}.${trace.total}`;
    if (has === version) return { version };
    const { seed = 0, targets } = trace.header ?? {};
    const versions = targets === undefined ? {} : { versions: targets };
    const result = { ...planned, outcome: "running", seed, reproduce: "", ...versions } as const;
    const before = await Promise.all(traces.slice(0, -1).map((trace) => this.#before(trace)));
    const attempts = [...before, this.#now(begun, trace)];
    return { version, detail: { result, attempts, ...await this.#history(planned) } };
  }

  /** It is read on no more. */
  forget(trace: string): void {
    this.#followed.get(trace)?.[Symbol.dispose]();
    this.#followed.delete(trace);
  }

  /** Of the runs before this one, which is not among them before it has ended. */
  async #history({ id }: PlannedScenario): Promise<Pick<ScenarioDetail, "history">> {
    if (this.#past?.id !== id) {
      const histories = await historiesOf(this.#places.history, { id: "", results: [{ id }] });
      this.#past = { id, history: histories.get(id) };
    }
    return { history: this.#past.history };
  }

  /** An attempt before the one that runs: its result is not there before that of all. */
  async #before(trace: string): Promise<AttemptDetail> {
    const { links } = this.#share;
    try {
      const { attempt } = await attemptOf(links.absolute(trace), this.#places.root);
      return await attemptDetail(attempt, { ...this.#share, limit: RUNNING_BYTES });
    } catch (error) {
      if (!(error instanceof TraceReadError)) throw error;
      const nothing = { measurements: [], attachments: [], output: "", durationNs: 0 };
      return { outcome: "failed", ...nothing, events: noEvents(error.message) };
    }
  }

  #now({ beganNs }: Begun, trace: RunningTrace): AttemptDetail {
    const { links } = this.#share;
    const { path, measurements, attachments } = trace;
    return {
      outcome: "running",
      durationNs: hostNow() - beganNs,
      measurements: [...measurements],
      output: "",
      attachments: attachments.map((one) => ({ ...one, href: links.href(one.path) })),
      trace: { path, href: links.href(path) },
      events: trace.events(RUNNING_BYTES),
    };
  }

  #follow(path: string): RunningTrace {
    const trace = this.#followed.get(path) ??
      new RunningTrace(this.#share.links.absolute(path), path);
    this.#followed.delete(path); // The latest is the last.
    this.#followed.set(path, trace);
    const [oldest] = this.#followed.keys();
    if (this.#followed.size > MOST_FOLLOWED) this.forget(oldest!);
    return trace;
  }
}
