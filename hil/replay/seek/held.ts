/**
 * A scenario that runs again in this process and is compared with its recording as it goes. Its time
 * is held where somebody wants it to be, and moments of it are kept on the way.
 */
import { setImmediate } from "node:timers";
import type { Clock } from "../../time/mod.ts";
import type { Failure, Timeline, TraceEvent } from "../../trace/mod.ts";
import type { Watch } from "../../runner/worker/execute.ts";
import { type Compared, Comparison } from "../reexecute/compare.ts";
import { startGuard } from "./guard.ts";
import { executeHere, type HereOptions, type Ports } from "./here.ts";
import { MomentKeeper } from "./moment_keeper.ts";
import type { Place } from "./moments.ts";
import type { Ask, Goal, Move } from "./stop.ts";
import { View } from "./view.ts";

export interface HeldOptions extends Pick<HereOptions, "header" | "bench" | "root" | "progress"> {
  /** Path of the recorded trace. */
  readonly trace: string;
  readonly goal: Goal;
  /** Without it, nothing is asked: the scenario runs to its end. */
  readonly ask?: Ask;
  /** Where moments are kept, and how often one is taken; not, without it. */
  readonly moments?: { readonly folder: string; readonly intervalNs: number };
  readonly onInterrupt?: () => void;
  /** Told the time now and then. */
  readonly onTime?: (t: number) => void;
}

export interface HeldRun {
  /** The goal that lies before; or nobody wants to go anywhere. */
  readonly next: Move;
  readonly outcome: string;
  readonly failure?: Failure;
  readonly compared: Compared;
  /** Somebody had the targets do something: it was compared up to there. */
  readonly touched: boolean;
  /** Targets whose moments can be kept. */
  readonly momentsKept: boolean;
  readonly until: number;
}

/** How often somebody is told the time, in virtual time. */
const TELL_NS = 1e9;

/** Ends the scenario's body: nobody wants to know what comes then. */
class Left extends Error {
  override readonly name = "Left";
}

/** @throws HereError, TraceReadError */
export async function runHeld(options: HeldOptions): Promise<HeldRun> {
  using comparison = new Comparison(options.trace);
  const held = new Held(options, comparison);
  try {
    const { outcome, failure } = await executeHere({
      ...options,
      watch: held,
      body: (own, folder) => held.body(own, folder),
      onInterrupt: () => {
        held.interrupt();
        options.onInterrupt?.();
      },
    });
    const { next, until, momentsKept } = held;
    const { touched } = held;
    const compared = next.to === "end" && !touched ? comparison.finish() : comparison.soFar;
    return { next, outcome, failure, compared, touched, momentsKept, until };
  } finally {
    held.close();
  }
}

class Held implements Watch {
  next: Move = { to: "end" };
  until = 0;
  readonly #options: HeldOptions;
  readonly #comparison: Comparison;
  readonly #view = new View();
  #timeline: Timeline | undefined;
  #ports: Ports = {};
  #goal: Goal;
  /** Of the run. */
  #folder = "";
  /** Why it is to stop now, or has. */
  #why: string | undefined;
  #keeper: MomentKeeper | undefined;
  #kept = false;
  #toldNs = 0;
  readonly #left = Promise.withResolvers<never>();
  /** Time stands still until it resolves. */
  #gate = Promise.withResolvers<void>();
  #asking: Promise<void> | undefined;
  #over = false;
  /** Somebody had the targets do something, and time passed: it goes its own way since. */
  #touched = false;

  constructor(options: HeldOptions, comparison: Comparison) {
    this.#options = options;
    this.#comparison = comparison;
    this.#goal = options.goal;
    this.#left.promise.catch(() => {}); // It may come when nothing races with it any more.
  }

  /** Whether moments were kept on the way. */
  get momentsKept(): boolean {
    return this.#kept && !this.#comparison.difference;
  }

  get touched(): boolean {
    return this.#touched;
  }

  begin(timeline: Timeline): void {
    this.#timeline = timeline;
  }

  ready(ports: Ports): void {
    this.#ports = ports;
  }

