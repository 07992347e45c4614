/**
 * A plan of faults as data: what goes wrong in a drive, for which requests, from when to when, and
 * how often. Faults end, so that it can be checked that everything goes on afterwards.
 *
 * @example
 * ```ts
 * import { parsePlan } from "./plan.ts";
 *
 * parsePlan({
 *   version: 1,
 *   seed: 7,
 *   faults: [
 *     { kind: "error", operations: ["write"], lba: [8, 15], count: "persistent", until: { request: 100 } },
 *     { kind: "latency", ns: 3_000_000, chance: 0.2, count: "persistent" },
 *     { kind: "power cut", from: { flush: 2 } },
 *   ],
 * });
 * ```
 */

/** What a drive is asked for. A discard is a write without data. */
export type DriveOperation = "read" | "write" | "flush";

/** The version that is written and the only one that is read. */
export const PLAN_VERSION = 1;

/** What a fault of each kind does, and which requests it can befall. */
export const FAULT_KINDS = {
  /** The request fails and has moved nothing. */
  "error": ["read", "write", "flush"],
  /** The request takes `ns` longer. */
  "latency": ["read", "write", "flush"],
  /** The request waits until it is released, or for `ns` when that is given. */
  "hold": ["read", "write", "flush"],
  /** The drive says that it has done it and has not. */
  "drop": ["write", "flush"],
  /** The blocks are written `by` blocks further on, and not where they belong. */
  "misdirect": ["write"],
  /** A bit of the block flips on the platter before it is read, and stays so. */
  "rot": ["read"],
  /** The drives lose power: with the request under way, or at a moment. */
  "power cut": ["read", "write", "flush"],
} as const satisfies Readonly<Record<string, readonly DriveOperation[]>>;

export type FaultKind = keyof typeof FAULT_KINDS;

/** Counted from when the drive was given the plan. What is given must all have come. */
export type Moment = {
  /** The request of that number has arrived; from 1. */
  readonly request?: number;
  /** So many flushes are done. */
  readonly flush?: number;
  /** So many nanoseconds have passed on the target's clock. */
  readonly ns?: number;
};

export type PlannedFault = {
  readonly kind: FaultKind;
  /** Requests of these kinds; default: all that a fault of this kind can befall. */
  readonly operations?: readonly DriveOperation[];
  /** Requests that touch these blocks, both included; not looked at for a flush. */
  readonly lba?: readonly [first: number, last: number];
  /** Default: from the beginning. */
  readonly from?: Moment;
  /** The first moment at which it is over. Default: no end but `count`. */
  readonly until?: Moment;
  /** How often at most; default once. */
  readonly count?: number | "persistent";
  /** How likely it is each time that it could be; default 1. */
  readonly chance?: number;
  /** Of "latency" and "hold". */
  readonly ns?: number;
  /** Of "misdirect": blocks, also negative; round the end of the drive. Default 1. */
  readonly by?: number;
};

export type FaultPlan = {
  readonly version: typeof PLAN_VERSION;
  readonly seed: number;
  readonly faults: readonly PlannedFault[];
  /** At a power cut the sector being written may be part new, part old. Default: it is atomic. */
  readonly torn?: boolean;
  /**
   * What a power cut leaves of the writes that no flush has covered: any of them (default), as the
   * drive's cache reorders them; those before some moment; all; none.
   */
  readonly survivors?: "any" | "in order" | "all" | "none";
};

export const NO_FAULTS: FaultPlan = { version: PLAN_VERSION, seed: 0, faults: [] };

/** What is wrong with a plan, and where: "faults[2].until.ns". */
export class FaultPlanError extends Error {
  override readonly name = "FaultPlanError";

  constructor(readonly path: string, problem: string) {
    super(`Cannot take the fault plan: ${path} ${problem}`);
  }
}

type Check = (value: unknown, path: string) => void;

const OPERATIONS: readonly string[] = ["read", "write", "flush"] satisfies DriveOperation[];
const SURVIVORS = ["any", "in order", "all", "none"];

