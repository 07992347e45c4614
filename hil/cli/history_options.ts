/** The options of `hil history`, and what of a history they choose. */
import { nearest } from "../bench/mod.ts";
import { wildcard } from "../history/mod.ts";
import { shareOf } from "../history/quarantine_file.ts";
import type { KnownScenario } from "../report/mod.ts";
import { type OptionTable, UsageError } from "./command_line.ts";
import { text, whole } from "./values.ts";

export const HISTORY_OPTIONS = {
  since: {
    value: "TIME",
    help: "runs since then: 12h, 30d, 8w ago, or a day as 2026-11-25",
    parse: since,
  },
  target: {
    value: "ROLE=TARGET",
    help: "scenarios on that target, or on TARGET in any role; may be given again",
    parse: text,
    several: true,
  },
  limit: {
    value: "N",
    help: "the latest N results of each scenario; default 100",
    parse: whole("number of results", 1, 100_000),
  },
  measurement: {
    value: "NAME",
    help: "what was measured: values, limits, trend; * stands for any text; may be given again",
    parse: text,
    several: true,
  },
  changes: { help: "where durations and measurements began to be others, the latest first" },
  flaky: { help: "only scenarios with flakes, the worst first, and how they stand to the budget" },
  "flake-budget": {
    value: "SHARE",
    help: "flakes that are borne, as 2%; default: of the quarantine file, or 2%",
    parse: budget,
  },
  quarantine: {
    value: "FILE",
    help: "known failures; default fixtures/quarantine.yaml",
    parse: text,
  },
  check: {
    help: "exit with 1 when a budget is exceeded, an entry is over, or the latest is worse",
  },
  json: { help: "print all of it as JSON" },
  csv: { help: "print it as CSV: a result a line; with --measurement a value, with --changes one" },
  reports: { value: "DIR", help: "where runs left their files; default reports", parse: text },
} as const satisfies OptionTable;

/** So many scenarios are told one by one, with all there is. */
export const DETAILED = 3;

const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24, w: 168 };

/** "30d" or "2026-11-01" to the ISO 8601 moment it means, once it is known what time it is. */
function since(text: string): (now: Date) => string {
  const [, count, unit] = text.match(/^(\d{1,5})(h|d|w)$/) ?? [];
  if (count !== undefined) {
    return (now) => new Date(now.getTime() - Number(count) * HOURS[unit!]! * 3600e3).toISOString();
  }
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  if (day && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) {
    return () => day.toISOString();
  }
  throw new UsageError(
    `Cannot use the time "${text}": it is neither a time ago nor a day; ` +
      `write for example 12h, 30d, 8w or 2026-11-01`,
  );
}

function budget(text: string): number {
  const share = shareOf(text);
  if (share !== undefined) return share;
  throw new UsageError(
    `Cannot use the flake budget "${text}": it is no share from 0% to 100%; write for example 2%`,
  );
}

/** Whether a name is meant by what somebody typed: it has it in it, or is like a pattern with `*`. */
export function matcher(typed: string): (name: string) => boolean {
  if (!typed.includes("*")) {
    const wanted = typed.toLowerCase();
    return (name) => name.toLowerCase().includes(wanted);
  }
  const pattern = wildcard(typed, "i");
  return (name) => pattern.test(name);
}

/** Names that a message lists. */
const LISTED = 8;

/** What there is instead. */
export function instead(typed: string, there: readonly string[], list: string): string {
  const near = nearest(typed, there);
  if (near !== undefined) return `there is none; did you mean "${near}"?`;
  if (there.length === 0) return "there is none at all";
  if (there.length > LISTED) return `none of ${there.length} has that in its name; see ${list}`;
  return `there is ${there.map((name) => `"${name}"`).join(", ")}`;
}

/**
 * The scenarios that operands and `--target` mean.
 *
 * @throws UsageError when one of them means none
 */
export function pick(
  all: readonly KnownScenario[],
  operands: readonly string[],
  targets: readonly string[],
): KnownScenario[] {
  const named = operands.length === 0 ? [...all] : chosenBy(all, operands);
  if (targets.length === 0) return named;
  const of = ({ targets }: KnownScenario) =>
    Object.entries(targets).flatMap(([role, target]) => [`${role}=${target}`, target]);
  const there = [...new Set(named.flatMap(of))];
  for (const target of targets) {
    if (there.includes(target)) continue;
    const roles = there.filter((name) => name.includes("="));
    throw new UsageError(
      `Cannot find the target "${target}": ${instead(target, there, roles.join(", "))}`,
    );
  }
  return named.filter((scenario) => of(scenario).some((name) => targets.includes(name)));
}

function wordsOf(name: string): string[] {
  return name.match(/[\p{L}\p{N}]{4,}/gu) ?? [];
}

function chosenBy(all: readonly KnownScenario[], operands: readonly string[]): KnownScenario[] {
  const chosen = new Set<KnownScenario>();
  for (const operand of operands) {
    const matches = matcher(operand);
    const found = all.filter(({ id, name, file }) => [id, name, file].some(matches));
    if (found.length === 0) {
      // Words too: nobody types a whole name.
      const there = [...new Set(all.flatMap(({ name, file }) => [name, file, ...wordsOf(name)]))];
      throw new UsageError(
        `Cannot find a scenario "${operand}" in the history: ` +
          instead(operand, there, "deno task hil history"),
      );
    }
    for (const scenario of found) chosen.add(scenario);
  }
  return all.filter((scenario) => chosen.has(scenario));
}
