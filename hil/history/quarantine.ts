/**
 * The quarantine of a project: scenarios that are known to fail, each with an owner and a day on which
 * that ends. What fails in it is reported as what it is, and fails the run only once that day is over.
 */

import { wildcard } from "./wildcard.ts";

/** One line of the list. */
export interface QuarantineEntry {
  /** As written: a scenario's name, `file#name`, or a file; `*` stands for any text. */
  readonly scenario: string;
  /** "board=lab": with one of these for each role that is named. None: on all targets. */
  readonly targets: readonly string[];
  readonly owner: string;
  readonly reason: string;
  /** A number or an address of the tracker. */
  readonly issue: string;
  /** "2026-12-24": the last day, in UTC. */
  readonly expires: string;
  /** In the file, from 1. */
  readonly line: number;
}

/** How many flakes are borne. */
export interface FlakeBudget {
  /** Of results, 0 to 1. */
  readonly share: number;
  /** How many results are looked at, the latest. */
  readonly of: number;
}

export const DEFAULT_BUDGET: FlakeBudget = { share: 0.02, of: 50 };
export const DEFAULT_REMOVABLE_AFTER = 20;

export interface Quarantine {
  /** As people read it. */
  readonly file: string;
  readonly entries: readonly QuarantineEntry[];
  readonly flakes: FlakeBudget;
  /** So many passes in a row, and an entry is reported as removable. */
  readonly removableAfter: number;
}

/** Of a project that keeps no list. */
export const NO_QUARANTINE: Quarantine = {
  ...{ file: "", entries: [], flakes: DEFAULT_BUDGET, removableAfter: DEFAULT_REMOVABLE_AFTER },
};

/** What a result is told that an entry is about. */
export interface Quarantined extends Pick<QuarantineEntry, "owner" | "reason" | "issue"> {
  readonly expires: string;
  /** Its day is over: the failure counts again. */
  readonly expired: boolean;
}

interface Named {
  /** `file#name [role=target]`. */
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly targets: Readonly<Record<string, string>>;
}

/** Whether an entry is about a scenario, whatever its targets. */
export function isAbout({ scenario }: QuarantineEntry, { id, name, file }: Named): boolean {
  if (name === "(file)") return false; // Of what cannot be loaded nobody knows what it would check.
  const pattern = wildcard(scenario);
  return [name, `${file}#${name}`, file, id].some((text) => pattern.test(text));
}

/** Whether it is about the targets too. */
export function isOn({ targets }: QuarantineEntry, { targets: used }: Pick<Named, "targets">) {
  const roles = Map.groupBy(targets, (text) => text.slice(0, text.indexOf("=")));
  return [...roles].every(([role, some]) => some.includes(`${role}=${used[role]}`));
}

/** The day of a moment, in UTC: "2026-11-25". */
export function dayOf(iso: string): string {
  return iso.slice(0, 10);
}

/**
 * What the list says of a scenario on a day. Of several entries one that has not expired counts, and
 * of those the one that lasts longest.
 */
export function quarantineOf(
  { entries }: Quarantine,
  scenario: Named,
  today: string,
): Quarantined | undefined {
  const [entry] = entries.filter((entry) => isAbout(entry, scenario) && isOn(entry, scenario))
    .sort((a, b) => a.expires < b.expires ? 1 : -1);
  if (!entry) return undefined;
  const { owner, reason, issue, expires } = entry;
  return { owner, reason, issue, expires, expired: expires < today };
}

/** "quarantined until 2026-12-24 (anna, #12): the relay bounces". */
export function quarantineText({ owner, reason, issue, expires, expired }: Quarantined): string {
  const until = expired
    ? `quarantine expired after ${expires}, so it fails again`
    : `quarantined until ${expires}`;
  return `${until} (${[owner, issue].join(", ")}): ${reason}`;
}

export interface Removable {
  readonly entry: QuarantineEntry;
  readonly why: string;
}

/**
 * Entries that have nothing to do any more.
 *
 * @param known all scenarios there are, on any targets; undefined when not all of them are known
 * @param streakOf how often a scenario on its targets has passed in a row up to now, flakes no passes;
 * undefined when it has never run
 */
export function removable(
  { entries, removableAfter }: Quarantine,
  known: readonly Named[] | undefined,
  tried: readonly Named[],
  streakOf: (scenario: Named) => number | undefined,
): Removable[] {
  return entries.flatMap((entry): Removable[] => {
    if (known && !known.some((scenario) => isAbout(entry, scenario))) {
      return [{ entry, why: "it matches no scenario" }];
    }
    const streaks = tried.filter((scenario) => isAbout(entry, scenario) && isOn(entry, scenario))
      .flatMap((scenario) => streakOf(scenario) ?? []);
    const least = Math.min(...streaks);
    if (streaks.length === 0 || least < removableAfter) return [];
    return [{ entry, why: `what it matches has passed ${least} times in a row` }];
  });
}

/** For people: which entry, where, and what to do. */
export function removableText({ file }: Quarantine, { entry, why }: Removable): string {
  const { scenario, line, owner } = entry;
  return `The quarantine of "${scenario}" (${file}:${line}, ${owner}) can be removed: ${why}; ` +
    `delete the entry`;
}
