/**
 * Plays a script on live ports: what a scenario with that body would do. A call that fails ends
 * nothing: what the rest comes to is for who judges.
 */
import { encodeThrown } from "../../record/mod.ts";
import { type Clock, Duration } from "../../time/mod.ts";
import type { Thrown } from "../../trace/mod.ts";
import { Live, MissingObject } from "../program/live.ts";
import type { Action, Callback, Came, Script } from "../typescript/mod.ts";

/** What came of a call. */
export interface Result {
  readonly sync: boolean;
  readonly value?: unknown;
  readonly error?: unknown;
  /** It was not made: there was nothing to call, as what it comes from had failed. */
  readonly unmade?: true;
}

export interface PlayOptions {
  /** The scenario's. */
  readonly clock: Clock;
  /** The content of a file beside the trace. */
  readonly file?: (name: string) => Uint8Array;
}

/** The results by call, as they come: those of pending calls are missing. */
export function play(
  script: Script,
  ports: Readonly<Record<string, unknown>>,
  options: PlayOptions,
): { readonly results: ReadonlyMap<number, Result>; readonly over: Promise<void> } {
  const player = new Player(script, ports, options);
  return { results: player.results, over: player.level(undefined) };
}

/** As a script keeps it. */
export function cameOf({ sync, error }: Result): Came {
  return { sync, ...(error !== undefined && { error: thrownOf(error) }) };
}

export function thrownOf(error: unknown): Thrown {
  return encodeThrown(error);
}

class Player {
  readonly results = new Map<number, Result>();
  readonly #promises = new Map<number, Promise<unknown>>();
  readonly #live: Live;
  readonly #levels: ReadonlyMap<number | undefined, readonly Action[]>;
  readonly #callbacks: ReadonlyMap<string, readonly Callback[]>;
  readonly #called = new Map<string, number>();

  constructor(
    script: Script,
    ports: Readonly<Record<string, unknown>>,
    private readonly options: PlayOptions,
  ) {
    this.#live = new Live(ports, (key) => this.#function(key), options.file);
    this.#levels = Map.groupBy(script.actions, ({ within }) => within);
    this.#callbacks = Map.groupBy(script.callbacks, ({ on }) => on);
  }

  /** Does what the body does, or a function of it. */
  async level(callback: Callback | undefined): Promise<void> {
    for (const action of this.#levels.get(callback?.id) ?? []) {
      for (const id of action.awaits) await this.#promises.get(id);
      if (action.delayNs > 0) {
        await this.options.clock.until(() => undefined, Duration.fromNs(action.delayNs));
      }
      this.#make(action);
    }
    const own = (this.#levels.get(callback?.id) ?? []).map(({ id }) => id);
    for (const id of callback?.awaits ?? own) await this.#promises.get(id);
  }

  #make(action: Action): void {
    const { id } = action;
    let value: unknown;
    try {
      value = this.#call(action);
    } catch (error) {
      const unmade = error instanceof MissingObject && { unmade: true as const };
      this.results.set(id, { sync: true, error, ...unmade });
      return;
    }
    if (!(value instanceof Promise)) return this.#settle(id, { sync: true, value });
    const settled = value.then(
      (value) => this.#settle(id, { sync: false, value }),
      (error) => this.#settle(id, { sync: false, error }),
    );
    // What was pending at the end of the recording is not waited for: `came` says so.
    if (action.came) this.#promises.set(id, settled);
  }

  #settle(id: number, result: Result): void {
    this.results.set(id, result);
    if (result.error === undefined) this.#live.give(id, result.value);
  }

  #call({ on, method, args }: Action): unknown {
    const object = this.#live.object(on) as Record<string, (...args: unknown[]) => unknown>;
    if (method === "then" && args.length === 0) return object;
    const values = args.map((arg) => this.#live.value(arg));
    if (method !== "") return object[method]!(...values);
    return (object as unknown as (...args: unknown[]) => unknown)(...values);
  }

  #function(key: string): (...args: unknown[]) => unknown {
    return (...args) => {
      const count = this.#called.get(key) ?? 0;
      this.#called.set(key, count + 1);
      const callback = this.#callbacks.get(key)?.[count];
      if (!callback) return undefined;
      this.#live.give(callback.id, args);
      if (!callback.sync) return this.level(callback).then(() => this.#answer(callback));
      for (const action of this.#levels.get(callback.id) ?? []) this.#make(action);
      return this.#answer(callback);
    };
  }

  #answer({ value }: Callback): unknown {
    return value === undefined ? undefined : this.#live.value(value);
  }
}
