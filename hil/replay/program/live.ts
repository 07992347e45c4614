/** The live objects behind the keys of a recording: ports, what calls gave, the scenario's functions. */
import { decode, decodeThrown } from "../../record/mod.ts";
import type { Json, ObjectKey, Thrown } from "../../trace/mod.ts";
import { CHANNEL } from "./program.ts";

/** Thrown for a key that nothing stands behind in this run. */
export class MissingObject extends Error {
  override readonly name = "MissingObject";
}

/** Makes what does the recorded part of a function of the scenario's. */
export type MakeFunction = (key: ObjectKey) => (...args: unknown[]) => unknown;

export class Live {
  /** By the number of a call: what it gave, or the arguments of a call back. */
  readonly #given = new Map<number, unknown>();
  readonly #functions = new Map<ObjectKey, (...args: unknown[]) => unknown>();

  /** @param file the content of a file beside the trace */
  constructor(
    private readonly ports: Readonly<Record<string, unknown>>,
    private readonly make: MakeFunction,
    private readonly file?: (name: string) => Uint8Array,
  ) {}

  give(id: number, value: unknown): void {
    this.#given.set(id, value);
  }

  /**
   * The live object of a key.
   *
   * @throws MissingObject
   */
  object(key: ObjectKey): unknown {
    if (key.startsWith(CHANNEL)) return this.#console(key.slice(CHANNEL.length));
    const [root = "", ...path] = key.split(".");
    let at = this.#root(root);
    let name = root;
    for (const part of path) {
      at = property(at, part, name);
      name += `.${part}`;
    }
    return at;
  }

  /** @throws MissingObject, ValueError */
  value(json: Json): unknown {
    const { file } = this;
    const reference = ({ is }: { readonly is: string }) => this.object(is);
    return decode(told(json), { reference, ...(file && { file }) });
  }

  thrown(error: Thrown): unknown {
    return decodeThrown(error, { reference: ({ is }) => this.object(is) });
  }

  #root(numbered: string): unknown {
    const root = numbered.replace(/~\d+$/, "");
    if (/^#\d+$/.test(root)) {
      const id = Number(root.slice(1));
      if (this.#given.has(id)) return this.#given.get(id);
      throw new MissingObject(`nothing came of call ${root} here`);
    }
    if (Object.hasOwn(this.ports, root)) return this.ports[root];
    if (!/^fn\d+$/.test(root)) throw new MissingObject(`there is no port "${root}"`);
    let made = this.#functions.get(root);
    if (!made) this.#functions.set(root, made = this.make(root));
    return made;
  }

  /** What can be written to by the name of its channel; where there is but one console, that. */
  #console(channel: string): unknown {
    const consoles = Object.values(this.ports).flatMap((port) => {
      const { console } = port as { readonly console?: unknown };
      return [port, console].filter(canWrite);
    });
    const found = consoles.find(({ name }) => name === channel) ??
      (consoles.length === 1 ? consoles[0] : undefined);
    if (found) return found;
    const names = consoles.map(({ name }) => `"${name}"`).join(", ");
    throw new MissingObject(
      `no port has a console "${channel}"${names && `; there are ${names}`}`,
    );
  }
}

interface Writable {
  readonly name?: unknown;
  readonly write: unknown;
}

function canWrite(value: unknown): value is Writable {
  return typeof value === "object" && value !== null &&
    typeof (value as Partial<Writable>).write === "function";
}

/** `name` as the recording has it: "sd~2" was the second object that was to be had as "sd". */
function property(object: unknown, name: string, of: string): unknown {
  if (object === undefined || object === null) {
    throw new MissingObject(`${of} is ${object} here`);
  }
  const plain = name.replace(/~\d+$/, "");
  const value = object instanceof Map
    ? entryOf([...object], plain)
    : object instanceof Set
    ? [...object][Number(plain)]
    : (object as Record<string, unknown>)[plain];
  if (value === undefined) throw new MissingObject(`${of} has no "${name}" here`);
  return value;
}

/** Of a map, "0" and then "key" or "value". */
function entryOf(entries: readonly [unknown, unknown][], name: string): unknown {
  const entry = entries[Number(name)];
  return entry && { key: entry[0], value: entry[1] };
}

/**
 * Without what the trace cannot tell, where it can be had without: a signal that aborts.
 *
 * @throws MissingObject of anything else
 */
function told(json: Json): Json {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(told);
  const object = json as { readonly [key: string]: Json };
  if (object.$ === "opaque" && object.is === "AbortSignal") return { $: "undefined" };
  if (object.$ === "opaque") {
    throw new MissingObject(`the trace does not tell what that ${object.is} was`);
  }
  return Object.fromEntries(Object.entries(object).map(([key, each]) => [key, told(each)]));
}

type Callable = (...args: unknown[]) => unknown;

/** By its recorded name, which may be "level=", to set it, or "[Symbol.asyncIterator]". */
export function callOn(object: unknown, method: string, values: readonly unknown[]): unknown {
  if (method === "") return (object as Callable)(...values);
  const symbol = /^\[Symbol\.(\w+)\]$/.exec(method)?.[1];
  const key = symbol ? Reflect.get(Symbol, symbol) as symbol : method;
  const target = object as Record<string | symbol, unknown>;
  const found = target[key];
  if (typeof found === "function") return Reflect.apply(found, target, values);
  if (method.endsWith("=")) return void (target[method.slice(0, -1)] = values[0]);
  throw new MissingObject(`it has no "${method}" here`);
}
