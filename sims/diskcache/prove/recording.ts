/**
 * The file that a failure is kept in: which level showed it, on what cache, under which load and
 * decisions. One format for all levels, so that what one shows can be tried on a faster one.
 */
import { type DecisionLog, formatLog, parseLog } from "hil/explore/mod.ts";
import { formatLoad, type Load, parseLoad } from "../load.ts";

/** "model": the TypeScript model; "code": the guest's C as WebAssembly. */
export type Level = "model" | "code";

export interface ProofRecording {
  readonly level: Level;
  /** The promise that did not hold. */
  readonly promise: string;
  /** A defect that was planted, by its name on that level. */
  readonly bug?: string;
  readonly list: string;
  readonly scheduler: string;
  /** Of the model: whether drives may fail; of the code: how many requests do at most. */
  readonly faults: number;
  readonly load: Load;
  readonly log: DecisionLog;
}

export const PROOF_VERSION = 1;

/** The text is no recording of ours. */
export class ProofRecordingError extends Error {
  override readonly name = "ProofRecordingError";

  constructor(why: string, options?: ErrorOptions) {
    super(`Cannot read the recording of a failure: ${why}`, options);
  }
}

export function formatRecording({ load, log, ...rest }: ProofRecording): string {
  const parts = { load: JSON.parse(formatLoad(load)), log: JSON.parse(formatLog(log)) };
  return `${JSON.stringify({ proof: PROOF_VERSION, ...rest, ...parts })}\n`;
}

/** @throws ProofRecordingError */
export function parseRecording(text: string): ProofRecording {
  const { proof, level, promise, bug, list, scheduler, faults, load, log } = fieldsOf(text);
  if (typeof proof !== "number") {
    throw new ProofRecordingError("it has no version; give a file that `deno task prove` wrote");
  }
  if (proof !== PROOF_VERSION) {
    throw new ProofRecordingError(
      `it is of version ${proof} and this reads ${PROOF_VERSION}; update the project`,
    );
  }
  if (level !== "model" && level !== "code") {
    throw new ProofRecordingError(`its level is "${level}"; there are model and code`);
  }
  if (
    !isText(promise) || !isText(list) || !isText(scheduler) || !(bug === undefined || isText(bug))
  ) {
    throw new ProofRecordingError("promise, list, scheduler and bug are words");
  }
  if (typeof faults !== "number" || !Number.isInteger(faults) || faults < 0) {
    throw new ProofRecordingError(`its faults are "${faults}"; a whole number from 0 is wanted`);
  }
  try {
    const parts = { load: parseLoad(load), log: parseLog(log) };
    return { level, promise, list, scheduler, faults, ...(bug ? { bug } : {}), ...parts };
  } catch (cause) {
    throw new ProofRecordingError((cause as Error).message, { cause });
  }
}

function fieldsOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProofRecordingError("it is not JSON; is it cut off?", { cause });
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new ProofRecordingError("it is no JSON object");
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0;
}
