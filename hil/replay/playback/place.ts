/** Where in a scenario something was asked for. */
import { scenarioFrame } from "../../scenario/caller.ts";

/** Its `stack` is written out only when somebody looks at it. */
export interface Here {
  readonly stack?: string;
}

/** Membranes and helpers of a scenario lie between it and who asks. */
const FRAMES = 40;
const OURS = /\/hil\/(record|replay)\/(?!\S*_test\.ts)/;

/** The place of who called `below`. */
export function here(below: (...args: never[]) => unknown): Here {
  const place: Here = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  Error.captureStackTrace(place, below);
  Error.stackTraceLimit = limit;
  return place;
}

/** What was thrown, as if it were thrown there. */
export function placed<T>(thrown: T, { stack = "" }: Here): T {
  if (!(thrown instanceof Error)) return thrown;
  const frames = stack.split("\n").slice(1).filter((line) => !OURS.test(line));
  const text = [`${thrown.name}: ${thrown.message}`, ...frames].join("\n");
  Object.defineProperty(thrown, "stack", { value: text, configurable: true, writable: true });
  return thrown;
}

/** " (scenarios/led.scenario.ts:12)", from a root, or nothing. */
export function placeText({ stack = "" }: Here, root: string): string {
  const frame = scenarioFrame(stack);
  if (!frame) return "";
  const { file, line } = frame;
  return ` (${file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file}:${line})`;
}