const MOMENT: Readonly<Record<string, Check>> = {
  request: whole(1),
  flush: whole(1),
  ns: whole(0),
};

const FAULT: Readonly<Record<string, Check>> = {
  kind: oneOf(Object.keys(FAULT_KINDS)),
  operations: list(oneOf(OPERATIONS)),
  lba: range,
  from: record(MOMENT),
  until: record(MOMENT),
  count: (value, path) => value === "persistent" || whole(1)(value, path),
  chance: (value, path) =>
    demand(typeof value === "number" && value >= 0 && value <= 1, path, "is no number from 0 to 1"),
  ns: whole(0),
  by: whole(-(2 ** 48)),
};

const PLAN: Readonly<Record<string, Check>> = {
  version: (value, path) =>
    demand(value === PLAN_VERSION, path, `is not ${PLAN_VERSION}, the one version that there is`),
  seed: whole(0),
  faults: list(fault),
  torn: (value, path) => demand(typeof value === "boolean", path, "is neither true nor false"),
  survivors: oneOf(SURVIVORS),
};

/**
 * The plan when it is one.
 *
 * @throws FaultPlanError
 */
export function parsePlan(value: unknown): FaultPlan {
  record(PLAN, ["version", "seed", "faults"])(value, "the plan");
  return value as FaultPlan;
}

/** @throws FaultPlanError also when the text is no JSON */
export function parsePlanText(text: string): FaultPlan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FaultPlanError("the text", `is no JSON: ${(error as Error).message}`);
  }
  return parsePlan(value);
}

function fault(value: unknown, path: string): void {
  record(FAULT, ["kind"])(value, path);
  const { kind, operations, ns, by } = value as PlannedFault;
  const possible: readonly DriveOperation[] = FAULT_KINDS[kind];
  const never = operations?.find((operation) => !possible.includes(operation));
  demand(
    never === undefined,
    `${path}.operations`,
    `has "${never}", which "${kind}" cannot befall`,
  );
  demand(kind !== "latency" || ns !== undefined, path, `is a latency without "ns"`);
  const timed = kind === "latency" || kind === "hold";
  demand(timed || ns === undefined, `${path}.ns`, `says nothing for "${kind}"`);
  demand(kind === "misdirect" || by === undefined, `${path}.by`, `says nothing for "${kind}"`);
}

function demand(good: boolean, path: string, problem: string): asserts good {
  if (!good) throw new FaultPlanError(path, problem);
}

function record(fields: Readonly<Record<string, Check>>, needed: readonly string[] = []): Check {
  return (value, path) => {
    const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
    demand(isRecord, path, "is no object");
    for (const name of needed) demand(Object.hasOwn(value, name), path, `has no "${name}"`);
    for (const [name, field] of Object.entries(value)) {
      const check = Object.hasOwn(fields, name) ? fields[name]! : undefined;
      const known = Object.keys(fields).join(", ");
      demand(check !== undefined, path, `has "${name}", which is none of ${known}`);
      if (field !== undefined) check(field, path === "the plan" ? name : `${path}.${name}`);
    }
  };
}

function list(check: Check): Check {
  return (value, path) => {
    demand(Array.isArray(value), path, "is no list");
    value.forEach((one, index) => check(one, `${path}[${index}]`));
  };
}

function oneOf(words: readonly string[]): Check {
  return (value, path) =>
    demand(words.includes(value as string), path, `is none of ${words.join(", ")}`);
}

function whole(least: number): Check {
  return (value, path) => {
    const good = Number.isSafeInteger(value) && (value as number) >= least;
    demand(good, path, `is no whole number from ${least}`);
  };
}

function range(value: unknown, path: string): void {
  demand(Array.isArray(value) && value.length === 2, path, "is no pair [first, last]");
  value.forEach((one, index) => whole(0)(one, `${path}[${index}]`));
  demand(value[0] <= value[1], path, "ends before it begins");
}
