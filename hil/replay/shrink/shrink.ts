/**
 * Makes a failing script small by delta debugging on what happens before what: calls are taken out
 * with all that depends on them, what was at once is done one after the other, waits and arguments
 * get shorter, for as long as it fails in the same way.
 */
import { setImmediate } from "node:timers/promises";
import { ddmin } from "../../explore/mod.ts";
import { makersOf, type Script } from "../typescript/mod.ts";
import { type Change, changesOf } from "./arguments.ts";
import { parentsOf, replaced, serialised, unwrapped, without } from "./edit.ts";

/** Whether a script fails in the way that is looked for. */
export type Fails = (script: Script) => Promise<boolean>;

export interface Progress {
  readonly tries: number;
  /** Of the best script so far. */
  readonly calls: number;
  /** What is tried at present: "calls", "at once", "waits", "arguments". */
  readonly doing: string;
}

export interface ShrinkOptions {
  /** A script that fails has to do so this often. Default 1, for targets that are deterministic. */
  readonly times?: number;
  /**
   * Asked of scripts that fail and have arguments of another shape, such as one left out: which of
   * them are still programs of their language. Default: all.
   */
  readonly accepts?: (scripts: readonly Script[]) => Promise<readonly boolean[]>;
  /** How large what happens is: no argument is made smaller that has more happen then. */
  readonly size?: (script: Script) => Promise<number>;
  /** Ends the work with the best so far. */
  readonly signal?: AbortSignal;
  readonly progress?: (progress: Progress) => void;
  /** Told of each smaller one. */
  readonly onBetter?: (script: Script) => void;
}

export interface Shrunk {
  readonly script: Script;
  readonly tries: number;
  /** Not stopped: nothing can be left out any more by itself. */
  readonly complete: boolean;
}

/** Ends the search from within. */
class Stopped extends Error {}

/** Scripts of so many calls at most are remembered: the same one is not tried twice. */
const REMEMBERED_CALLS = 60;
/** Tries between two turns of the host's event loop. */
const TURN = 8;

/** @param script fails, as `fails` says */
export async function shrink(
  script: Script,
  fails: Fails,
  options: ShrinkOptions = {},
): Promise<Shrunk> {
  const search = new Search(script, fails, options);
  let complete = true;
  try {
    await search.run();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    complete = false;
  }
  return { script: search.best, tries: search.tries, complete };
}

class Search {
  tries = 0;
  #doing = "calls";
  readonly #known = new Set<string>();
  /** Of arguments: whether whoever is called takes them. */
  readonly #shapes = new Map<string, boolean>();

  constructor(
    public best: Script,
    private readonly fails: Fails,
    private readonly options: ShrinkOptions,
  ) {}

  /** Until a whole round makes nothing smaller. */
  async run(): Promise<void> {
    let before: Script;
    do {
      before = this.best;
      this.#doing = "calls";
      await this.#calls();
      this.#doing = "at once";
      await this.#atOnce();
      this.#doing = "waits";
      await this.#waits();
      this.#doing = "arguments";
      await this.#arguments();
    } while (this.best !== before);
  }

  /** Whether it fails; then it is the best. `noMore`: unless more happens than in the best. */
  async #try(script: Script | undefined, { noMore = false } = {}): Promise<boolean> {
    if (!script || script === this.best) return false;
    const key = script.actions.length <= REMEMBERED_CALLS ? keyOf(script) : undefined;
    if (key !== undefined && this.#known.has(key)) return false;
    const isBetter = await this.#failsAlways(script) && !(noMore && await this.#hasMore(script));
    const { progress, onBetter } = this.options;
    if (isBetter) {
      this.best = script;
      onBetter?.(script);
    } else if (key !== undefined) this.#known.add(key);
    progress?.({ tries: this.tries, calls: this.best.actions.length, doing: this.#doing });
    return isBetter;
  }

  async #failsAlways(script: Script): Promise<boolean> {
    const { signal, times = 1 } = this.options;
    for (let n = 0; n < times; n++) {
      if (signal?.aborted) throw new Stopped();
      if (++this.tries % TURN === 0) await setImmediate();
      const failed = await this.fails(script);
      if (signal?.aborted) throw new Stopped();
      if (!failed) return false;
    }
    return true;
  }

  async #hasMore(script: Script): Promise<boolean> {
    const { size } = this.options;
    return size !== undefined && await size(script) > await size(this.best);
  }

