/**
 * A program with its timing made relative: what each call waits for, and how long its clock goes on
 * before it. What is taken out of it leaves the rest as it was; a program's times do not allow that.
 */
import type { Json, ObjectKey, Thrown, UsedRole } from "../../trace/mod.ts";
import type { Program, Stimulus } from "../program/program.ts";

/** What came of a call when it was last made. */
export interface Came {
  /** At once, not by a promise. */
  readonly sync: boolean;
  /** Encoded. */
  readonly value?: Json;
  readonly error?: Thrown;
}

export interface Action {
  /** Of its call in the trace. */
  readonly id: number;
  readonly on: ObjectKey;
  readonly method: string;
  /** Encoded. */
  readonly args: readonly Json[];
  /** Calls of its own level that are over before it is made, in that order. */
  readonly awaits: readonly number[];
  /** How long the scenario's clock goes on after that. */
  readonly delayNs: number;
  /** The call `back` whose function makes it. */
  readonly within?: number;
  /** Left out when it was pending at the end. */
  readonly came?: Came;
}

/** A call of a function that an action has handed over. */
export interface Callback {
  readonly id: number;
  /** "fn1". */
  readonly on: ObjectKey;
  readonly args: readonly Json[];
  /** Calls that its function makes and that are over before it is. */
  readonly awaits: readonly number[];
  /** It gives no promise. */
  readonly sync: boolean;
  /** What the function gives, encoded. */
  readonly value?: Json;
}

export interface Script {
  /** Name in the body to need. */
  readonly needs: ReadonlyMap<string, UsedRole>;
  /** In the order in which they are made. */
  readonly actions: readonly Action[];
  readonly callbacks: readonly Callback[];
}

export interface ScriptOptions {
  /**
   * Time of the clock that counts as none: a program on a real machine is never at once. Default 0,
   * for virtual clocks.
   */
  readonly leastDelayNs?: number;
}

/** What the program does, without the times at which it did it. */
export function scriptOf(program: Program, { leastDelayNs = 0 }: ScriptOptions = {}): Script {
  const calls = new Map(program.stimuli.map((stimulus) => [stimulus.id, stimulus]));
  let before: Stimulus | undefined;
  const actions = program.stimuli.map((stimulus): Action => {
    const { id, on, method, args, within, returned, after } = stimulus;
    const own = promisesAmong(after, calls, within);
    const delay = delayOf(stimulus, before, calls);
    before = stimulus;
    return {
      ...{ id, on, method, args, awaits: own },
      delayNs: delay > leastDelayNs ? delay : 0,
      ...(within !== undefined && { within }),
      ...(returned && { came: returned }),
    };
  });
  const callbacks = program.backs.map(({ id, on, args, after, returned }): Callback => {
    const awaits = promisesAmong(after, calls, id);
    const value = returned?.value;
    const sync = returned?.sync ?? false;
    return { id, on, args, awaits, sync, ...(value !== undefined && { value }) };
  });
  return { needs: program.needs, actions, callbacks };
}

function promisesAmong(
  ids: readonly number[],
  calls: ReadonlyMap<number, Stimulus>,
  within: number | undefined,
): readonly number[] {
  return ids.filter((id) => {
    const call = calls.get(id);
    return call && call.within === within && !call.returned?.sync;
  });
}

/** Since the latest thing that the scenario did or heard; of times on its own clock only. */
function delayOf(
  { t, clock, after }: Stimulus,
  before: Stimulus | undefined,
  calls: ReadonlyMap<number, Stimulus>,
): number {
  if (clock !== undefined) return 0;
  const times = after.map((id) => calls.get(id)?.returned)
    .filter((returned) => returned && returned.clock === undefined)
    .map((returned) => returned!.t);
  if (before?.clock === undefined) times.push(before?.t ?? 0);
  return times.length === 0 ? 0 : Math.max(0, t - Math.max(...times));
}

/** "#3" of "#3.events", "cache" of "cache.drives". */
export function rootOf(key: ObjectKey): string {
  return key.split(".", 1)[0]!;
}

/** The call whose result an object comes from; undefined for a port's own. */
export function makerOf(key: ObjectKey): number | undefined {
  const [, id] = rootOf(key).match(/^#(\d+)$/) ?? [];
  return id === undefined ? undefined : Number(id);
}

/** All objects and functions that an encoded value names. */
export function keysIn(value: Json | undefined): readonly ObjectKey[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(keysIn);
  const { $, is } = value as { $?: Json; is?: Json };
  const named = $ === "object" || $ === "function" || $ === "promise";
  if (named && typeof is === "string") return [is];
  return Object.values(value).flatMap(keysIn);
}

/** The calls without whose result an action cannot be made; its own level is not among them. */
export function makersOf({ on, args }: Pick<Action, "on" | "args">): readonly number[] {
  return [on, ...args.flatMap(keysIn)].map(makerOf).filter((id) => id !== undefined);
}
