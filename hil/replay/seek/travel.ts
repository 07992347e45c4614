/**
 * Time travel: targets as they were at any time of a run that was lived through before. The moment
 * before it is restored, and what came in since comes in again. The scenario's body takes no part.
 */
import type { Watch } from "../../runner/worker/execute.ts";
import type { Past } from "../../time/mod.ts";
import type { Timeline, TraceEvent } from "../../trace/mod.ts";
import { startGuard } from "./guard.ts";
import { executeHere, HereError, type HereOptions, type Ports } from "./here.ts";
import type { Moments, StoredMoment } from "./moments.ts";
import { isLater, recordedEvents } from "./recorded.ts";
import type { Ask, Goal, Move } from "./stop.ts";
import { View } from "./view.ts";

export interface TravelOptions extends Pick<HereOptions, "header" | "bench" | "root" | "progress"> {
  /** Path of the recorded trace. */
  readonly trace: string;
  readonly moments: Moments;
  readonly goal: Goal;
  readonly ask: Ask;
  readonly onInterrupt?: () => void;
}

/** What of the trace before a moment is read, for what consoles said last. */
const WINDOW_BYTES = 256 * 1024;

/**
 * Goes from time to time, as it is asked to.
 *
 * @returns what was wanted last: to quit, or a time that is not among the moments
 * @throws HereError
 */
export async function travel(options: TravelOptions): Promise<Move> {
  const traveller = new Traveller(options);
  const { outcome, failure } = await executeHere({
    ...options,
    watch: traveller,
    body: (_, folder) => traveller.body(folder),
  });
  if (outcome === "interrupted") return { to: "quit" };
  if (outcome === "failed" && traveller.next === undefined) throw new HereError(failure!.message);
  return traveller.next ?? { to: "quit" };
}

class Traveller implements Watch {
  next: Move | undefined;
  readonly #options: TravelOptions;
  #timeline: Timeline | undefined;
  #ports: Ports = {};
  #view = new View();
  /** Of the present: the inputs that have come in; undefined when somebody has changed it. */
  #inputs: number | undefined;
  #evaluating = false;
  /** Of the run. */
  #folder = "";
  #touched = false;

  constructor(options: TravelOptions) {
    this.#options = options;
  }

  begin(timeline: Timeline): void {
    this.#timeline = timeline;
  }

  /** What the targets tell while somebody has them do something. */
  event(event: TraceEvent): void {
    if (this.#evaluating) this.#view.add(event);
  }

  over(): Promise<void> {
    return Promise.resolve();
  }

  ready(ports: Ports): void {
    this.#ports = ports;
  }

  async body(folder: string): Promise<void> {
    this.#folder = folder;
    const { past } = this.#timeline!.clock;
    if (!past) throw new Error("Cannot go back in time: these targets keep no moments");
    let goal = this.#options.goal;
    for (;;) {
      goal = this.#absolute(goal);
      const aim = this.#aim(goal);
      if (!aim) {
        this.next = goal;
        return;
      }
      this.#seek(past, aim.t);
      this.#view = this.#viewAt(aim);
      const { clock } = this.#timeline!;
      const move = await this.#options.ask({
        get t() {
          return clock.now();
        },
        ...{ why: aim.why, alive: "targets", view: this.#view },
        ...{ ports: this.#ports, touched: () => this.#touched },
        over: this.#options.moments.complete && aim.t >= this.#options.moments.until,
        evaluate: (work) => this.#evaluate(work),
      });
      if (move.to === "quit") {
        this.next = move;
        return;
      }
      goal = move;
    }
  }

  /** The next step is an event: who runs again up to there has not seen what is behind here. */
  #absolute(goal: Goal): Goal {
    if (goal.to !== "step") return goal;
    const { seq: here } = this.#view;
    const found = this.#find(
      this.#options.moments.beforeEvent(here),
      ({ seq, type }) => seq > here && type === "step.begin",
    );
    return found ? { to: "event", seq: found.seq } : { to: "end" };
  }

  /** Where that is; undefined when no moments reach there. */
  #aim(goal: Goal): Aim | undefined {
    const { moments } = this.#options;
    const { until, complete } = moments;
    if (goal.to === "end") return complete ? { t: until, why: "the run ended here" } : undefined;
    if (goal.to === "time") {
      if (goal.t <= until) return { t: goal.t, why: "" };
      return complete ? { t: until, why: "the run ended here" } : undefined;
    }
    if (goal.to === "step") return undefined;
    const found = this.#find(moments.beforeEvent(goal.seq), ({ seq }) => seq >= goal.seq);
    if (!found) return this.#aim({ to: "end" });
    return found.t <= until ? { t: found.t, seq: found.seq, why: "" } : undefined;
  }

  #seek(past: Past, t: number): void {
    const { moments } = this.#options;
    const moment = moments.before(t)!;
    const now = this.#timeline!.clock.now();
    const near = this.#inputs !== undefined && now <= t && moment.t <= now;
    let next = near ? this.#inputs! : moment.inputs;
    if (!near) moments.restore(past, moment);
    for (; next < moments.inputs.length && moments.inputs[next]!.t <= t; next++) {
      const { t: at, input } = moments.inputs[next]!;
      past.runTo(at);
      past.give(input);
    }
    past.runTo(t);
    this.#inputs = next;
    this.#touched = false;
  }

  #viewAt({ t, seq = Infinity }: Aim): View {
    const moment = this.#options.moments.before(t)!;
    const view = new View(moment.steps);
    for (const event of this.#events(moment, WINDOW_BYTES)) {
      if (event.seq > moment.seq && (isLater(event, t) || event.seq > seq)) break;
      view.add(event, { steps: event.seq > moment.seq });
    }
    return view;
  }

  #find(from: StoredMoment | undefined, is: (event: TraceEvent) => boolean) {
    if (!from) return undefined;
    for (const event of this.#events(from, 0)) if (is(event)) return event;
  }

  /** Recorded events from a moment on, and those of so many bytes before it. */
  #events({ offset }: StoredMoment, before: number): Generator<TraceEvent> {
    const from = Math.max(0, offset - before);
    return recordedEvents(this.#options.trace, { from, anywhere: before > 0 });
  }

  async #evaluate(work: () => unknown): Promise<unknown> {
    using _guard = await startGuard(this.#folder);
    const { clock } = this.#timeline!;
    const [t, { seq }] = [clock.now(), this.#view];
    this.#inputs = undefined;
    this.#evaluating = true;
    try {
      return await work();
    } finally {
      this.#evaluating = false;
      this.#touched ||= clock.now() !== t || this.#view.seq !== seq;
    }
  }
}

interface Aim {
  readonly t: number;
  /** The event that it stops at, of several at that time. */
  readonly seq?: number;
  readonly why: string;
}
