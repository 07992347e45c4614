/**
 * The decision log: what a run was told at each of its choices, and with that the run itself. Also
 * as a file, one line of JSON.
 */

export interface DecisionLog {
  readonly version: 1;
  readonly seed: number;
  /** "pct"; what made it, for people: a replay needs the decisions alone. */
  readonly strategy: string;
  /** The way taken at each choice of two ways or more; after the last all are quiet. */
  readonly decisions: readonly number[];
  /**
   * What was asked, to notice a run that asks something else. Without it the log is followed as far
   * as it makes sense: shrinking cuts logs for which nobody has asked yet.
   */
  readonly asked?: Asked;
}

export interface Asked {
  /** In the order in which they were first asked. */
  readonly kinds: readonly string[];
  /** For each decision, {@link placeOf} its choice. */
  readonly places: readonly number[];
}

/** More ways than a choice has. */
export const MAX_WAYS = 2 ** 16;

/** A kind and the number of ways in one number. */
export function placeOf(kind: number, ways: number): number {
  return kind * MAX_WAYS + ways;
}

export function kindIn(place: number): number {
  return Math.floor(place / MAX_WAYS);
}

export function waysIn(place: number): number {
  return place % MAX_WAYS;
}

export type DecisionLogReason = "not-json" | "not-a-log" | "newer" | "damaged";

/** A text is no decision log. */
export class DecisionLogError extends Error {
  override readonly name = "DecisionLogError";

  /** @param where the place in the text: "decisions[3]" */
  constructor(
    readonly reason: DecisionLogReason,
    readonly where: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot read the decision log "${where}": ${what}`, options);
  }
}

export const LOG_VERSION = 1;

/** One line of JSON. */
export function formatLog({ seed, strategy, decisions, asked }: DecisionLog): string {
  return JSON.stringify({ decisionLog: LOG_VERSION, seed, strategy, ...asked, decisions });
}

/**
 * The inverse of {@link formatLog}; also takes what `JSON.parse` made of it, as in a recording.
 *
 * @throws DecisionLogError
 */
export function parseLog(text: unknown): DecisionLog {
  const { decisionLog: version, seed, strategy, decisions, kinds, places } = objectOf(text);
  if (!isWhole(version, MAX_WAYS) || version < 1) {
    throw new DecisionLogError("not-a-log", "decisionLog", "it has no version");
  }
  if (version > LOG_VERSION) {
    const fact = `it is of version ${version} and this harness reads ${LOG_VERSION}; update it`;
    throw new DecisionLogError("newer", "decisionLog", fact);
  }
  if (!Number.isSafeInteger(seed)) throw damaged("seed", seed, "a whole number");
  if (typeof strategy !== "string") throw damaged("strategy", strategy, "a name");
  const log = {
    version: LOG_VERSION,
    // A minus sign before 0 is none.
    seed: (seed as number) + 0,
    strategy,
    decisions: numbersAt(decisions, "decisions", MAX_WAYS),
  } as const;
  if (kinds === undefined && places === undefined) return log;
  return { ...log, asked: askedOf(kinds, places, log.decisions) };
}

function askedOf(kinds: unknown, places: unknown, decisions: readonly number[]): Asked {
  if (!Array.isArray(kinds) || !kinds.every((kind) => typeof kind === "string")) {
    throw damaged("kinds", kinds, "a list of names");
  }
  const numbers = numbersAt(places, "places", kinds.length * MAX_WAYS);
  if (numbers.length !== decisions.length) {
    throw damaged("places", `${numbers.length} items`, `${decisions.length} as in decisions`);
  }
  const wrong = decisions.findIndex((way, i) => way >= waysIn(numbers[i]!));
  if (wrong < 0) return { kinds, places: numbers };
  const ways = waysIn(numbers[wrong]!);
  throw damaged(`decisions[${wrong}]`, decisions[wrong], `one of ${ways} ways`);
}

function objectOf(text: unknown): Readonly<Record<string, unknown>> {
  let value = text;
  if (typeof text === "string") {
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new DecisionLogError("not-json", "the text", "it is no JSON", { cause });
    }
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new DecisionLogError("not-a-log", "the text", "it is no object");
}

function numbersAt(value: unknown, where: string, below: number): readonly number[] {
  if (!Array.isArray(value)) throw damaged(where, value, "a list");
  const wrong = value.findIndex((item) => !isWhole(item, below));
  if (wrong < 0) return value;
  throw damaged(`${where}[${wrong}]`, value[wrong], `a whole number below ${below}`);
}

function isWhole(value: unknown, below: number): value is number {
  if (!Number.isInteger(value) || Object.is(value, -0)) return false;
  return (value as number) >= 0 && (value as number) < below;
}

function damaged(where: string, value: unknown, wanted: string): DecisionLogError {
  const found = JSON.stringify(value)?.slice(0, 40) ?? "nothing";
  return new DecisionLogError("damaged", where, `it is ${found}, and ought to be: ${wanted}`);
}
