/** Objects of which only the recording is there. */
import type { ObjectKey, Signal } from "../../trace/mod.ts";
import type { Json } from "../../trace/mod.ts";
import { PlaybackDivergence } from "./divergence.ts";

/** Who knows what was recorded of an object. */
export interface Answers {
  call(
    call: { readonly on: ObjectKey; readonly method: string },
    args: readonly unknown[],
    below: (...args: never[]) => unknown,
  ): unknown;
  read(on: ObjectKey, name: string): unknown;
  has(on: ObjectKey, name: string): boolean;
  isFunction(on: ObjectKey, name: string): boolean;
}

/** What a membrane takes for a port. */
class PlaybackObject {}

type Listened = Pick<Signal<Json>, "channel" | "clock" | "occurrences">;

/** An object, with what a signal has if it is one. */
export function playbackObject(answers: Answers, key: ObjectKey, signal?: Listened): object {
  return new Proxy(new PlaybackObject(), new Recorded(answers, key, signal));
}

/** A function that a port gave. */
export function playbackFunction(answers: Answers, key: ObjectKey): object {
  const call = (...args: unknown[]): unknown => answers.call({ on: key, method: "" }, args, call);
  return new Proxy(call, new Recorded(answers, key));
}

/** What a recording could not tell: something of the runtime's that the port gave as it is. */
export function untoldObject(name: string): object {
  return new Proxy(new PlaybackObject(), {
    get: (target, key) => {
      if (typeof key === "symbol" || key in target || ASKED_BY_OTHERS.has(key)) {
        return Reflect.get(target, key);
      }
      throw new PlaybackDivergence(
        `Cannot play ".${key}" of a ${name}: what the scenario does with it goes past its ports, so the ` +
          `recording does not have it; run the scenario on its targets`,
      );
    },
  });
}

class Recorded implements ProxyHandler<object> {
  readonly #functions = new Map<string, unknown>();

  constructor(
    private readonly answers: Answers,
    private readonly key: ObjectKey,
    private readonly signal?: Listened,
  ) {}

  get(target: object, name: string | symbol): unknown {
    if (typeof name === "symbol") {
      const method = `[${name.description}]`;
      return this.answers.isFunction(this.key, method)
        ? this.#function(method)
        : Reflect.get(target, name);
    }
    if (this.signal && Object.hasOwn(SIGNAL, name)) return Reflect.get(this.signal, name);
    if (this.answers.has(this.key, name)) return this.answers.read(this.key, name);
    if (this.answers.isFunction(this.key, name)) return this.#function(name);
    if (name in target) return Reflect.get(target, name);
    return ASKED_BY_OTHERS.has(name) ? undefined : this.#unknown(name);
  }

  set(_target: object, name: string | symbol, value: unknown): boolean {
    if (typeof name === "symbol") return false;
    const assign = this.#function(`${name}=`) as (value: unknown) => unknown;
    return assign(value) !== false;
  }

  has(target: object, name: string | symbol): boolean {
    if (typeof name === "symbol") return Reflect.has(target, name);
    return (this.signal !== undefined && Object.hasOwn(SIGNAL, name)) ||
      this.answers.has(this.key, name) || this.answers.isFunction(this.key, name) ||
      Reflect.has(target, name);
  }

  #function(method: string): unknown {
    const known = this.#functions.get(method);
    if (known) return known;
    const call = (...args: unknown[]): unknown =>
      this.answers.call({ on: this.key, method }, args, call);
    this.#functions.set(method, call);
    return call;
  }

  /** It was not asked for when the scenario was recorded: it may be called, which parts them. */
  #unknown(name: string): unknown {
    const refuse = (): never => {
      throw new PlaybackDivergence(
        `The scenario reads ${this.key}.${name}, and did not when it was recorded: what it was then ` +
          `is not known; record the scenario again`,
      );
    };
    return new Proxy(this.#function(name) as object, {
      get: (target, key) =>
        key === "then" || key === "toJSON" ? undefined : known(target, key, refuse),
    });
  }
}

/** A membrane looks at these. */
function known(target: object, key: string | symbol, otherwise: () => never): unknown {
  return key in target ? Reflect.get(target, key) : otherwise();
}

const SIGNAL = { channel: true, clock: true, occurrences: true };
/** The language, and a membrane that tells clocks from other objects. */
const ASKED_BY_OTHERS = new Set([
  ...["then", "toJSON", "until", "now", "virtual", "name"],
  ...["channel", "clock", "occurrences"],
]);
