/**
 * Calls of a trace as people read them, and so that two traces have the same words for the same: what
 * call 13 gave is named by what was called, not by its number.
 */
import type { CallEvent, Json, ObjectKey, ReturnEvent } from "../../trace/mod.ts";
import { referenceOf, valueText } from "../../record/mod.ts";

/** Calls whose names are remembered; of one before them only its number is known. */
const MOST_CALLS = 100_000;

/** A call in the words of both traces. */
export interface NamedCall {
  readonly name: string;
  /** Encoded, with names of objects that are no numbers of calls. */
  readonly args: readonly Json[];
  readonly text: string;
}

export class Calls {
  readonly #names = new Map<number, string>();

  /** What the scenario asked; undefined of a call back, which is the port's. */
  asked({ id, on, method, args, back }: CallEvent): NamedCall | undefined {
    const object = this.#named(on);
    const name = method === "" ? object : `${object}.${method}`;
    if (this.#names.size >= MOST_CALLS) this.#names.delete(this.#names.keys().next().value!);
    this.#names.set(id, name);
    if (back) return undefined;
    const own = args.map((arg) => this.#resolved(arg));
    return { name, args: own, text: `${name}(${own.map(valueText).join(", ")})` };
  }

  /** That the call threw; undefined of any other. */
  threw({ id, error }: ReturnEvent): string | undefined {
    if (!error) return undefined;
    const [message] = error.message.split("\n", 1);
    return `${this.#names.get(id) ?? `#${id}`} threw ${error.name}: ${message}`;
  }

  /** "#13.events" is "cache.read().events"; the numbers of functions go by the order of all calls. */
  #named(key: ObjectKey): string {
    return key.replace(/^#(\d+)/, (whole, id) => {
      const name = this.#names.get(Number(id));
      return name === undefined ? whole : `${name}()`;
    }).replace(/^fn\d+/, "function").replace(/~\d+$/, "");
  }

  #resolved(json: Json): Json {
    if (typeof json !== "object" || json === null) return json;
    if (Array.isArray(json)) return json.map((each) => this.#resolved(each));
    const reference = referenceOf(json);
    if (reference) return { ...reference, is: this.#named(reference.is) };
    return Object.fromEntries(
      Object.entries(json).map(([key, each]) => [key, this.#resolved(each as Json)]),
    );
  }
}
