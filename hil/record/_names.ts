/** The names of objects in a trace: see ObjectKey. */
import type { Clock } from "../time/mod.ts";
import { channelOf, type Kind } from "./_kinds.ts";
import type { Json } from "../trace/event.ts";
import { PartOfSignal } from "../trace/part.ts";
import type { Reference } from "./value.ts";

export class Names {
  readonly #references = new WeakMap<object, Reference>();
  /** How often a name was wanted; of a signal, its channel. */
  readonly #wanted = new Map<string, number | string>();
  #functions = 0;

  /** What stands for an object that has a name. */
  of(value: object): Reference | undefined {
    return this.#references.get(value);
  }

  /** Names it, or gives the name that it has. */
  give(value: object, kind: Kind, wanted: string): Reference {
    const known = this.#references.get(value);
    if (known) return known;
    const reference = kind === "function" || kind === "promise"
      ? { $: kind, is: this.#unique(wanted) }
      : kind === "clock"
      ? { $: "object", is: this.#unique(wanted), ...clockOf(value as Clock) }
      : this.#object(value, wanted);
    this.#references.set(value, reference);
    return reference;
  }

  /** Of what has its name by something else: a method. */
  set(value: object, reference: Reference): void {
    this.#references.set(value, reference);
  }

  /** Names a function that the scenario gave. */
  function(value: object): Reference {
    return this.of(value) ?? this.give(value, "function", `fn${++this.#functions}`);
  }

  #object(value: object, wanted: string): Reference {
    const channel = channelOf(value);
    if (channel === undefined) return { $: "object", is: this.#unique(wanted) };
    const { name } = (value as { readonly clock: Clock }).clock;
    const signal = { signal: channel, clock: name, ...partOf(value) };
    // A view of a channel may be made anew each time: they are the same to all who look.
    if (this.#wanted.get(wanted) === channel) return { $: "object", is: wanted, ...signal };
    const is = this.#unique(wanted);
    if (is === wanted) this.#wanted.set(wanted, channel);
    return { $: "object", is, ...signal };
  }

  /** The name, or where another object has it, with a number behind it. */
  #unique(wanted: string): string {
    const times = this.#wanted.get(wanted);
    const count = typeof times === "number" ? times + 1 : times === undefined ? 1 : 2;
    this.#wanted.set(wanted, count);
    return count === 1 ? wanted : `${wanted}~${count}`;
  }
}

function clockOf({ name, virtual }: Clock): { readonly clock: string; readonly virtual?: true } {
  return { clock: name, ...(virtual && { virtual }) };
}

/** Of a part of a signal, the fields that its occurrences have. */
function partOf(value: object): { readonly only?: Json } {
  return value instanceof PartOfSignal ? { only: value.only } : {};
}
