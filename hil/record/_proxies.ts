/**
 * What a scenario has in place of a port's objects. The target of each proxy is a shadow, not the
 * object: what is frozen or not configurable there would have to be given as it is.
 */
import type { Json, ObjectKey } from "../trace/event.ts";
import type { Callable } from "./_calls.ts";
import { channelOf } from "./_kinds.ts";
import { isObject, type Membrane } from "./membrane.ts";

/** What expectations read again and again, and waits wait on: as it is, and untold. */
const OF_SIGNALS = new Set(["channel", "clock", "occurrences"]);
/** The language asks for these by itself; that there are none is no news. */
const ASKED_BY_LANGUAGE = new Set(["then", "toJSON"]);
const INSPECTORS = [
  Symbol.for("Deno.customInspect"),
  Symbol.for("nodejs.util.inspect.custom"),
] as const;
const OF_FUNCTIONS = new Set<string | symbol>(["length", "name", "prototype"]);
/** Bytes that are more are compared by identity. */
const LONG_BYTES = 64 * 1024;

/** Of an object or function that has that name. */
export function proxyOfLiving(membrane: Membrane, real: object, name: ObjectKey): object {
  return typeof real === "function"
    ? new Proxy(shadowOf(real), new Operation(membrane, real as Callable, name, ""))
    : new Proxy(shadowOf(real), new Living(membrane, real, name));
}

/** Of a list or object literal, in which there are living things. */
export function proxyOfContainer(membrane: Membrane, real: object, name: ObjectKey): object {
  return new Proxy(shadowOf(real), new Container(membrane, real, name));
}

function shadowOf(real: object): object {
  if (Array.isArray(real)) return [];
  // `prototype` of a function that has one cannot be taken away.
  if (typeof real === "function") {
    return Object.hasOwn(real, "prototype") ? function () {} : () => {};
  }
  const shadow = Object.create(Object.getPrototypeOf(real));
  // What `console.log` shows of a proxy is its target.
  Object.defineProperty(shadow, INSPECTORS[0], {
    value: (inspect: typeof Deno.inspect, options: Deno.InspectOptions) => inspect(real, options),
    configurable: true,
  });
  return shadow;
}

/** Passes everything on to the real object. */
abstract class Passage implements ProxyHandler<object> {
  constructor(
    protected readonly membrane: Membrane,
    protected readonly real: object,
    protected readonly name: ObjectKey,
  ) {}

  abstract get(shadow: object, key: string | symbol): unknown;

  set(_shadow: object, key: string | symbol, value: unknown): boolean {
    return Reflect.set(this.real, key, this.membrane.unwrap(value), this.real);
  }

  has(_shadow: object, key: string | symbol): boolean {
    return Reflect.has(this.real, key);
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.real);
  }

  getPrototypeOf(): object | null {
    return Reflect.getPrototypeOf(this.real);
  }

  deleteProperty(_shadow: object, key: string | symbol): boolean {
    return Reflect.deleteProperty(this.real, key);
  }

  defineProperty(_shadow: object, key: string | symbol, property: PropertyDescriptor): boolean {
    return Reflect.defineProperty(this.real, key, property);
  }

  /** It may be frozen; a proxy that said so would have to be, too. */
  preventExtensions(): boolean {
    return false;
  }

  getOwnPropertyDescriptor(shadow: object, key: string | symbol): PropertyDescriptor | undefined {
    const own = Reflect.getOwnPropertyDescriptor(this.real, key);
    if (!own) return undefined;
    const fixed = Reflect.getOwnPropertyDescriptor(shadow, key);
    if (fixed?.configurable === false) return { ...fixed, value: own.value };
    const { enumerable } = own;
    // Not its value: who lists the properties of a port does not ask for what they are.
    return {
      enumerable,
      configurable: true,
      get: () => this.get(shadow, key),
      set: (value: unknown) => this.set(shadow, key, value),
    };
  }
}

class Container extends Passage {
  get(_shadow: object, key: string | symbol): unknown {
    const value = Reflect.get(this.real, key);
    return typeof value === "function" && !Object.hasOwn(this.real, key)
      ? value
      : this.membrane.wrap(value, `${this.name}.${String(key)}`);
  }
}

/** What was read of a property last: nothing, where that threw. */
interface Read {
  readonly value?: unknown;
  /** Of an object, how it was told; and of what was thrown. */
  readonly text?: string;
}

/** A port, or an object that has behaviour: all that is asked of it is told. */
class Living extends Passage {
  readonly #reads = new Map<string, Read>();
  readonly #operations = new Map<string | symbol, { real: unknown; outside: object }>();
  readonly #isSignal = channelOf(this.real) !== undefined;

