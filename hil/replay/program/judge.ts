/** What a driven call did that the recorded one did not, or the other way. */
import { callText, encodeThrown } from "../../record/mod.ts";
import type { Duration } from "../../time/mod.ts";
import type { ObjectKey, Thrown } from "../../trace/mod.ts";
import { MissingObject } from "./live.ts";
import type { Awaited, Back, Stimulus } from "./program.ts";

/** What came of a call. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

export interface Trouble {
  readonly what:
    | "threw"
    | "did not throw"
    | "threw otherwise"
    | "never returned"
    | "missing"
    | "has not come"
    | "calls back";
  /** Of the call in the recording; none where there was none. */
  readonly id?: number;
  /** A sentence without a final period. */
  readonly message: string;
}

export class Judge {
  readonly troubles: Trouble[] = [];

  settled(stimulus: Stimulus, outcome: Outcome): void {
    const { returned } = stimulus;
    if ("error" in outcome) return this.#threw(stimulus, outcome.error);
    if (!returned?.error) return;
    this.#tell("did not throw", stimulus, `gave a value; then it threw ${said(returned.error)}`);
  }

  never(stimulus: Stimulus, limit: Duration): void {
    this.#tell(
      "never returned",
      stimulus,
      `has not returned; ${limit} more than it took were over`,
    );
  }

  notHappened({ channel, kind }: Awaited, limit: Duration): void {
    const message = `"${kind}" on ${channel}, which was waited for then, has not come; ` +
      `${limit} more than it took were over`;
    this.troubles.push({ what: "has not come", message });
  }

  notCalled({ id, on }: Back, limit: Duration): void {
    const message = `${on} was not called back: ${limit} more than it took were over`;
    this.troubles.push({ what: "calls back", id, message });
  }

  calledMore(key: ObjectKey, count: number): void {
    const message = `${key} was called back more often than then (${count})`;
    if (this.troubles.some((trouble) => trouble.message === message)) return;
    this.troubles.push({ what: "calls back", message });
  }

  #threw(stimulus: Stimulus, error: unknown): void {
    const { returned } = stimulus;
    if (error instanceof MissingObject) {
      return this.#tell("missing", stimulus, `could not be made: ${error.message}`);
    }
    const now = encodeThrown(error);
    if (!returned) return this.#tell("threw", stimulus, `threw ${said(now)}; then it was pending`);
    const then = returned.error;
    if (!then) return this.#tell("threw", stimulus, `threw ${said(now)}; then it did not`);
    if (then.name === now.name) return; // What their messages tell is for the alignment.
    this.#tell("threw otherwise", stimulus, `threw ${said(now)}; then it threw ${said(then)}`);
  }

  #tell(what: Trouble["what"], stimulus: Stimulus, clause: string): void {
    const message = `call #${stimulus.id}, ${callText(stimulus)}, ${clause}`;
    this.troubles.push({ what, id: stimulus.id, message });
  }
}

function said({ name, message }: Thrown): string {
  return `${name}: ${message.split("\n", 1)[0]}`;
}
