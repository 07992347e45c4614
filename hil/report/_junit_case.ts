/** One scenario's result as the `testcase` of a JUnit report; see {@link writeJunit}. */
import { quarantineText } from "../history/mod.ts";
import type { MeasureEvent } from "../trace/mod.ts";
import {
  type Attachment,
  type Attempt,
  failureOf,
  isExcused,
  type ScenarioResult,
  totalNs,
} from "./result.ts";
import { cutEnd, cutMiddle, oneLine, plainText } from "./text.ts";

/** `@name` is an attribute, `#text` is text and comes last, an array repeats an element. */
export type Element = { [name: string]: string | Element | readonly Element[] };

/** Azure keeps 512 characters of a name; some are left for the number of a namesake. */
const NAME_LIMIT = 500;
const MESSAGE_LIMIT = 4_000;

/** How much text a case may have: a body and an output of a failed one, an output of a good one. */
export interface TextLimits {
  readonly failed: number;
  readonly passed: number;
}

/** The element of one result. `name` is unique among its namesakes. */
export function caseElement(
  result: ScenarioResult,
  names: { readonly classname: string; readonly name: string },
  limits: TextLimits,
): Element {
  const good = result.outcome === "passed" || result.outcome === "skipped";
  const output = systemOut(result, good ? limits.passed : limits.failed);
  return {
    "@classname": attribute(names.classname),
    "@name": attribute(names.name),
    "@file": attribute(result.file),
    "@line": String(result.line),
    "@time": secondsText(totalNs(result)),
    properties: { property: properties(result) },
    ...verdictElements(result, limits.failed),
    ...(output ? { "system-out": { "#text": text(output) } } : {}),
  };
}

/** The name of a case before it is made unique. */
export function caseName({ name, repeat }: ScenarioResult): string {
  const repeated = repeat === undefined ? "" : ` (repeat ${repeat})`;
  return cutEnd(oneLine(name) || "(no name)", NAME_LIMIT - repeated.length) + repeated;
}

/**
 * Whether a result that did not pass is an `error` rather than a `failure`: nobody can say
 * whether the system under test is good, because the run was interrupted, the scenario file has
 * no scenarios, or the bench or the harness is to blame. All consumers count both as failed.
 */
export function isError(result: ScenarioResult): boolean {
  if (result.outcome === "interrupted") return true;
  if (result.outcome !== "failed" || isExcused(result)) return false;
  const { blame } = failureOf(firstTroubled(result));
  return result.name === "(file)" || blame === "bench" || blame === "harness";
}

function verdictElements(result: ScenarioResult, limit: number): Element {
  const { outcome, skip } = result;
  if (outcome === "passed") return {};
  if (outcome === "skipped") {
    const why = plainText(skip ? `${skip.reason}; ${skip.remedy}` : "no reason was given");
    return { skipped: { "@message": attribute(why), "#text": text(why) } };
  }
  const troubled = result.attempts.filter((attempt) => attempt.outcome !== "passed");
  if (outcome === "flaky") {
    return { flakyFailure: troubled.map((attempt) => rerunElement(result, attempt, limit)) };
  }
  const [first, ...again] = troubled;
  const body = failureBody(result, first, limit);
  const attributes = failureAttributes(result, first);
  if (isExcused(result)) {
    return { skipped: { "@message": attributes["@message"]!, "#text": text(body) } };
  }
  return {
    [isError(result) ? "error" : "failure"]: {
      ...attributes,
      "#text": text(body),
    },
    ...(again.length > 0
      ? { rerunFailure: again.map((attempt) => rerunElement(result, attempt, limit)) }
      : {}),
  };
}

function firstTroubled(result: ScenarioResult): Attempt | undefined {
  return result.attempts.find((attempt) => attempt.outcome !== "passed");
}

function rerunElement(result: ScenarioResult, attempt: Attempt, limit: number): Element {
  return {
    ...failureAttributes(result, attempt),
    stackTrace: { "#text": text(failureBody(result, attempt, limit)) },
  };
}

function failureAttributes(result: ScenarioResult, attempt: Attempt | undefined): Element {
  const { name } = failureOf(attempt);
  return {
    "@message": attribute(cutEnd(messageOf(result, attempt), MESSAGE_LIMIT)),
    "@type": attribute(oneLine(name) || "Error"),
  };
}

/** What the quarantine says of it comes first: it is why this is no failure, or one again. */
function messageOf({ quarantine }: ScenarioResult, attempt: Attempt | undefined): string {
  const message = messageText(failureOf(attempt).message);
  return quarantine ? `${oneLine(quarantineText(quarantine))}\n${message}` : message;
}

/** The message without an empty beginning, so that its first line says something. */
function messageText(message: string): string {
  return plainText(message).trim() || "(the failure has no message)";
}