  get(_shadow: object, key: string | symbol): unknown {
    const { real } = this;
    if (typeof key === "symbol") return this.#getBySymbol(key);
    if (key === "constructor" || key === "__proto__" || (this.#isSignal && OF_SIGNALS.has(key))) {
      return Reflect.get(real, key);
    }
    let value: unknown;
    try {
      value = Reflect.get(real, key);
    } catch (error) {
      this.#tellThrown(key, error);
      throw error;
    }
    if (typeof value === "function") return this.#operation(key, key, value as Callable);
    if (value === undefined && ASKED_BY_LANGUAGE.has(key)) return undefined;
    return this.#read(key, value);
  }

  override set(_shadow: object, key: string | symbol, value: unknown): boolean {
    const { membrane, real, name } = this;
    const assign = (value: unknown) => Reflect.set(real, key, value, real);
    if (typeof key === "symbol") return assign(membrane.unwrap(value));
    return membrane.call(name, `${key}=`, [value], assign) as boolean;
  }

  #getBySymbol(key: symbol): unknown {
    const value = Reflect.get(this.real, key);
    if (typeof value !== "function") return value;
    if (INSPECTORS.some((inspector) => inspector === key)) return value.bind(this.real);
    return this.#operation(key, `[${key.description}]`, value);
  }

  #operation(key: string | symbol, method: string, value: Callable): unknown {
    // Of every object; what it asks, it asks of the proxy.
    if (value === Reflect.get(Object.prototype, key)) return value;
    const known = this.#operations.get(key);
    if (known?.real === value) return known.outside;
    if (this.membrane.isKnown(value)) return this.#read(String(key), value);
    const outside = this.membrane.stand(value, {
      outside: new Proxy(shadowOf(value), new Operation(this.membrane, value, this.name, method)),
      name: `${this.name}.${method}`,
    });
    this.#operations.set(key, { real: value, outside });
    return outside;
  }

  #read(key: string, value: unknown): unknown {
    const { membrane, name } = this;
    const last = this.#reads.get(key);
    const isSame = last !== undefined && Object.is(last.value, value);
    if (!isObject(value)) {
      if (!isSame) this.#tell(key, { value }, membrane.pass(value, "").json);
      return value;
    }
    // Of what else it is, the inside may have changed.
    const isWhole = membrane.recorder.names.of(value) !== undefined ||
      (ArrayBuffer.isView(value) && value.byteLength > LONG_BYTES);
    if (isSame && isWhole) return membrane.wrap(value, "");
    const passing = membrane.pass(value, `${name}.${key}`);
    const text = JSON.stringify(passing.json);
    if (last?.text !== text) this.#tell(key, { value, text }, passing.json);
    return passing.value();
  }

  #tellThrown(key: string, error: unknown): void {
    const json = { $: "throws", ...this.membrane.thrown(error, `${this.name}.${key}`) };
    const text = JSON.stringify(json);
    if (this.#reads.get(key)?.text !== text) this.#tell(key, { text }, json as unknown as Json);
  }

  #tell(key: string, read: Read, json: Json): void {
    this.#reads.set(key, read);
    const isNothing = "value" in read && read.value === undefined;
    this.membrane.recorder.get(this.name, key, isNothing ? undefined : json);
  }
}

/** A method of an object, or (with an empty method) a function that a port gave. */
class Operation extends Living {
  constructor(
    membrane: Membrane,
    private readonly perform: Callable,
    private readonly on: ObjectKey,
    private readonly method: string,
  ) {
    super(membrane, perform, method === "" ? on : `${on}.${method}`);
  }

  override get(shadow: object, key: string | symbol): unknown {
    // The language's own; another is one that the port has put there.
    const isOwn = Object.hasOwn(this.real, key) && !OF_FUNCTIONS.has(key);
    return isOwn ? super.get(shadow, key) : Reflect.get(this.real, key);
  }

  apply(_shadow: object, self: unknown, args: readonly unknown[]): unknown {
    const { membrane, perform } = this;
    const real = membrane.real(self);
    // Of another object than it was read of: a method that is lent.
    const lent = this.method !== "" && isObject(real) && membrane.recorder.names.of(real);
    const on = lent ? lent.is : this.on;
    return membrane.call(on, this.method, args, (...args) => Reflect.apply(perform, real, args));
  }

  construct(_shadow: object, args: readonly unknown[]): object {
    const make = (...args: unknown[]) => Reflect.construct(this.perform, args);
    return this.membrane.call(this.on, `new ${this.method}`, args, make) as object;
  }
}
