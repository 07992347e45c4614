/**
 * Does a {@link Program} again on live ports. A call is made as soon as the calls that had returned
 * before it have, and as long after the last of them as it was made then, on the target's clock.
 * What comes of it otherwise than then is collected; nothing but the end of the scenario ends it.
 *
 * It is no loop that awaits: where the scenario went on in the very turn in which a promise was
 * settled, so does this, and a simulated target sees no difference.
 */
import { type Clock, Duration, seconds, timer } from "../../time/mod.ts";
import type { ObjectKey, Timeline } from "../../trace/mod.ts";
import { Happened } from "./happened.ts";
import { callOn, Live } from "./live.ts";
import { Judge, type Outcome, type Trouble } from "./judge.ts";
import type { Awaited, Back, Program, Stimulus } from "./program.ts";

/** How long is waited between two calls: as long as then, or not at all. */
export type Timing = "recorded" | "asap";

export interface DriveOptions {
  /** The target's. */
  readonly clock: Clock;
  /** Tells what targets do: what the scenario waited for is waited for. Default: only for as long. */
  readonly timeline?: Pick<Timeline, "onEvent">;
  /** Default: "recorded". */
  readonly timing?: Timing;
  /**
   * How much longer than then a call may take; default 30 s, as ports have limits of their own. On
   * virtual time: of that, or without that going on. What was waited for: default 10 s.
   */
  readonly limit?: Duration;
  /** Aborts when the scenario ends before it. */
  readonly signal?: AbortSignal;
  /** The content of a file beside the trace. */
  readonly file?: (name: string) => Uint8Array;
}

export interface Driven {
  /** Calls that were made. */
  readonly made: number;
  /** What was otherwise than in the recording, in order. */
  readonly troubles: readonly Trouble[];
}

/** Host timers count milliseconds: what is less is not worth one. */
const LEAST_WAIT_NS = 1_000_000;
const LIMIT = seconds(30), AWAITED_LIMIT = seconds(10);
/** After the last stimulus; a scenario may have had other things to do, and a simulator takes long. */
const LONGEST_LOOK = seconds(5);

/** A moment that both runs have: on the recording's clock and on this one's. */
interface Anchor {
  readonly then: number;
  readonly clock?: string | undefined;
  readonly now: number;
}

type Timed = Pick<Stimulus, "t" | "clock" | "after" | "awaits" | "within">;

/** Makes the calls of `program` on `ports`, by the names that its scenario had for them. */
export function drive(
  program: Program,
  ports: Readonly<Record<string, unknown>>,
  options: DriveOptions,
): Promise<Driven> {
  return new Drive(program, ports, options).run();
}

class Drive {
  readonly #live: Live;
  readonly #judge = new Judge();
  readonly #made = new Set<number>();
  /** Calls with what came of them; those that were given up too. */
  readonly #settled = new Map<number, Anchor | undefined>();
  /** Calls back that have come, and what is to be done when theirs is done. */
  readonly #arrived = new Map<number, Anchor>();
  readonly #leaving = new Map<number, () => void>();
  readonly #times = new Map<ObjectKey, number>();
  readonly #nested: ReadonlyMap<number | undefined, readonly Stimulus[]>;
  readonly #backs: ReadonlyMap<ObjectKey, readonly Back[]>;
  readonly #over = Promise.withResolvers<void>();
  #next = 0;
  #last: Anchor | undefined;
  /** What is waited for at present, for one stimulus at a time. */
  #cancel = () => {};
  #due: { readonly at: number; passed: boolean } | undefined;
  #awaiting: { passed: boolean } | undefined;
  readonly #happened = new Happened();

  constructor(
    private readonly program: Program,
    ports: Readonly<Record<string, unknown>>,
    private readonly options: DriveOptions,
  ) {
    this.#live = new Live(ports, (key) => this.#function(key), options.file);
    this.#nested = Map.groupBy(program.stimuli, ({ within }) => within);
    this.#backs = Map.groupBy(program.backs, ({ on }) => on);
  }

