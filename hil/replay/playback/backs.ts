/** Functions of the scenario that its ports call: now as then. */
import { valueText } from "../../record/mod.ts";
import type { CallEvent, EventBase, Json, ReturnEvent, Thrown } from "../../trace/mod.ts";
import { normal, same } from "./compare.ts";
import { timeText } from "./divergence.ts";
import type { Recording } from "./recording.ts";

/** What came of a function of the scenario, encoded. */
export interface Outcome {
  readonly value?: Json;
  readonly error?: Thrown;
}

/** How it is another than it was. */
export interface Otherwise {
  readonly what: string;
  readonly recorded: string;
  readonly now: string;
}

export class Backs {
  /** By the number of the call. */
  readonly #outcomes = new Map<number, Outcome | "running">();

  /** @param changed told when one has come to its end */
  constructor(private readonly recording: Recording, private readonly changed: () => void) {}

  has(id: number): boolean {
    return this.#outcomes.has(id);
  }

  isRunning(id: number): boolean {
    return this.#outcomes.get(id) === "running";
  }

  began(id: number, outcome: Outcome | Promise<Outcome>): void {
    if (!(outcome instanceof Promise)) return void this.#outcomes.set(id, outcome);
    this.#outcomes.set(id, "running");
    outcome.then((value) => {
      this.#outcomes.set(id, value);
      this.changed();
    });
  }

  /** How what came of it parts from what it was; undefined when it does not. */
  otherwise(then: EventBase & ReturnEvent): Otherwise | undefined {
    const now = this.#outcomes.get(then.id)!;
    if (now === "running" || this.#isAlike(now, then)) return undefined;
    const { on, args } = this.recording.calls.get(then.id)!.event as CallEvent;
    return {
      what: `A function of the scenario (${on}) gives something else than when it was recorded`,
      recorded: `${shown(then)} for (${args.map(valueText).join(", ")}) at ${timeText(then)}`,
      now: shown(now),
    };
  }

  #isAlike(now: Outcome, then: Outcome): boolean {
    const file = (name: string) => this.recording.file(name);
    if (now.error || then.error) {
      return now.error?.name === then.error?.name && now.error?.message === then.error?.message;
    }
    return same(normal(now.value ?? null, file), normal(then.value ?? null, file));
  }
}

function shown({ value, error }: Outcome): string {
  if (error) return `${error.name}: ${error.message}`;
  return valueText(value);
}
