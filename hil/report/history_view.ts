/** Looks at a history: which scenarios it has, and what became of each. */
import type { DatabaseSync } from "node:sqlite";
import {
  type HistoryQuestions,
  type Measured,
  type PastResult,
  type PastRun,
  type ScenarioHistory,
  scenarioHistory,
} from "../history/mod.ts";
import { QUERIES } from "./_history_sql.ts";
import { closeQuietly, exists, HistoryTooNew, isCorruption } from "./history_file.ts";
import { openHistory, reasonOf } from "./history_file.ts";
import type { Verdict } from "./result.ts";

export interface KnownScenario {
  readonly key: number;
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly targets: Readonly<Record<string, string>>;
}

export interface HistoryRange extends HistoryQuestions {
  /** How many of a scenario's results are looked at, the latest. Default: 100. */
  readonly limit?: number;
  /** ISO 8601 in UTC: runs that began then or later. */
  readonly since?: string;
  /** Runs up to this one, by its id. */
  readonly until?: string;
  /** Names of measurements that are wanted; none: no measurements. Default: all. */
  readonly measurements?: (name: string) => boolean;
}

/** How many results of a scenario are looked at unless somebody asks for more. */
export const DEFAULT_RESULTS = 100;

/** As Node 24 and Deno have it; Deno's types do not. */
type Statement = ReturnType<DatabaseSync["prepare"]> & { setReturnArrays(on: boolean): void };

/** Rows as SQLite has them, in the order of the columns: objects take twice as long. */
type AttemptRow = readonly [
  run: number,
  number: number,
  outcome: string,
  verdict: string,
  ns: number,
  key: number,
];
type SampleRow = readonly [
  run: number,
  value: number,
  low: number | null,
  high: number | null,
  verdict: string,
];

