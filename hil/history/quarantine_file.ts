/** The file that a project keeps its quarantine in: YAML, checked as a whole, with lines and remedies. */
import { nearest, suggestion } from "../bench/mod.ts";
import { type Entry, parseTree, type Place, type Tree } from "../bench/tree.ts";
import {
  DEFAULT_BUDGET,
  DEFAULT_REMOVABLE_AFTER,
  type FlakeBudget,
  type Quarantine,
  type QuarantineEntry,
} from "./quarantine.ts";

/** Thrown when a quarantine file cannot be used; its message lists all that is wrong with it. */
export class QuarantineError extends Error {
  override readonly name = "QuarantineError";
}

const TOP = ["quarantine", "flakes", "removable-after"];
const NEEDS = ["scenario", "owner", "reason", "issue", "expires"];
const MAY = ["targets"];
/** A quarantine that outlives this is a test that nobody has. */
const LONGEST_DAYS = 366;
const EXAMPLE = '"quarantine: []"';
const SHOWN = 20;

type Problem = readonly [place: Place, message: string];
type Entries = ReadonlyMap<string, Entry>;

/**
 * Reads a quarantine file.
 *
 * @param shown its path as errors and reports show it
 * @param today a day as "2026-11-25", in UTC: no entry may last longer than a year from it
 * @throws QuarantineError
 */
export async function readQuarantine(
  path: string,
  { shown = path, today }: { readonly shown?: string; readonly today: string },
): Promise<Quarantine> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    const why = missing ? "there is no such file; check the path" : (error as Error).message;
    throw new QuarantineError(`Cannot use the quarantine "${shown}": ${why}`, { cause: error });
  }
  return parseQuarantine(text, { shown, today });
}

/** @throws QuarantineError */
export function parseQuarantine(
  text: string,
  { shown, today }: { readonly shown: string; readonly today: string },
): Quarantine {
  const problems: Problem[] = [];
  const quarantine = new Shape(today, problems).quarantine(text, shown);
  if (problems.length === 0) return quarantine;
  problems.sort(([a], [b]) => a.line - b.line || a.column - b.column);
  const lines = problems.slice(0, SHOWN)
    .map(([{ line, column }, message]) => `${shown}:${line}:${column}: ${message}`);
  if (problems.length > SHOWN) lines.push(`… and ${problems.length - SHOWN} more`);
  throw new QuarantineError(
    lines.length === 1
      ? `Cannot use the quarantine: ${lines[0]}`
      : `Cannot use the quarantine "${shown}": it has ${problems.length} problems; correct them:\n` +
        lines.map((line) => `  ${line}`).join("\n"),
  );
}

class Shape {
  constructor(private readonly today: string, private readonly problems: Problem[]) {}