  async body(own: () => Promise<void>, folder: string): Promise<void> {
    this.#folder = folder;
    const { moments } = this.#options;
    const clock = this.#clock;
    if (moments && clock.past && clock.hold) {
      const changed = () => clock.hold!(clock.now(), () => this.#held());
      this.#keeper = new MomentKeeper({ ...moments, clock, past: clock.past, changed });
      this.#kept = true;
      this.#keeper.keep(this.#place);
    }
    if (this.#isReached(clock.now())) await this.#ask();
    this.#arm();
    await Promise.race([this.#left.promise, own()]);
  }

  event(event: TraceEvent): void {
    if (this.next.to !== "end") return; // It is being cleared up.
    if (!this.#touched) this.#comparison.accept(JSON.stringify(event));
    this.#view.add(event);
    if (event.clock === undefined) this.until = Math.max(this.until, event.t);
    const goal = this.#goal;
    if (this.#why !== undefined || this.#over || this.#asking) return;
    const there = goal.to === "event"
      ? event.seq >= goal.seq
      : goal.to === "step" && event.type === "step.begin";
    if (there) this.#stop("");
  }

  async over(failures: readonly Failure[]): Promise<void> {
    const [failure] = failures;
    const quiet = this.next.to !== "end" || failure?.name === "Interrupted";
    this.#over = true;
    this.#clock.hold?.(Infinity, () => Promise.resolve());
    this.#gate.resolve();
    if (quiet || !this.#options.ask) return;
    this.#why = failure ? `it has failed: ${failure.message}` : "the scenario is over";
    await this.#ask();
  }

  interrupt(): void {
    this.next = { to: "quit" };
  }

  close(): void {
    const complete = this.#over && this.next.to === "end";
    // Moments of another run than the recorded one are of no use with that.
    if (this.#comparison.difference) this.#keeper?.close();
    else this.#keeper?.close({ until: this.until, complete });
    this.#keeper = undefined;
  }

  get #clock(): Clock {
    return this.#timeline!.clock;
  }

  get #place(): Place {
    const { steps, seq } = this.#view;
    return { steps, seq, offset: this.#comparison.offset };
  }

  /** Time is held at the goal, where the next moment is due, and when somebody wants to know it. */
  #arm(): void {
    const clock = this.#clock;
    if (!clock.hold || this.#over) return;
    const goal = this.#goal.to === "time" ? this.#goal.t : Infinity;
    const told = this.#options.onTime ? this.#toldNs + TELL_NS : Infinity;
    const next = Math.min(goal, told, this.#keeper?.lookNs ?? Infinity);
    clock.hold(Math.max(next, clock.now()), () => this.#held());
  }

  /** As soon as time would go on. */
  #stop(why: string): void {
    this.#why = why;
    this.#clock.hold?.(this.#clock.now(), () => this.#held());
  }

  async #held(): Promise<void> {
    const now = this.#clock.now();
    this.until = Math.max(this.until, now);
    if (now >= (this.#keeper?.lookNs ?? Infinity)) this.#keeper!.look(now, () => this.#place);
    if (now >= this.#toldNs + TELL_NS) this.#options.onTime?.(this.#toldNs = now);
    if (!this.#isReached(now)) return this.#arm();
    this.#gate = Promise.withResolvers();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
      if (this.next.to !== "end") return; // It is left: time stands still until all is cleared up.
      this.#arm();
      this.#gate.resolve();
    });
    await this.#gate.promise;
  }

  #isReached(now: number): boolean {
    if (this.#goal.to === "time" && now >= this.#goal.t) this.#why ??= "";
    return this.#options.ask !== undefined && this.#why !== undefined;
  }

  /** Until somebody wants to go on, or to leave. */
  async #ask(): Promise<void> {
    const { ask } = this.#options;
    const { difference } = this.#comparison;
    const now = () => this.#over ? this.until : this.#clock.now();
    const move = await ask!({
      get t() {
        return now();
      },
      ...{ why: this.#why ?? "", alive: "scenario", view: this.#view },
      ...{ ports: this.#ports, over: this.#over, touched: () => this.#touched },
      ...(difference && { difference }),
      evaluate: (work) => this.#evaluate(work),
    });
    const before = (move.to === "time" && move.t < now()) ||
      (move.to === "event" && move.seq <= this.#view.seq);
    if (move.to === "quit" || before) {
      this.next = move;
      this.#left.reject(new Left("somebody left"));
      return;
    }
    this.#why = undefined;
    this.#goal = move;
  }

  /** What it changes is no part of the recording, nor of the moments that are kept. */
  async #evaluate(work: () => unknown): Promise<unknown> {
    using _guard = await startGuard(this.#folder);
    const { seq } = this.#view;
    const untouched = this.#keeper?.watchInputs();
    let settled = false;
    const value = (async () => await work())().finally(() => settled = true);
    value.catch(() => {});
    await turnOfTheHost();
    const inputs = untouched?.() === false;
    this.#touched ||= !settled || this.#view.seq !== seq || inputs;
    if (this.#touched) this.close();
    if (settled || this.#over) return await value;
    // It waits for the targets: their time goes on until it has its answer.
    this.#gate.resolve();
    try {
      return await value;
    } finally {
      this.#gate = Promise.withResolvers();
      this.#clock.hold?.(this.#clock.now(), () => this.#gate.promise);
    }
  }
}

function turnOfTheHost(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
