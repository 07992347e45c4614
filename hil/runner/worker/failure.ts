/** From what was thrown to a {@link Failure}: a message that stands alone, the place, the blame. */
import { framesOf, inHarness, scenarioFrame } from "../../scenario/caller.ts";
import { TimeLimitError } from "../../scenario/step.ts";
import type { Blame, Failure } from "../../trace/mod.ts";
import { relativeTo } from "../paths.ts";

/** What was going on when it was thrown. */
export type Phase = "load" | "start" | "body" | "teardown";

/** The classes that say by themselves who is to blame. Others: see {@link blameFor}. */
const BLAME: Readonly<Record<string, Blame>> = {
  ExpectationError: "product",
  AssertionError: "product",
  ConsoleTimeout: "product",
  ConsoleClosed: "product",
  ForbiddenOutput: "product",
  LinkError: "product",
  GuestCrashed: "product",
  PageError: "product",
  QemuError: "bench",
  BrowserError: "bench",
  TraceWriteError: "bench",
  PlaybackDivergence: "scenario",
  PlaybackEnded: "scenario",
};

/** Errors of whoever wrote the code, not of what it tests. */
const PROGRAMMING = ["TypeError", "ReferenceError", "SyntaxError", "RangeError"];
const STACK_CHARACTERS = 8000;

export interface FailureContext {
  /** Repository root, absolute, without a slash at its end. */
  readonly root: string;
  readonly phase: Phase;
  readonly running?: readonly string[];
}

export function describeFailure(thrown: unknown, context: FailureContext): Failure {
  const { root, phase, running } = context;
  if (!(thrown instanceof Error)) {
    const text = `${WORDS[phase]} threw ${Deno.inspect(thrown)}, which is no Error`;
    return {
      name: "Error",
      message: text,
      blame: phase === "start" ? "bench" : "scenario",
      running,
    };
  }
  const stack = thrown.stack ?? "";
  const place = placeIn(thrown, stack);
  return {
    name: thrown.name,
    message: messageOf(thrown),
    blame: blameFor(thrown, phase, place?.file),
    ...(place && { file: relativeTo(root, place.file), line: place.line }),
    stack: stack.slice(0, STACK_CHARACTERS),
    ...(running?.length && { running }),
  };
}

const WORDS: Readonly<Record<Phase, string>> = {
  load: "the file",
  start: "the target",
  body: "the scenario",
  teardown: "the clean-up",
};

function messageOf(error: Error): string {
  const own = error.message || `a ${error.name} without a message`;
  const parts = error instanceof AggregateError
    ? error.errors.map((each) => `  ${each instanceof Error ? messageOf(each) : each}`)
    : [];
  const cause = error.cause instanceof Error && !own.includes(error.cause.message)
    ? [`  caused by ${error.cause.name}: ${messageOf(error.cause)}`]
    : [];
  return [own, ...parts, ...cause].join("\n");
}

/** A syntax error has its place in the message only. */
function placeIn(error: Error, stack: string) {
  return framesOf(error.message)[0] ?? scenarioFrame(stack);
}

function blameFor(error: Error, phase: Phase, file: string | undefined): Blame {
  const { name } = error;
  if (error instanceof TimeLimitError) {
    return error.level === "run" ? "harness" : phase === "start" ? "bench" : "product";
  }
  if (Object.hasOwn(BLAME, name)) return BLAME[name]!;
  if (name === "Interrupted") return "harness";
  if (phase === "start") return "bench";
  if (phase === "load") return "scenario";
  // Who threw it? The innermost frame of the project's own.
  const innermost = framesOf(error.stack ?? "")[0]?.file ?? "";
  if (/\.scenario\.ts$|\/scenarios\//.test(innermost)) return "scenario"; // Also late, by a timer.
  if (phase === "teardown") return "harness";
  if (innermost === "") return "scenario";
  if (inHarness(innermost)) return file && PROGRAMMING.includes(name) ? "scenario" : "harness";
  return PROGRAMMING.includes(name) ? "scenario" : "product";
}