export class HistoryView {
  readonly #database: DatabaseSync;
  #runs: Map<number, PastRun> | undefined;
  #last: { readonly id: string | undefined; readonly key: number } | undefined;
  readonly #statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** All there are, by file and id. */
  scenarios(): KnownScenario[] {
    const rows = this.#prepared(QUERIES.scenarios).all() as unknown as readonly [
      ...[key: number, id: string, name: string, file: string, targets: string],
    ][];
    return rows.map(([key, id, name, file, targets]) => {
      return { key, id, name, file, targets: JSON.parse(targets) };
    });
  }

  /** Runs by their key, in order of time. */
  get runs(): ReadonlyMap<number, PastRun> {
    return this.#runs ??= this.#readRuns();
  }

  /** What became of a scenario. */
  history(scenario: Pick<KnownScenario, "key">, range: HistoryRange = {}): ScenarioHistory {
    const last = this.#lastRun(range.until);
    const { results, firstAttempt } = this.#results(scenario.key, last, range);
    const { measurements = () => true } = range;
    const measured = this.#measured(scenario.key, { firstAttempt, last }, measurements);
    return scenarioHistory(results, measured, range);
  }

  #results(key: number, last: number, { limit = DEFAULT_RESULTS, since }: HistoryRange) {
    const from = this.#firstSince(since);
    const statement = this.#prepared(QUERIES.attempts);
    const ask = (most: number) => statement.all(key, from, last, most) as unknown as AttemptRow[];
    // Most results have one attempt. Where some have more, so many are asked for that all are here.
    let rows = ask(limit);
    for (let most = limit; rows.length === most && resultsIn(rows) < limit;) rows = ask(most *= 2);
    const results: (PastResult & { readonly attempt: number })[] = [];
    let durationNs: number | undefined, firstAttempt = Infinity;
    for (const [run, number, outcome, verdict, ns, attempt] of rows) { // The latest first.
      if (outcome === "passed") durationNs = ns;
      if (number > 1) continue;
      const past = this.runs.get(run)!;
      const commit = commitOf(past);
      results.push({ run: past, verdict: verdict as Verdict, commit, durationNs, attempt });
      firstAttempt = attempt;
      durationNs = undefined;
      if (results.length === limit) break;
    }
    return { results: this.#withSeeds(results.reverse()), firstAttempt };
  }

  /** With seeds where they tell a flake: at commits at which some passed and some failed. */
  #withSeeds(results: readonly (PastResult & { readonly attempt: number })[]): PastResult[] {
    const of = (wanted: Verdict) =>
      new Set(results.flatMap(({ verdict, commit }) => verdict === wanted ? commit ?? [] : []));
    const failed = of("failed");
    const both = failed.size > 0 ? failed.intersection(of("passed")) : failed;
    return results.map(({ attempt, ...result }) => {
      if (!result.commit || !both.has(result.commit)) return result;
      const [seed] = this.#prepared(QUERIES.seed).get(attempt) as unknown as [number];
      return { ...result, seed };
    });
  }

  #measured(
    key: number,
    { firstAttempt, last }: { readonly firstAttempt: number; readonly last: number },
    wanted: (name: string) => boolean,
  ): Measured[] {
    if (!Number.isFinite(firstAttempt)) return [];
    const metrics = this.#prepared(QUERIES.metrics).all(key) as unknown as readonly [
      ...[key: number, name: string, unit: string],
    ][];
    return metrics.filter(([, name]) => wanted(name)).map(([key, name, unit]) => {
      const rows = this.#prepared(QUERIES.samples)
        .all(key, firstAttempt, last) as unknown as SampleRow[];
      const samples = rows.map(([run, value, low, high, verdict]) => ({
        ...{ run: this.runs.get(run)!, value, verdict },
        ...(low !== null && { low }),
        ...(high !== null && { high }),
      }));
      return { name, unit, samples };
    }).filter(({ samples }) => samples.length > 0);
  }

  #readRuns(): Map<number, PastRun> {
    const rows = this.#prepared(QUERIES.runs).all() as unknown as readonly [
      ...[key: number, id: string, startedAt: string, bench: string],
      ...[hash: string | null, branch: string | null, dirty: number | null],
    ][];
    return new Map(rows.map(([key, id, startedAt, bench, hash, branch, dirty]) => [key, {
      ...{ id, startedAt, bench },
      ...(hash !== null && { commit: hash, dirty: dirty === 1 }),
      ...(branch !== null && { branch }),
    }]));
  }

  #firstSince(since: string | undefined): number {
    if (since === undefined) return 0;
    for (const [key, { startedAt }] of this.runs) if (startedAt >= since) return key;
    return Number.MAX_SAFE_INTEGER;
  }

  /**
   * The key of a run, or of the last one there was at the first look: runs are only ever added, whole,
   * so that all looks see the same, and nobody who wants to add one waits.
   */
  #lastRun(id: string | undefined): number {
    if (this.#last && this.#last.id === id) return this.#last.key;
    const keys = [...this.runs];
    const key = (keys.findLast(([, run]) => run.id === id) ?? keys.at(-1))?.[0] ?? 0;
    this.#last = { id, key };
    return key;
  }

  #prepared(sql: string): ReturnType<DatabaseSync["prepare"]> {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      (statement as Statement).setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Only a commit with nothing changed since says which files a result is of. */
function commitOf({ commit, dirty }: PastRun): string | undefined {
  return dirty ? undefined : commit;
}

function resultsIn(rows: readonly AttemptRow[]): number {
  return rows.reduce((sum, [, number]) => number === 1 ? sum + 1 : sum, 0);
}

/** Thrown when a history cannot be looked at. */
export class HistoryReadError extends Error {
  override readonly name = "HistoryReadError";
}

/**
 * What `look` sees of the history at `path`, which is never moved nor made.
 *
 * @throws HistoryReadError
 */
export async function viewHistory<T>(
  path: string,
  shown: string,
  look: (view: HistoryView) => T,
): Promise<T> {
  const cannot = (why: string, cause?: unknown) =>
    new HistoryReadError(`Cannot read the history "${shown}": ${why}`, { cause });
  if (!exists(path)) throw cannot("there is none; run something first: deno task hil");
  let database: DatabaseSync | undefined;
  try {
    database = await openHistory(path, 2000);
    return look(new HistoryView(database));
  } catch (error) {
    if (error instanceof HistoryTooNew) throw new HistoryReadError(error.message, { cause: error });
    if ((error as { code?: string }).code !== "ERR_SQLITE_ERROR") throw error;
    const remedy = isCorruption(error)
      ? `it is damaged; the next run keeps it as "${shown}.broken-1" and begins a new one, and ` +
        `"sqlite3 FILE .recover" gets back what is whole`
      : "try again when that is over";
    throw cannot(`${reasonOf(error)}; ${remedy}`, error);
  } finally {
    closeQuietly(database);
  }
}