  quarantine(text: string, file: string): Quarantine {
    const tree = parseTree(text, (at, message) => this.#report(at, message), EXAMPLE);
    const top = tree ? this.#map(tree, "a quarantine file", [], TOP) : new Map<string, Entry>();
    const list = top.get("quarantine")?.tree;
    const after = top.get("removable-after");
    return {
      file,
      entries: list ? this.#list(list, `"quarantine"`).map((tree) => this.#entry(tree)) : [],
      flakes: this.#flakes(top.get("flakes")?.tree),
      removableAfter: after ? this.#whole(after, "removable-after") : DEFAULT_REMOVABLE_AFTER,
    };
  }

  #entry(tree: Tree): QuarantineEntry {
    const parts = this.#map(tree, "an entry", NEEDS, MAY);
    const text = (name: string) => this.#text(parts.get(name), name);
    return {
      ...{ scenario: text("scenario"), targets: this.#targets(parts.get("targets")) },
      ...{ owner: text("owner"), reason: text("reason"), issue: text("issue") },
      ...{ expires: this.#day(parts.get("expires")), line: tree.at.line },
    };
  }

  #targets(entry: Entry | undefined): string[] {
    if (!entry) return [];
    return this.#list(entry.tree, '"targets"').flatMap(({ at, value }) => {
      if (typeof value === "string" && /^[^=\s]+=\S+$/.test(value)) return [value];
      this.#report(at, 'a target is no ROLE=TARGET; write for example "board=lab"');
      return [];
    });
  }

  #day(entry: Entry | undefined): string {
    const day = this.#text(entry, "expires");
    if (!entry || day === "") return day;
    const at = entry.tree.at;
    const moment = Date.parse(`${day}T00:00:00Z`);
    const real = /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(moment) &&
      new Date(moment).toISOString().startsWith(day);
    if (!real) {
      this.#report(at, `"${day}" is no day; write it as YYYY-MM-DD, as in "${this.today}"`);
    } else if ((moment - Date.parse(this.today)) / 86_400_000 > LONGEST_DAYS) {
      this.#report(at, `"${day}" is more than a year away; choose a day on which to look again`);
    }
    return day;
  }

  #flakes(tree: Tree | undefined): FlakeBudget {
    if (!tree) return DEFAULT_BUDGET;
    const parts = this.#map(tree, '"flakes"', [], ["budget", "of"]);
    const of = parts.get("of"), budget = parts.get("budget");
    return {
      share: budget ? this.#share(budget) : DEFAULT_BUDGET.share,
      of: of ? this.#whole(of, "of") : DEFAULT_BUDGET.of,
    };
  }

  #share({ tree: { at, value } }: Entry): number {
    const share = shareOf(String(value));
    if (share !== undefined) return share;
    this.#report(at, '"budget" is no share from 0 % to 100 %; write for example "budget: 2 %"');
    return 0;
  }

  #whole({ tree: { at, value } }: Entry, name: string): number {
    if (Number.isInteger(value) && value as number >= 1 && value as number <= 10_000) {
      return value as number;
    }
    this.#report(at, `"${name}" is no whole number from 1 to 10000; write one`);
    return 1;
  }

  #list({ at, value }: Tree, what: string): readonly Tree[] {
    if (Array.isArray(value)) return value as readonly Tree[];
    this.#report(at, `${what} is no list; begin each of its lines with "- "`);
    return [];
  }

  #map({ at, value }: Tree, what: string, needs: readonly string[], may: readonly string[]) {
    if (!(value instanceof Map)) {
      this.#report(at, `${what} is no map; write ${[...needs, ...may].map((n) => `"${n}: …"`)}`);
      return new Map<string, Entry>();
    }
    const entries = value as Entries, known = [...needs, ...may];
    const missing = needs.filter((name) => !entries.has(name));
    for (const [name, { at }] of entries) {
      if (known.includes(name)) continue;
      // What is misspelt is missing too, and told once.
      const meant = nearest(name, known);
      if (meant && missing.includes(meant)) missing.splice(missing.indexOf(meant), 1);
      this.#report(at, `${what} has no key "${name}"; ${suggestion(name, known)}`);
    }
    for (const name of missing) this.#report(at, `${what} needs the key "${name}"; write it`);
    return entries;
  }

  #text(entry: Entry | undefined, name: string): string {
    if (!entry) return "";
    const { at, value } = entry.tree;
    if (typeof value === "number") return name === "issue" ? `#${value}` : String(value);
    if (typeof value === "string" && value.trim()) return value.trim();
    this.#report(at, `"${name}" is no text; write one, in quotes if it has a # or a colon`);
    return "";
  }

  #report(place: Place, message: string): void {
    this.problems.push([place, message]);
  }
}

/** "2 %", "2%" or "0.02" as a number from 0 to 1; undefined for anything else. */
export function shareOf(text: string): number | undefined {
  const [, number, percent] = text.match(/^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/) ?? [];
  const share = Number(number) / (percent ? 100 : 1);
  return share <= 1 ? share : undefined;
}
