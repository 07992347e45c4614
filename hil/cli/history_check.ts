/** What of a history somebody should look at: for `--check`, and for a nightly run's mail. */
import { type Change, quarantineOf, removable, removableText, streakOf } from "../history/mod.ts";
import { cutEnd } from "../report/mod.ts";
import type { Answer, Told } from "./history.ts";
import { changeText } from "./history_text.ts";

const NAME_LENGTH = 120;

/** A sentence for each trouble: flakes past the budget, quarantine that is over, what got worse. */
export function troubles({ told, quarantine, today }: Answer): string[] {
  const byId = new Map(told.map(({ scenario: { id }, history }) => [id, history.results]));
  const tried = told.map(({ scenario }) => scenario);
  const over = removable(quarantine, undefined, tried, ({ id }) => streakOf(byId.get(id) ?? []));
  return [
    ...told.flatMap((one) => flakesOver(one)),
    ...told.flatMap(({ scenario }) => {
      const known = quarantineOf(quarantine, scenario, today);
      if (!known?.expired) return [];
      const { owner, issue, expires } = known;
      return [
        `${shown(scenario.id)}: its quarantine expired after ${expires} (${owner}, ${issue})`,
      ];
    }),
    ...over.map((one) => removableText(quarantine, one)),
    ...told.flatMap(({ scenario, history: { durations, measurements } }) =>
      [durations, ...measurements].flatMap((series) =>
        worse(series.changes).map((change) =>
          `${shown(scenario.id)}: ${changeText(series, change)}`
        )
      )
    ),
  ];
}

function flakesOver({ scenario, history: { flakes } }: Told): string[] {
  if (!flakes.over) return [];
  return [
    `${shown(scenario.id)}: ${flakes.flakes} flakes in its last ${flakes.results} results, ` +
    `the budget bears ${flakes.borne}`,
  ];
}

/** The latest change, when that is for the worse: what was better meanwhile is no trouble now. */
function worse(changes: readonly Change[]): Change[] {
  const last = changes.at(-1);
  return last?.way === "worse" ? [last] : [];
}

function shown(id: string): string {
  return cutEnd(id, NAME_LENGTH);
}
