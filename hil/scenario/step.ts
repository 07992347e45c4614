/** Steps: the named parts of a scenario, in its trace and in the message of a failure. */
import { registerError } from "../record/errors.ts";
import { type Duration, withLimit } from "../time/mod.ts";
import { show } from "./compare.ts";
import {
  currentPlace,
  runIn,
  type RunningStep,
  type ScenarioContext,
  stepPath,
  stepsAround,
} from "./context.ts";
import { awaited } from "./pending.ts";

/** A step, the scenario or the run took longer than it may. `running` names what was going on. */
export class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";

  constructor(
    readonly level: "run" | "scenario" | "step",
    what: string,
    readonly limit: Duration,
    readonly running: readonly string[],
  ) {
    const during = running.length ? `; running: ${running.join(" › ")}` : "";
    super(`The ${level} "${what}" did not end within ${limit}${during}`);
  }
}
registerError(TimeLimitError);

export interface StepOptions {
  /** Longest that it may take, on the host's clock. Default: what is left of the scenario's. */
  readonly timeout?: Duration;
}

/**
 * Runs `body` as a named part of the scenario. Steps nest and may run side by side.
 *
 * @throws TimeLimitError when `timeout` passes; whatever `body` throws
 * @example
 * ```ts ignore
 * const answer = await step("ask for the version", () => board.console.run("version"));
 * ```
 */
export async function step<T>(
  name: string,
  ...rest: [() => T | Promise<T>] | [StepOptions, () => T | Promise<T>]
): Promise<T> {
  const [options, body] = rest.length === 2 ? rest : [{}, rest[0]];
  const { context, step: parent } = currentPlace("step");
  const self: RunningStep = { id: context.nextStepId++, parent, name };
  const begun = { what: `the step "${name}"`, own: self };
  return await awaited(context, begun, () => runStep(context, self, options, body));
}

async function runStep<T>(
  context: ScenarioContext,
  self: RunningStep,
  { timeout }: StepOptions,
  body: () => T | Promise<T>,
): Promise<T> {
  const { name, parent } = self;
  context.running.set(self.id, self);
  context.timeline.record({ type: "step.begin", id: self.id, parent: parent?.id, name });
  try {
    const work = runIn(context, self, async () => await body());
    const value = timeout === undefined ? await work : await withLimit(work, timeout, () => {
      const inside = runningIn(context, self);
      const error = new TimeLimitError("step", name, timeout, stepPath(inside.at(-1)));
      // Nobody waits for them any more: what still comes of them is not of this scenario's steps.
      for (const step of inside.slice(1).reverse()) end(context, step, false, error);
      throw error;
    });
    end(context, self, true);
    return value;
  } catch (error) {
    self.failed = true;
    // The innermost step sees it first.
    if (typeof error === "object" && error !== null && !context.thrownIn.has(error)) {
      context.thrownIn.set(error, stepPath(self));
    }
    end(context, self, false, error);
    throw error;
  }
}

/** Records the end of a step; once, and not into what comes after the scenario. */
function end(context: ScenarioContext, step: RunningStep, ok: boolean, error?: unknown): void {
  if (!context.running.delete(step.id) || context.ended) return;
  const text = ok ? undefined : firstLine(error);
  context.timeline.record({ type: "step.end", id: step.id, ok, error: text });
}

/** `outer`, if it runs, and the steps that run inside it, in the order in which they began. */
function runningIn({ running }: ScenarioContext, outer: RunningStep): RunningStep[] {
  return [...running.values()].filter((step) => stepsAround(step).includes(outer));
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : show(error);
  return text.split("\n", 1)[0]!;
}
