/** The calls of a recording, each matched with the one that the scenario makes now. */
import type { Json, ObjectKey } from "../../trace/mod.ts";
import { normalArgs, writtenBytes } from "./compare.ts";
import { memberKey, type RecordedCall, type Recording } from "./recording.ts";

/** A call that the scenario makes. */
export interface PresentCall {
  readonly on: ObjectKey;
  readonly method: string;
  /** Encoded. */
  readonly args: readonly Json[];
}

/** What a console is asked without anything being done to the target. */
export const LOOKS: readonly string[] = ["waitFor", "forbid", "tail"];

export class Calls {
  /** Made by now, by id. */
  readonly #made = new Set<number>();
  /** Position of the last one made, of each object. */
  readonly #last = new Map<ObjectKey, number>();
  /** Of each function, how many calls have been made without a gap. */
  readonly #from = new Map<string, number>();
  /** The last one made of each query, with these arguments. */
  readonly #answered = new Map<string, RecordedCall>();

  constructor(
    private readonly recording: Recording,
    private readonly isConsole: (key: ObjectKey) => boolean,
  ) {}

  isMade({ event }: RecordedCall): boolean {
    return this.#made.has(event.id);
  }

  make(call: RecordedCall): void {
    this.#made.add(call.event.id);
    const { on } = call.event;
    this.#last.set(on, Math.max(call.at, this.#last.get(on) ?? -1));
    if (isQuery(call)) this.#answered.set(this.#textOf(call.event), call);
  }

  /** Whether the target needs this call to go on as it did: nothing comes of a look, or a query again. */
  matters(call: RecordedCall): boolean {
    const { on, method, back } = call.event;
    if (back || method === "then" || this.isMade(call)) return false;
    if (LOOKS.includes(method) && this.isConsole(on)) return false;
    return !(isQuery(call) && this.#answered.has(this.#textOf(call.event)));
  }

  /** Those of the same function that have not been made, in the order of the recording. */
  *open({ on, method }: PresentCall): Generator<RecordedCall, void> {
    const key = memberKey(on, method);
    const all = this.recording.callsOf.get(key) ?? [];
    let from = this.#from.get(key) ?? 0;
    while (from < all.length && this.isMade(all[from]!)) from++;
    this.#from.set(key, from);
    for (let i = from; i < all.length; i++) if (!this.isMade(all[i]!)) yield all[i]!;
  }

  /** The next one that is the same; of a console's looks, one that comes after its last call. */
  find(call: PresentCall): RecordedCall | undefined {
    const after = LOOKS.includes(call.method) && this.isConsole(call.on)
      ? this.#last.get(call.on) ?? -1
      : -1;
    const wanted = this.#textOf(call);
    for (const open of this.open(call)) {
      if (open.at > after && this.#textOf(open.event) === wanted) return open;
    }
    return this.recording.secrets.some ? this.#findAlike(call) : undefined;
  }

  /** The next one that is the same but for secrets, for which the recording has stand-ins. */
  #findAlike(call: PresentCall): RecordedCall | undefined {
    const args = this.#argsOf(call);
    for (const open of this.open(call)) {
      if (this.recording.secrets.isAlike(this.#argsOf(open.event), args)) return open;
    }
  }

  /** What a query with these arguments gave when it was made last. */
  answered(call: PresentCall): RecordedCall | undefined {
    return this.#answered.get(this.#textOf(call));
  }

  readonly #texts = new WeakMap<object, string>();

  /** The same text for the same function and arguments. */
  #textOf(call: PresentCall): string {
    const known = this.#texts.get(call);
    if (known !== undefined) return known;
    const text = memberKey(call.on, call.method) + JSON.stringify(this.#argsOf(call));
    this.#texts.set(call, text);
    return text;
  }

  #argsOf({ on, method, args }: PresentCall): Json[] {
    const written = method === "write" && this.isConsole(on);
    return normalArgs(written ? writtenBytes(args) : args, (name) => this.recording.file(name));
  }
}

/** It gives something at once: asked twice with nothing in between, it would give it twice. */
function isQuery({ returned }: RecordedCall): boolean {
  return returned?.sync === true && returned.value !== undefined;
}