  async run(): Promise<Driven> {
    const { signal } = this.options;
    const stop = () => this.#over.resolve();
    const deaf = this.options.timeline?.onEvent((event) =>
      this.#happened.note(event, this.options.clock.now())
    );
    signal?.addEventListener("abort", stop);
    try {
      this.#advance();
      await this.#over.promise;
    } finally {
      signal?.removeEventListener("abort", stop);
      deaf?.();
      this.#cancel();
    }
    return { made: this.#made.size, troubles: this.#judge.troubles };
  }

  /** Does all that is due. Called whenever something has come. */
  #advance(): void {
    for (const leave of [...this.#leaving.values()]) leave();
    const { stimuli } = this.program;
    while (this.#next < stimuli.length) {
      const stimulus = stimuli[this.#next]!;
      if (!this.#made.has(stimulus.id)) {
        if (!this.#ready(stimulus)) return;
        this.#step();
        this.#issue(stimulus);
        for (const leave of [...this.#leaving.values()]) leave();
      } else this.#step();
    }
    this.#end();
  }

  /** On to the next one. */
  #step(): void {
    this.#next++;
    this.#cancel();
    this.#cancel = () => {};
    this.#due = undefined;
    this.#awaiting = undefined;
  }

  /** All has been made: what had returned then is to return now, and the scenario looked on. */
  #end(): void {
    const { stimuli, until, awaits } = this.program;
    const open = stimuli.filter(({ id, returned }) =>
      returned && this.#made.has(id) && !this.#settled.has(id)
    );
    if (open.length > 0) {
      const gap = Math.max(0, until - (this.#last?.then ?? 0));
      return this.#giveUpLater(open.map(({ id }) => id), gap);
    }
    this.#cancel();
    const after = stimuli.flatMap(({ id, returned }) => returned ? [id] : []);
    // All of its last instant, too: what it saw then may have come after what it did.
    const last = Math.max(this.#last?.then ?? 0, ...awaits.map(({ t }) => t));
    const end = { t: Math.min(until, last + LONGEST_LOOK.ns) + 1, after: after.slice(-1), awaits };
    const over = this.#haveCome(end) && (this.options.timing === "asap" || this.#isDue(end));
    if (over) this.#over.resolve();
  }

  /** Whether it may be made now; if not, what it waits for is under way. */
  #ready(stimulus: Stimulus): boolean {
    const { after, within } = stimulus;
    const open = after.filter((id) => !this.#settled.has(id));
    const back = within !== undefined && !this.#arrived.has(within) ? [within] : [];
    if (open.length > 0 || back.length > 0) {
      this.#giveUpLater([...open, ...back], this.#gap(stimulus));
      return false;
    }
    this.#cancel();
    if (!this.#haveCome(stimulus)) return false;
    return this.options.timing === "asap" || this.#isDue(stimulus);
  }

  #missing(awaits: readonly Awaited[] = []): Awaited[] {
    if (!this.options.timeline) return [];
    return awaits.filter((one) => this.#happened.timeOf(one) === undefined);
  }

  /** Whether all that the scenario waited for has come, or was waited for in vain. */
  #haveCome({ t, awaits }: Timed): boolean {
    if (this.#missing(awaits).length === 0) return true;
    if (!this.#awaiting) {
      const { clock, limit = AWAITED_LIMIT } = this.options;
      const awaiting: { passed: boolean } = this.#awaiting = { passed: false };
      const gap = Math.max(0, t - (this.#last?.then ?? 0));
      const come = () => this.#missing(awaits).length === 0 || undefined;
      const pass = (came?: true) => {
        if (this.#awaiting !== awaiting) return;
        awaiting.passed = true;
        if (!came) { for (const one of this.#missing(awaits)) this.#judge.notHappened(one, limit); }
        this.#advance();
      };
      clock.until(come, Duration.fromNs(gap + limit.ns)).then(pass, () => pass());
    }
    return this.#awaiting.passed;
  }

  /** How long it took then to come from the call before to this one. */
  #gap({ t, clock }: Stimulus): number {
    const before = this.program.stimuli[this.#next - 1];
    return before && before.clock === clock ? Math.max(0, t - before.t) : 0;
  }

  #giveUpLater(ids: readonly number[], gapNs: number): void {
    this.#cancel();
    const { clock, limit = LIMIT } = this.options;
    const longest = Duration.fromNs(gapNs + limit.ns);
    const virtualEnd = clock.now() + longest.ns;
    const watch = (since: number) => {
      this.#cancel = timer(longest, () => {
        const now = clock.now();
        // However slow the host is: a virtual target that goes on is not dead.
        if (clock.virtual && now > since && now < virtualEnd) return watch(now);
        for (const id of ids) this.#giveUp(id, limit);
        this.#advance();
      });
    };
    watch(clock.now());
  }

  #giveUp(id: number, limit: Duration): void {
    if (this.#settled.has(id) || this.#arrived.has(id)) return;
    const stimulus = this.program.stimuli.find((one) => one.id === id);
    if (stimulus) {
      this.#judge.never(stimulus, limit);
      this.#settled.set(id, undefined);
      return;
    }
    const back = this.program.backs.find((one) => one.id === id)!;
    this.#judge.notCalled(back, limit);
    this.#arrived.set(id, this.#anchor(back));
  }

  #anchor({ t, clock }: { readonly t: number; readonly clock?: string }): Anchor {
    return { then: t, clock, now: this.options.clock.now() };
  }

  #isDue(stimulus: Timed): boolean {
    const { clock } = this.options;
    if (!this.#due) {
      const at = this.#dueAt(stimulus);
      const left = at - clock.now();
      const due = { at, passed: left <= (clock.virtual ? 0 : LEAST_WAIT_NS) };
      this.#due = due;
      if (!due.passed) {
        const pass = () => {
          due.passed = true;
          if (this.#due === due) this.#advance();
        };
        clock.until(() => undefined, Duration.fromNs(left)).then(pass, pass);
      }
    }
    return this.#due.passed;
  }

  /** As long after the last thing that it came after as it was then. */
  #dueAt({ t, clock, after, within, awaits = [] }: Timed): number {
    const anchors = [
      this.#last,
      ...after.map((id) => this.#settled.get(id)),
      within === undefined ? undefined : this.#arrived.get(within),
      ...awaits.map((one) => {
        const now = this.#happened.timeOf(one);
        return now === undefined ? undefined : { then: one.t, clock: one.clock, now };
      }),
    ].filter((anchor) => anchor !== undefined && anchor.clock === clock) as Anchor[];
    const first = anchors.toSorted((a, b) => b.then - a.then || b.now - a.now)[0];
    return first ? first.now + Math.max(0, t - first.then) : this.options.clock.now();
  }

  #issue(stimulus: Stimulus): void {
    this.#made.add(stimulus.id);
    this.#happened.stimulus();
    this.#last = this.#anchor(stimulus);
    let value: unknown;
    try {
      value = this.#call(stimulus);
    } catch (error) {
      return this.#settle(stimulus, { error });
    }
    if (!(value instanceof Promise)) return this.#settle(stimulus, { value });
    // In this very turn: one more, and the target may have done something in between.
    const settle = (outcome: Outcome) => {
      this.#settle(stimulus, outcome);
      this.#advance();
    };
    value.then((value) => settle({ value }), (error) => settle({ error }));
  }

  #call({ on, method, args }: Stimulus): unknown {
    const object = this.#live.object(on);
    return callOn(object, method, args.map((arg) => this.#live.value(arg)));
  }

  #settle(stimulus: Stimulus, outcome: Outcome): void {
    if (this.#settled.has(stimulus.id)) return; // It was given up.
    const { returned } = stimulus;
    this.#settled.set(stimulus.id, returned && this.#anchor(returned));
    if ("value" in outcome) this.#live.give(stimulus.id, outcome.value);
    this.#judge.settled(stimulus, outcome);
  }

  /** A function that the scenario had given: does what that did. */
  #function(key: ObjectKey): (...args: unknown[]) => unknown {
    const called = (self: unknown, args: readonly unknown[]) => {
      const count = this.#times.get(key) ?? 0;
      this.#times.set(key, count + 1);
      const known = this.#backs.get(key) ?? [];
      const back = known[count];
      if (!back) this.#judge.calledMore(key, known.length);
      else this.#arrived.set(back.id, this.#anchor(back));
      const like = back ?? known.at(-1);
      if (!like) return undefined;
      this.#live.give(like.id, Object.assign([...args], { this: self }));
      if (like.returned?.sync === false || !like.returned) return this.#later(like);
      for (const stimulus of this.#nested.get(like.id) ?? []) {
        if (!this.#made.has(stimulus.id)) this.#issue(stimulus);
      }
      return this.#answer(like);
    };
    return function (this: unknown, ...args) {
      return called(this, args);
    };
  }

  /** What a call back gave, once all that was done in it has been done. */
  #later(back: Back): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const inside = this.#nested.get(back.id) ?? [];
    const leave = () => {
      if (!inside.every(({ id }) => this.#made.has(id))) return;
      if (!back.after.every((id) => this.#settled.has(id))) return;
      if (!back.returned && this.#next < this.program.stimuli.length) return;
      this.#leaving.delete(back.id);
      resolve();
    };
    this.#leaving.set(back.id, leave);
    this.#advance();
    return promise.then(() => this.#answer(back));
  }

  #answer({ returned }: Back): unknown {
    if (returned?.error) throw this.#live.thrown(returned.error);
    return returned?.value === undefined ? undefined : this.#live.value(returned.value);
  }
}