/** Begins with the message and ends with ` file:line`, which is where consumers look for it. */
function failureBody(result: ScenarioResult, attempt: Attempt | undefined, limit: number): string {
  const failure = failureOf(attempt);
  const { running, stack, file = result.file, line = result.line } = failure;
  const frames = plainText(stack ?? "").split("\n").filter((frame) => /^\s+at /.test(frame));
  const parts = [
    messageOf(result, attempt),
    running?.length ? `running: ${running.map(oneLine).join(" › ")}` : "",
    attempt?.trace ? `trace: ${oneLine(attempt.trace)}` : "",
    attempt?.replay ? `replay: ${oneLine(attempt.replay)}` : "",
    `reproduce: ${oneLine(result.reproduce)}`,
    ...frames,
  ].filter((part) => part !== "");
  return `${cutMiddle(parts.join("\n"), limit)}\nat ${oneLine(file)}:${line}`;
}

function properties(result: ScenarioResult): Element[] {
  const blame = firstTroubled(result)?.failure?.blame;
  const pairs: (readonly [name: string, value: string])[] = [
    ["seed", String(result.seed)],
    ["reproduce", result.reproduce],
    ...(result.attempts.length > 1 ? [["attempts", String(result.attempts.length)] as const] : []),
    ...(blame ? [["blame", blame] as const] : []),
    ...(result.quarantine ? [["quarantine", quarantineText(result.quarantine)] as const] : []),
    ...measurementsOf(result).map((m) => [`measure ${m.name}`, `${m.value} ${m.unit}`] as const),
  ];
  return pairs.map(propertyElement);
}

/** A `property` element. */
export function propertyElement([name, value]: readonly [string, string]): Element {
  return { "@name": attribute(oneLine(name)) || "(no name)", "@value": attribute(oneLine(value)) };
}

/** Those of the last attempt: the one that decided. */
function measurementsOf(result: ScenarioResult): readonly MeasureEvent[] {
  return result.attempts.at(-1)?.measurements ?? [];
}

function measurementLine({ name, value, unit, within, verdict }: MeasureEvent): string {
  const limits = within ? `, limits ${within[0] ?? "-∞"} to ${within[1] ?? "∞"} ${unit}` : "";
  return oneLine(`measured ${name}: ${value} ${unit} (${verdict}${limits})`);
}

function systemOut(result: ScenarioResult, limit: number): string {
  const { tags, others } = attachmentLines(result);
  const many = result.attempts.length > 1;
  const outputs = result.attempts.map(({ output, outcome }, i) => {
    const body = plainText(output).trimEnd();
    return many && body ? `attempt ${i + 1} (${outcome}):\n${body}` : body;
  });
  const rest = [...measurementsOf(result).map(measurementLine), ...others, ...outputs];
  const restText = cutMiddle(rest.filter((line) => line !== "").join("\n"), limit)
    // What a target says must not make Jenkins publish a file.
    .replaceAll("[[ATTACHMENT|", "[ [ATTACHMENT|");
  return [...tags, restText].filter((line) => line !== "").join("\n");
}

/**
 * Attachment tags, the most useful first: those of failed attempts, the latest first, pictures
 * before others, traces last. Jenkins drops a second file of one base name, so such a file, and
 * one whose path would break the tag, gets a plain line.
 */
function attachmentLines(result: ScenarioResult): { tags: string[]; others: string[] } {
  const rank = ({ outcome }: Attempt) => outcome === "passed" ? 1 : 0;
  const attempts = [...result.attempts].reverse().sort((a, b) => rank(a) - rank(b));
  const files: Attachment[] = attempts.flatMap(({ attachments }) => [
    ...attachments.filter(isPicture),
    ...attachments.filter((attachment) => !isPicture(attachment)),
  ]);
  for (const { trace } of attempts) if (trace) files.push({ path: trace, title: "trace" });
  const seen = new Set<string>(), names = new Set<string>();
  const tags: string[] = [], others: string[] = [];
  for (const { path, title } of files) {
    if (seen.has(path)) continue;
    seen.add(path);
    const name = path.slice(path.lastIndexOf("/") + 1);
    const fit = plainText(path) === path && !/\n|\]\]/.test(path) && !names.has(name);
    names.add(name);
    if (fit) tags.push(`[[ATTACHMENT|${path}]]`);
    else others.push(oneLine(`${title}: ${path}`));
  }
  return { tags, others };
}

function isPicture({ path }: Attachment): boolean {
  return /\.(png|jpe?g|gif|webp|svg)$/i.test(path);
}

/** Seconds with a microsecond's resolution. */
export function secondsText(amountNs: number): string {
  return (amountNs / 1e9).toFixed(6);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\t": "&#9;",
};

/** An attribute value, in which a parser would else make spaces of line ends and tabs. */
export function attribute(value: string): string {
  return plainText(value).replace(/[&<>"\n\t]/g, (character) => ENTITIES[character]!);
}

/** Element text. With every `>` escaped, `]]>` cannot occur. */
export function text(value: string): string {
  return plainText(value).replace(/[&<>]/g, (character) => ENTITIES[character]!);
}
