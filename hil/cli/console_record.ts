/**
 * A session by hand as a scenario: what was typed is written, what was seen before the next key is
 * waited for, with limits from the time that it took.
 */
import type { Json, UsedRole } from "../trace/mod.ts";
import type { Action, Script } from "../replay/typescript/mod.ts";

/** What happened, in order. Times are whole nanoseconds on the target's clock. */
export type Moment =
  /** The target said it. */
  | { readonly type: "seen"; readonly text: string; readonly t: number }
  /** It was written: a line, or a key. */
  | { readonly type: "typed"; readonly text: string; readonly t: number }
  /** A command, with what came of it. */
  | {
    readonly type: "run";
    readonly command: string;
    readonly output: string;
    readonly status: number;
    readonly t: number;
    readonly endT: number;
  }
  | { readonly type: "power"; readonly what: "on" | "off" | "cut" | "reset"; readonly t: number };

/** How much longer than it took something may take, and the least that it may. */
const FACTOR = 3;
const LEAST_NS = 1e9;
/** Limits that people would write, in seconds. */
const NICE_S = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600];
/** Shorter lines say too little to be waited for. */
const LEAST_CHARACTERS = 3;
const MOST_CHARACTERS = 60;

export interface SessionScript {
  readonly script: Script;
  /** By call: what its result, under a name, is expected to be. */
  readonly checks: ReadonlyMap<number, (name: string) => string>;
}

/** @param name of the port in the body */
export function sessionScript(
  moments: readonly Moment[],
  { name, need }: { readonly name: string; readonly need: UsedRole },
): SessionScript {
  const made = new Maker(name);
  for (const moment of moments) made.take(moment);
  made.wait();
  const script = { needs: new Map([[name, need]]), actions: made.actions, callbacks: [] };
  return { script, checks: made.checks };
}

class Maker {
  readonly actions: Action[] = [];
  readonly checks = new Map<number, (name: string) => string>();
  #seen = "";
  #seenT = 0;
  #typed = "";
  /** Of the latest thing that was done. */
  #since = 0;

  constructor(private readonly name: string) {}

  take(moment: Moment): void {
    if (moment.type === "seen") {
      this.#seen += moment.text;
      this.#seenT = moment.t;
      return;
    }
    this.wait();
    this.#since = moment.t;
    if (moment.type === "power") return this.#add(`${this.name}.power`, moment.what, []);
    if (moment.type === "run") return this.#run(moment);
    this.#typed = moment.text;
    this.#add(`${this.name}.console`, "write", [moment.text]);
  }

  /** What was seen since the latest thing that was done. */
  wait(): void {
    const within = { $: "duration", ns: limitNs(this.#seenT - this.#since) };
    for (const pattern of patternsOf(this.#seen, this.#typed)) {
      this.#add(`${this.name}.console`, "waitFor", [pattern, { within }]);
    }
    this.#seen = "";
    this.#typed = "";
  }

  #run({ command, output, status, t, endT }: Moment & { readonly type: "run" }): void {
    const within = { $: "duration", ns: limitNs(endT - t) };
    this.#add(`${this.name}.console`, "run", [command, { within }]);
    const [line = ""] = output.split("\n").filter((line) => line.trim() !== "");
    const shown = JSON.stringify(command);
    this.checks.set(this.actions.length, (name) =>
      [
        `expect(${name}.status, ${JSON.stringify(`the status of ${shown}`)}).toBe(${status});`,
        ...line === "" ? [] : [
          `expect(${name}.output, ${JSON.stringify(`the answer to ${shown}`)})` +
          `.toMatch(/${sourceOf(line.trim().slice(0, MOST_CHARACTERS))}/);`,
        ],
      ].join("\n"));
  }

  #add(on: string, method: string, args: readonly Json[]): void {
    const before = this.actions.at(-1);
    const id = this.actions.length + 1;
    const awaits = before ? [before.id] : [];
    this.actions.push({ id, on, method, args, awaits, delayNs: 0, came: { sync: false } });
  }
}

function limitNs(tookNs: number): number {
  const wanted = Math.max(LEAST_NS, FACTOR * tookNs) / 1e9;
  return (NICE_S.find((nice) => nice >= wanted) ?? Math.ceil(wanted)) * 1e9;
}

/** The last whole line of what was seen that says something, and what stands after it: a prompt. */
export function patternsOf(seen: string, typed: string): Json[] {
  const lines = plain(seen).split("\n");
  const prompt = textOf(lines.pop()!);
  const echo = typed.trim();
  const echoAt = lines.findIndex((line) => echo !== "" && line.includes(echo));
  const answer = lines.toSpliced(echoAt < 0 ? lines.length : echoAt, 1).map(textOf)
    .filter((line) => line.length >= LEAST_CHARACTERS && !(prompt && line.startsWith(prompt)))
    .at(-1);
  const isEcho = echo !== "" && prompt === echo;
  return [answer, isEcho ? "" : prompt].filter((text) => text !== undefined && text !== "")
    .map((text) => patternOf(text!));
}

/** A literal, or a regular expression where there are numbers, which may be others next time. */
function patternOf(text: string): Json {
  if (!/\d/.test(text)) return text;
  return { $: "regexp", source: sourceOf(text), flags: "" };
}

function sourceOf(text: string): string {
  return text
    .replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")
    .replaceAll(/0x[0-9a-f]+|\b(?=[a-f]*\d)[0-9a-f]{6,}\b|\d+/gi, (number) => {
      if (/^0x/i.test(number)) return "0x[0-9a-f]+";
      return /^\d+$/.test(number) ? "\\d+" : "[0-9a-f]+";
    });
}

/** Without escape sequences, and with lines that end one way. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])/g, "").replaceAll(/\r*\n/g, "\n");
}

/** What of a line stays the same: to its first character that moves the cursor, ASCII only. */
function textOf(line: string): string {
  const last = line.split("\r").filter((part) => part.trim() !== "").at(-1) ?? "";
  return last.match(/[\x20-\x7e]+/)?.[0].trim().slice(0, MOST_CHARACTERS).trim() ?? "";
}
