/** Steps: the named parts of a scenario, in its trace and in the message of a failure. */
import { type Duration, withLimit } from "../time/mod.ts";
import { currentPlace, runIn, type RunningStep, stepPath } from "./context.ts";

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
  context.running.set(self.id, self);
  context.timeline.record({ type: "step.begin", id: self.id, parent: parent?.id, name });
  const end = (error?: unknown) => {
    context.running.delete(self.id);
    if (context.ended) return;
    const text = error === undefined ? undefined : firstLine(error);
    context.timeline.record({ type: "step.end", id: self.id, ok: !text, error: text });
  };
  try {
    const work = runIn(context, self, async () => await body());
    const value = options.timeout === undefined ? await work : await withLimit(
      work,
      options.timeout,
      () => {
        throw new TimeLimitError("step", name, options.timeout!, innermost(context.running, self));
      },
    );
    end();
    return value;
  } catch (error) {
    // The innermost step sees it first.
    if (error instanceof Error && !context.thrownIn.has(error)) {
      context.thrownIn.set(error, stepPath(self));
    }
    end(error);
    throw error;
  }
}

/** What runs inside `outer`, as paths of step names. */
function innermost(running: Map<number, RunningStep>, outer: RunningStep): string[] {
  const inside = [...running.values()].filter((step) => {
    for (let at: RunningStep | undefined = step; at; at = at.parent) if (at === outer) return true;
    return false;
  });
  return stepPath(inside.at(-1));
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split("\n", 1)[0]!;
}
