/** What a run tells of the project's keeping: entries of the quarantine that are over, flakes past the budget. */
import {
  flakeAccount,
  type Quarantine,
  removable,
  removableText,
  streakOf,
  type Trial,
} from "../history/mod.ts";
import { cutEnd, type History, type PlannedScenario, type ScenarioResult } from "../report/mod.ts";

/** Scenarios that a notice names. */
const NAMES = 5;
const NAME_LENGTH = 100;

/**
 * Sentences for the end of a run, whose results the history has.
 *
 * @param known all scenarios of the project; undefined when only some of its files were loaded
 */
export async function notices(
  quarantine: Quarantine,
  known: readonly PlannedScenario[] | undefined,
  results: readonly ScenarioResult[],
  history: History,
): Promise<string[]> {
  const ran = results.filter(({ attempts, name }) => attempts.length > 0 && name !== "(file)");
  const trials = await trialsOf(quarantine, ran, history);
  const streak = ({ id }: { readonly id: string }) => streakOf(trials.get(id) ?? []);
  return [
    ...removable(quarantine, known, ran, streak).map((one) => removableText(quarantine, one)),
    ...overBudget(quarantine, trials),
  ];
}

async function trialsOf(
  { flakes, removableAfter }: Quarantine,
  ran: readonly ScenarioResult[],
  history: History,
): Promise<ReadonlyMap<string, readonly Trial[]>> {
  const ids = new Set(ran.map(({ id }) => id));
  const range = { limit: Math.max(flakes.of, removableAfter), measurements: () => false };
  const found = await history.view((view) =>
    view.scenarios().filter(({ id }) => ids.has(id))
      .map((scenario) => [scenario.id, view.history(scenario, range).results] as const)
  );
  return new Map(found);
}

function overBudget(
  { flakes: budget }: Quarantine,
  trials: ReadonlyMap<string, readonly Trial[]>,
): string[] {
  const over = [...trials].flatMap(([id, some]) => {
    const { flakes, results, over } = flakeAccount(some, budget);
    return over ? [`${cutEnd(id, NAME_LENGTH)}: ${flakes} of its last ${results} results`] : [];
  });
  if (over.length === 0) return [];
  const more = over.length > NAMES ? [`and ${over.length - NAMES} more`] : [];
  return [
    `The flake budget (${100 * budget.share} % of ${budget.of} results) is exceeded by ` +
    `${[...over.slice(0, NAMES), ...more].join("; ")}; see deno task hil history --flaky`,
  ];
}
