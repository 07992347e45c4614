/**
 * Between a scenario's body and its ports: what passes is recorded, and looks the same on either side.
 *
 * The scenario has proxies in place of ports and of all living things that a port gives; a port is
 * called with its real objects, on its real `this`. An object has one proxy and one name, whichever way
 * it comes. Data, clocks and what belongs to the runtime pass as they are.
 */
import type { Json, ObjectKey, Thrown } from "../trace/event.ts";
import { type Callable, callBack, callPort } from "./_calls.ts";
import { kindOf } from "./_kinds.ts";
import { proxyOfContainer, proxyOfLiving } from "./_proxies.ts";
import { Recorder, type RecorderOptions } from "./recorder.ts";
import {
  encode,
  encodeThrown,
  encodeWithReferences,
  isPlain,
  LARGEST_INLINE,
  type Reference,
} from "./value.ts";

/** A value on its way to the scenario. */
export interface Passing {
  readonly json: Json;
  /** As the scenario has it. Asked for when it was told: a promise tells of itself from then on. */
  value(): unknown;
}

export class Membrane {
  readonly recorder: Recorder;
  /** What a port has to what the scenario has in its place; and the other way. */
  readonly #toScenario = new WeakMap<object, object>();
  readonly #toPort = new WeakMap<object, object>();
  /** What the scenario made itself, and gave a port as it is: so it comes back. */
  readonly #scenarios = new WeakSet<object>();

  constructor(options: RecorderOptions) {
    this.recorder = new Recorder(options);
  }

  /** A port, as the scenario's body has it by that name. */
  port<Port>(name: string, port: Port): Port {
    if (!isObject(port)) return port;
    const kind = typeof port === "function" ? "function" : "object";
    const reference = this.recorder.names.give(port, kind, name);
    this.recorder.get("", name, reference);
    return this.#living(port, reference.is) as Port;
  }

  /** Nothing is recorded from now on; calls go on. */
  end(): void {
    this.recorder.end();
  }

  /** The scenario calls `perform` by that name; gives what the scenario gets. */
  call(on: ObjectKey, method: string, args: readonly unknown[], perform: Callable): unknown {
    return callPort(this, { on, method, args, perform });
  }

