/**
 * Whether a script fails, and in which way: by what the target itself tells (a call throws, the
 * target dies), by an oracle, or beside another target. What a scenario had expected is not known.
 */
import { encode } from "../../record/mod.ts";
import type { Failure, Json, Thrown, TraceEvent } from "../../trace/mod.ts";
import { keysIn, oneLine, type Script } from "../typescript/mod.ts";
import { type Result, thrownOf } from "./play.ts";

/** What was seen when a script was played. */
export interface Observation {
  readonly results: ReadonlyMap<number, Result>;
  /** What ended it: see `Timeline.fail`. */
  readonly failure?: Error;
  readonly events: readonly TraceEvent[];
}

/** Judges of a target's trace, by role. */
export type Oracles = ReadonlyMap<
  string,
  (events: readonly TraceEvent[]) => { readonly kind: string; readonly message: string } | undefined
>;

/** One way in which a script failed. */
export interface Finding {
  readonly by: "call" | "target" | "oracle" | "reference";
  /** Two findings are the same when theirs are. */
  readonly key: string;
  /** For people; lines after the first are evidence. */
  readonly message: string;
  /** That threw or gave something else. */
  readonly call?: number;
  /** Whose oracle it is. */
  readonly role?: string;
  /** Of a reference: what it gave, encoded. */
  readonly value?: Json;
}

/** All that is wrong, without another target to compare with. */
export function* findingsOf(
  { results, failure, events }: Observation,
  oracles: Oracles,
): Generator<Finding> {
  if (failure) {
    const thrown = thrownOf(failure);
    yield { by: "target", key: `target ${signatureOf(thrown)}`, message: textOf(thrown) };
  }
  for (const [call, { error, unmade }] of results) {
    if (error === undefined || unmade) continue;
    const thrown = thrownOf(error);
    yield { by: "call", key: `call ${signatureOf(thrown)}`, message: textOf(thrown), call };
  }
  for (const [role, judge] of oracles) {
    const wrong = judge(events);
    if (!wrong) continue;
    yield { by: "oracle", key: `oracle ${role} ${wrong.kind}`, message: wrong.message, role };
  }
}

/** The first call that gave something else than it did on the reference. */
export function differenceOf(
  script: Script,
  { results }: Observation,
  reference: Observation,
): Finding | undefined {
  for (const { id, on, method } of script.actions) {
    const [ours, theirs] = [results.get(id), reference.results.get(id)];
    if (ours?.unmade || theirs?.unmade) continue;
    const [one, other] = [comparable(ours), comparable(theirs)];
    if (one === undefined || other === undefined || one.text === other.text) continue;
    const name = `${on.replace(/^#\d+/, "")}.${method}`;
    const message = `${on}.${method} gives ${one.text}; the reference gives ${other.text}`;
    const { value } = other;
    return {
      ...{ by: "reference", key: `reference ${name}`, message: oneLine(message), call: id },
      ...(value !== undefined && { value }),
    };
  }
}

/** Undefined where nothing can be said: objects of two targets are two. */
function comparable(
  result: Result | undefined,
): { readonly text: string; readonly value?: Json } | undefined {
  if (!result) return { text: "nothing" };
  if (result.error !== undefined) return { text: signatureOf(thrownOf(result.error)) };
  const value = encode(result.value);
  const text = JSON.stringify(value);
  if (keysIn(value).length > 0 || text.includes('"$":"opaque"')) return undefined;
  return { text, value };
}

/**
 * The finding that the recorded failure is: what a call threw or the target told in the same words,
 * else what an oracle has found.
 */
export function wantedOf(
  findings: readonly Finding[],
  failure: Pick<Failure, "name" | "message"> | undefined,
): Finding | undefined {
  const told = failure && signatureOf(failure);
  const same = findings.find(({ key }) => key === `call ${told}` || key === `target ${told}`);
  return same ?? findings.find(({ by }) => by === "oracle") ??
    findings.find(({ by }) => by === "target");
}

/**
 * Class and message without what differs from run to run and from argument to argument: the first
 * sentence, its numbers and what it quotes left out.
 */
export function signatureOf({ name, message }: Pick<Thrown, "name" | "message">): string {
  const sentence = message.split("\n", 1)[0]!.split("; ", 1)[0]!;
  const bare = sentence
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replaceAll(/\b(?:0x[0-9a-f]+|[0-9][0-9a-f]{5,}|\d+(?:\.\d+)?)\b/gi, "N");
  return `${name}: ${bare}`;
}

function textOf({ name, message }: Thrown): string {
  return `${name}: ${message}`;
}
