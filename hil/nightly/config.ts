/** The configuration of nights, a YAML file: fixtures/nightly.example.yaml shows all of it. */
import { dirname, resolve } from "node:path";
import { suggestion } from "../bench/mod.ts";
import { seconds } from "../time/mod.ts";
import { INPUTS, located, type Notifier, OCCASIONS } from "./notify.ts";
import { lengthOf, sizeOf } from "./values.ts";

/** What is not given is not there. Paths are absolute. */
export interface NightConfig {
  readonly bench?: string;
  readonly files?: readonly string[];
  readonly use?: readonly string[];
  readonly grep?: string;
  readonly quarantine?: string;
  readonly budgetMs?: number;
  readonly jobs?: number;
  readonly retries?: number;
  readonly passes?: number;
  readonly keepSizeBytes?: number;
  readonly keepAgeMs?: number;
  readonly notify: readonly Notifier[];
}

/** Thrown when the file is not what it must be; with all that is wrong. */
export class NightConfigError extends Error {
  override readonly name = "NightConfigError";
}

/**
 * @param shown the path as errors show it
 * @throws NightConfigError
 */
export async function loadConfig(path: string, shown = path): Promise<NightConfig> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "it is not there"
      : (error as Error).message;
    throw new NightConfigError(`Cannot read the configuration "${shown}": ${why}; check the path`);
  }
  return await parseConfig(text, path, shown);
}

/** @throws NightConfigError */
export async function parseConfig(text: string, path: string, shown = path): Promise<NightConfig> {
  const { LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const problems: string[] = document.errors.map(({ message, linePos }) =>
    `${shown}:${linePos?.[0].line ?? 1}: ${message.split("\n")[0]!.replace(/:$/, "")}`
  );
  const report = (at: readonly (string | number)[], message: string) => {
    const node = document.getIn(at, true) as { range?: readonly number[] } | undefined;
    const line = node?.range ? lines.linePos(node.range[0]!).line : 1;
    problems.push(`${shown}:${Math.max(1, line)}: ${message}`);
  };
  const config = problems.length === 0
    ? new Shape(path, report).config(document.toJS({ maxAliasCount: 100 }) ?? {})
    : undefined;
  if (!config || problems.length > 0) {
    throw new NightConfigError(
      `Cannot use the configuration "${shown}":\n  ${problems.join("\n  ")}\n` +
        `  see fixtures/nightly.example.yaml`,
    );
  }
  return config;
}

type At = readonly (string | number)[];
type Report = (at: At, message: string) => void;

const KEYS = [
  ...[
    "bench",
    "files",
    "use",
    "grep",
    "quarantine",
    "budget",
    "jobs",
    "retries",
    "passes",
    "keep",
    "notify",
  ],
] as const;
const KEEP_KEYS = ["size", "age"] as const;
const NOTIFIER_KEYS = ["name", "command", "input", "when", "limit"] as const;

class Shape {
  constructor(private readonly path: string, private readonly report: Report) {}

  config(value: unknown): NightConfig {
    const top = this.#map(value, [], KEYS);
    const keep = this.#map(top.keep ?? {}, ["keep"], KEEP_KEYS);
    const list = this.#list(top.notify ?? [], ["notify"]);
    const from = (file: string) => resolve(dirname(this.path), file);
    const bench = this.#text(top.bench, ["bench"]);
    const quarantine = this.#text(top.quarantine, ["quarantine"]);
    return {
      ...(bench !== undefined && { bench: from(bench) }),
      ...(quarantine !== undefined && { quarantine: from(quarantine) }),
      ...(top.files !== undefined && { files: this.#texts(top.files, ["files"]).map(from) }),
      ...(top.use !== undefined && { use: this.#texts(top.use, ["use"]) }),
      grep: this.#text(top.grep, ["grep"]),
      budgetMs: this.#parsed(top.budget, ["budget"], lengthOf),
      jobs: this.#whole(top.jobs, ["jobs"], 1, 256),
      retries: this.#whole(top.retries, ["retries"], 0, 100),
      passes: this.#whole(top.passes, ["passes"], 1, 1e6),
      keepSizeBytes: this.#parsed(keep.size, ["keep", "size"], sizeOf),
      keepAgeMs: this.#parsed(keep.age, ["keep", "age"], lengthOf),
      notify: list.map((each, i) => this.#notifier(each, ["notify", i])),
    };
  }

  #notifier(value: unknown, at: At): Notifier {
    const map = this.#map(value, at, NOTIFIER_KEYS);
    const command = this.#texts(map.command ?? [], [...at, "command"]);
    if (map.command === undefined || (map.command as unknown[]).length === 0) {
      this.report(at, `"command" is missing: write command: [PROGRAM, ARGUMENT, …]`);
    }
    const limitMs = this.#parsed(map.limit, [...at, "limit"], lengthOf) ?? 60_000;
    return {
      name: this.#text(map.name, [...at, "name"]) ?? command[0] ?? "",
      command: located(command, this.path),
      input: this.#choice(map.input, [...at, "input"], INPUTS) ?? "text",
      when: this.#choice(map.when, [...at, "when"], OCCASIONS) ?? "always",
      limit: seconds(limitMs / 1e3),
    };
  }

  #map<K extends string>(value: unknown, at: At, keys: readonly K[]): Partial<Record<K, unknown>> {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.report(at, `${named(at)} is no map; write NAME: VALUE, of ${keys.join(", ")}`);
      return {};
    }
    for (const key of Object.keys(value)) {
      if (keys.includes(key as K)) continue;
      this.report([...at, key], `there is no "${key}" in ${named(at)}; ${suggestion(key, keys)}`);
    }
    return value as Partial<Record<K, unknown>>;
  }

  #list(value: unknown, at: At): readonly unknown[] {
    if (Array.isArray(value)) return value;
    this.report(at, `${named(at)} is no list; write one, an item a line after "-"`);
    return [];
  }

  #texts(value: unknown, at: At): string[] {
    return this.#list(value, at).flatMap((each, i) => this.#text(each, [...at, i]) ?? []);
  }

  #text(value: unknown, at: At): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
    this.report(at, `${named(at)} is no text; write one, in quotes if it looks like a number`);
  }

  #whole(value: unknown, at: At, min: number, max: number): number | undefined {
    if (value === undefined) return undefined;
    if (Number.isInteger(value) && value as number >= min && value as number <= max) {
      return value as number;
    }
    this.report(at, `${named(at)} is no whole number from ${min} to ${max}; write one`);
  }

  #choice<C extends string>(value: unknown, at: At, choices: readonly C[]): C | undefined {
    if (value === undefined || choices.includes(value as C)) return value as C | undefined;
    this.report(at, `${named(at)} is none of ${choices.join(", ")}; choose one`);
  }

  #parsed(value: unknown, at: At, parse: (text: string) => number): number | undefined {
    const text = this.#text(value, at);
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      this.report(at, `${named(at)}: ${(error as Error).message}`);
    }
  }
}

function named(at: At): string {
  return at.length === 0 ? "the file" : `"${at.join(".")}"`;
}