  /** First those that nothing comes before, with all that depends on them; then each by itself. */
  async #calls(): Promise<void> {
    const whole = this.best;
    const parents = parentsOf(whole);
    const roots = whole.actions.filter(({ id }) => parents.get(id)!.length === 0);
    await this.#least(whole, roots.map(({ id }) => id));
    const rest = this.best;
    await this.#least(rest, rest.actions.map(({ id }) => id));
  }

  async #least(whole: Script, ids: readonly number[]): Promise<void> {
    await ddmin(ids, (some) => {
      const kept = new Set(some);
      return this.#try(without(whole, new Set(ids.filter((id) => !kept.has(id)))));
    });
  }

  async #atOnce(): Promise<void> {
    for (const { id } of this.best.actions) {
      await this.#try(unwrapped(this.best, id));
      if (this.best.actions.some((action) => action.id === id)) {
        await this.#try(serialised(this.best, id));
      }
    }
    for (const callback of this.best.callbacks) {
      const { value, ...rest } = callback;
      if (value === undefined || makersOf({ on: "", args: [value] }).length === 0) continue;
      const callbacks = this.best.callbacks.map((other) => other === callback ? rest : other);
      await this.#try({ ...this.best, callbacks });
    }
  }

  async #waits(): Promise<void> {
    for (const { id } of this.best.actions) {
      const shorter = (delayNs: number) => {
        const action = this.best.actions.find((action) => action.id === id)!;
        const isShorter = Math.round(delayNs) < action.delayNs;
        return isShorter
          ? replaced(this.best, { ...action, delayNs: Math.round(delayNs) })
          : undefined;
      };
      const now = () => this.best.actions.find((action) => action.id === id)!.delayNs;
      if (now() === 0 || await this.#try(shorter(0))) continue;
      while (await this.#try(shorter(now() / 2)));
      // What is left, as few digits as can be.
      for (const digit of [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3]) {
        if (await this.#try(shorter(Math.floor(now() / digit) * digit))) break;
      }
    }
  }

  async #arguments(): Promise<void> {
    await this.#change(({ shape }) => shape === undefined);
    const { accepts } = this.options;
    // What fails in another shape is asked about as a whole, as long as there is something new.
    for (let asked = accepts ? await this.#ask(accepts) : true; asked;) {
      const before = this.best;
      await this.#change(({ shape }) =>
        shape === undefined || !accepts || this.#shapes.get(shape) === true
      );
      asked = accepts !== undefined && this.best !== before && await this.#ask(accepts);
    }
  }

  /** Makes changes of a kind, one by one, as long as what comes of them fails. */
  async #change(which: (change: Change) => boolean): Promise<void> {
    for (let at = 0;; at++) {
      let changes = changesOf(this.best).filter(which);
      if (at >= changes.length) return;
      // What was tried in vain before it stays in vain, for the most part: no need to begin again.
      while (at < changes.length && await this.#try(changes[at]!.of(this.best), { noMore: true })) {
        changes = changesOf(this.best).filter(which);
      }
    }
  }

  /** Learns which new shapes are accepted, of those that fail; whether there are any. */
  async #ask(accepts: NonNullable<ShrinkOptions["accepts"]>): Promise<boolean> {
    const failing: { readonly shape: string; readonly script: Script }[] = [];
    for (const { shape, of } of changesOf(this.best)) {
      if (shape === undefined || this.#shapes.has(shape)) continue;
      const script = of(this.best);
      this.tries++;
      this.#shapes.set(shape, false);
      if (await this.fails(script)) failing.push({ shape, script });
      if (this.options.signal?.aborted) throw new Stopped();
    }
    if (failing.length === 0) return false;
    const verdicts = await accepts(failing.map(({ script }) => script));
    failing.forEach(({ shape }, n) => this.#shapes.set(shape, verdicts[n]!));
    return verdicts.some(Boolean);
  }
}

function keyOf({ needs, actions, callbacks }: Script): string {
  const calls = actions.map(({ id, args, awaits, delayNs, within }) => {
    return [id, args, awaits, delayNs, within];
  });
  return JSON.stringify([[...needs], calls, callbacks.map(({ id, value }) => [id, value])]);
}