  /** What a port gave, to be told and to be passed. Its own name, should it need one, is `name`. */
  pass(value: unknown, name: string): Passing {
    if (isSmall(value)) return { json: encode(value), value: () => value };
    const encoding = this.recorder.encoding((each, path) =>
      this.#nameOfPorts(each, path === "" ? name : `${name}.${path}`)
    );
    const { json, references } = encodeWithReferences(value, encoding);
    const isAnother = references || (isObject(value) && this.#toScenario.has(value));
    return { json, value: () => isAnother ? this.wrap(value, name) : value };
  }

  /** What a port threw, to be told; it passes as it is. */
  thrown(error: unknown, name: string): Thrown {
    const encoding = this.recorder.encoding((each, path) =>
      this.#nameOfPorts(each, `${name}.${path}`)
    );
    return encodeThrown(error, encoding);
  }

  /** What the scenario gives, to be told. */
  given(value: unknown): Json {
    if (isSmall(value)) return encode(value);
    return encode(value, this.recorder.encoding((each) => this.#nameOfScenarios(each)));
  }

  /** The scenario threw it at a port. */
  thrownBack(error: unknown): Thrown {
    return encodeThrown(error, this.recorder.encoding((each) => this.#nameOfScenarios(each)));
  }

  /** What the scenario has for what a port has. Its own name, should it need one, is `name`. */
  wrap(value: unknown, name: string): unknown {
    if (!isObject(value)) return value;
    const known = this.#toScenario.get(value);
    if (known) return known;
    // Or somebody passed it by the membrane.
    if (this.#scenarios.has(value) || this.#toPort.has(value)) return value;
    const kind = kindOf(value);
    if (kind === "container") return this.#container(value, name);
    if (kind === "data" || kind === "raw" || kind === "clock") return value;
    const { is } = this.recorder.names.give(value, kind, name);
    return kind === "promise" ? this.#promise(value, is) : this.#living(value, is);
  }

  /** What a port is given for what the scenario has: its own real objects, and functions that tell. */
  unwrap(value: unknown): unknown {
    return this.#unwrap(value, new Map());
  }

  /** The real object, of its proxy. */
  real(value: unknown): unknown {
    return isObject(value) ? this.#toPort.get(value) ?? value : value;
  }

  /** Whether a port's object has something in its place, or is in the place of a scenario's. */
  isKnown(value: object): boolean {
    return this.#toScenario.has(value);
  }

  /** `outside` is what a scenario has of a method, which is of many objects. */
  stand<T extends object>(method: object, by: { readonly outside: T; readonly name: string }): T {
    this.#toPort.set(by.outside, method);
    this.recorder.names.set(by.outside, { $: "function", is: by.name });
    return by.outside;
  }

  #living(value: object, name: ObjectKey): object {
    return this.#toScenario.get(value) ?? this.#pair(value, proxyOfLiving(this, value, name));
  }

  /** A list, map or object literal with living things in it. */
  #container(value: object, name: ObjectKey): object {
    const inner = (each: unknown, key: unknown) => this.wrap(each, `${name}.${key}`);
    if (value instanceof Map) {
      return new Map([...value].map(([k, v], n) => [inner(k, `${n}.key`), inner(v, `${n}.value`)]));
    }
    if (value instanceof Set) return new Set([...value].map(inner));
    return this.#pair(value, proxyOfContainer(this, value, name));
  }

  /** Settled as the call of its `then` returns. */
  #promise(value: object, name: ObjectKey): object {
    const awaited = this.call(name, "then", [], () => value);
    // Nobody may want to know: whoever does has a promise of their own by it.
    (awaited as Promise<unknown>).catch(() => {});
    return this.#pair(value, awaited as object);
  }

  #unwrap(value: unknown, seen: Map<object, unknown>): unknown {
    if (!isObject(value)) return value;
    const known = this.#toPort.get(value);
    if (known) return known;
    if (this.#toScenario.has(value)) return value;
    if (typeof value === "function") return this.#pairBack(value as Callable);
    if (value instanceof Promise) return value.then((result) => this.unwrap(result));
    return isPlain(value) ? this.#unwrapPlain(value, seen) : value;
  }

  /** Itself where nothing in it is another to a port; else a copy, which is known for it. */
  #unwrapPlain(value: object, seen: Map<object, unknown>): unknown {
    if (seen.has(value)) return seen.get(value);
    seen.set(value, value);
    const changed = new Map<string, unknown>();
    for (const key of Object.keys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key);
      const inner = property && "value" in property ? property.value : undefined;
      const real = this.#unwrap(inner, seen);
      if (real !== inner) changed.set(key, real);
    }
    if (changed.size === 0) return value;
    const properties = Object.getOwnPropertyDescriptors(value) as PropertyDescriptorMap;
    for (const [key, real] of changed) properties[key] = { ...properties[key], value: real };
    const copy = Array.isArray(value)
      ? Object.defineProperties([], properties)
      : Object.create(Object.getPrototypeOf(value), properties);
    this.#toScenario.set(copy, value);
    seen.set(value, copy);
    return copy;
  }

  #pair<T extends object>(ports: object, scenarios: T): T {
    this.#toScenario.set(ports, scenarios);
    this.#toPort.set(scenarios, ports);
    return scenarios;
  }

  #pairBack(scenarios: Callable): object {
    const { is } = this.recorder.names.function(scenarios);
    const ports = new Proxy(scenarios, {
      apply: (perform, self, args) => callBack(this, { on: is, self, args, perform }),
    });
    this.#pair(ports, scenarios);
    return ports;
  }

  #nameOfPorts(value: object, name: string): Reference | undefined {
    const known = this.#named(value);
    if (known) return known;
    if (this.#toScenario.has(value) || this.#scenarios.has(value)) return undefined;
    const kind = kindOf(value);
    const hasName = kind !== "data" && kind !== "container" && kind !== "raw";
    return hasName ? this.recorder.names.give(value, kind, name) : undefined;
  }

  #nameOfScenarios(value: object): Reference | undefined {
    const known = this.#named(value);
    if (known) return known;
    if (typeof value === "function") return this.recorder.names.function(value);
    if (!this.#toPort.has(value)) this.#scenarios.add(value);
  }

  /** Whichever side it is of: a port's object has the name, or the scenario's function. */
  #named(value: object): Reference | undefined {
    const { names } = this.recorder;
    const other = this.#toPort.get(value) ?? this.#toScenario.get(value);
    return names.of(value) ?? (other && names.of(other));
  }
}

/** Nothing is in it that needs a name, or a file. */
function isSmall(value: unknown): boolean {
  return !isObject(value) && !(typeof value === "string" && value.length > LARGEST_INLINE);
}

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
