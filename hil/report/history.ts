/**
 * What earlier runs came to, in `reports/history.sqlite`: to start the longest scenarios first, to
 * run again what failed last, and for whoever asks what many runs tell. A convenience: whatever is
 * wrong with it is a warning.
 *
 * Each run adds its results in one short transaction, so a rollback journal with a busy timeout
 * is all that two runs at once need. A write-ahead log is not used: it wants shared memory, which
 * network file systems lack, and leaves two more files beside the database.
 */
import type { DatabaseSync } from "node:sqlite";
import { median } from "../history/mod.ts";
import { QUERIES } from "./_history_sql.ts";
import {
  closeQuietly,
  exists,
  HistoryTooNew,
  inTransaction,
  isCorruption,
  moveAside,
  openHistory,
  reasonOf,
} from "./history_file.ts";
import { HistoryView } from "./history_view.ts";
import type { RunResult, ScenarioResult } from "./result.ts";

export interface HistoryOptions {
  /** Told each thing that is wrong, in one sentence. */
  readonly warn: (text: string) => void;
  /** How long to wait for another run that writes, in milliseconds. Default: 2000. */
  readonly busyMs?: number;
}

/**
 * The history of one project. Nothing is opened, nor SQLite loaded, before the first question.
 *
 * @example
 * ```ts ignore
 * using history = new History("reports/history.sqlite", { warn: console.warn });
 * const durations = await history.expectedDurations();
 * await history.record(run);
 * ```
 */
export class History {
  #database: DatabaseSync | undefined;
  #disabled = false;

  constructor(readonly path: string, private readonly options: HistoryOptions) {}

  /** Scenario id to the median of its last five durations, in whole nanoseconds. */
  async expectedDurations(): Promise<Map<string, number>> {
    const rows = await this.#attempt("read", (database) => {
      return database.prepare(QUERIES.recentDurations).all() as { id: string; recent: string }[];
    });
    return new Map((rows ?? []).flatMap(({ id, recent }) => {
      const durations = JSON.parse(recent) as number[];
      return durations.length > 0 ? [[id, Math.floor(median(durations))] as const] : [];
    }));
  }

  /** Ids of the scenarios that failed, or were interrupted, in the last run that ran them. */
  async lastFailed(): Promise<Set<string>> {
    const rows = await this.#attempt("read", (database) => {
      return database.prepare(QUERIES.lastFailed).all() as { id: string }[];
    });
    return new Set((rows ?? []).map(({ id }) => id));
  }

  /** Adds all attempts of a run, or of several; whether they are in. */
  async record(...runs: readonly RunResult[]): Promise<boolean> {
    const done = await this.#attempt("write", (database) => {
      inTransaction(database, () => {
        for (const run of runs) insertRun(database, run);
      });
      return true;
    });
    return done ?? false;
  }

  /** What `look` sees; undefined when there is no history, or none that can be read. */
  async view<T>(look: (view: HistoryView) => T): Promise<T | undefined> {
    return await this.#attempt("read", (database) => look(new HistoryView(database)));
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The value of `work`, tried twice: a broken file is moved aside in between. */
  async #attempt<T>(
    verb: "read" | "write",
    work: (database: DatabaseSync) => T,
  ): Promise<T | undefined> {
    let problem: unknown;
    for (let pass = 0; pass < 3 && !this.#disabled; pass++) {
      try {
        if (verb === "read" && !this.#database && !exists(this.path)) return undefined;
        this.#database ??= await openHistory(this.path, this.options.busyMs ?? 2000);
        return work(this.#database);
      } catch (error) {
        problem = error;
        this.#forget();
        if (error instanceof HistoryTooNew) this.#disable(error.message);
        if (!isCorruption(error)) break;
        // Opened once more before it is moved: another run may have put a good one there.
        if (pass === 1) this.#moveAside(error as Error);
      }
    }
    if (!this.#disabled) this.options.warn(this.#cannot(verb, problem));
    return undefined;
  }

  #cannot(verb: string, error: unknown): string {
    return `Cannot ${verb} the history "${this.path}": ${reasonOf(error)}; ` +
      "this run goes on without it";
  }

  #disable(why: string): void {
    this.#disabled = true;
    this.options.warn(why);
  }

  #moveAside(error: Error): void {
    const aside = moveAside(this.path);
    if (aside === undefined) return this.#disable(this.#cannot("move aside", error));
    this.options.warn(
      `Cannot use the history "${this.path}": ${error.message}; ` +
        `it is kept as "${aside}" and a new one begins`,
    );
  }

  #forget(): void {
    closeQuietly(this.#database);
    this.#database = undefined;
  }
}

type Statement = ReturnType<DatabaseSync["prepare"]>;
type Statements = Readonly<Record<"scenario" | "attempt" | "metric" | "sample", Statement>>;

function insertRun(database: DatabaseSync, run: RunResult): void {
  const { id, startedAt, bench, host, seed, argv, durationNs, commit } = run;
  const runRow = database.prepare(QUERIES.insertRun).run(
    ...[id, startedAt, bench, host, seed, JSON.stringify(argv), Math.round(durationNs)],
    ...[commit?.hash ?? null, commit?.branch ?? null, commit ? Number(commit.dirty) : null],
  );
  const statements = {
    scenario: database.prepare(QUERIES.scenario),
    attempt: database.prepare(QUERIES.insertAttempt),
    metric: database.prepare(QUERIES.metric),
    sample: database.prepare(QUERIES.insertSample),
  };
  for (const result of run.results) insertResult(statements, runRow.lastInsertRowid, result);
}

function insertResult(
  statements: Statements,
  run: number | bigint,
  result: ScenarioResult,
): void {
  const { id, name, file, targets, outcome, repeat, seed } = result;
  const scenario = keyOf(statements.scenario, id, name, file, JSON.stringify(targets));
  for (const [i, attempt] of result.attempts.entries()) {
    const { lastInsertRowid } = statements.attempt.run(
      ...[run, scenario, repeat ?? null, i + 1, attempt.outcome, outcome],
      ...[Math.round(attempt.durationNs), seed, attempt.trace],
    );
    const positions = new Map<number, number>();
    for (const { name, value, unit, verdict, within: [low, high] = [] } of attempt.measurements) {
      const metric = keyOf(statements.metric, scenario, name, unit);
      const position = (positions.get(metric) ?? 0) + 1;
      positions.set(metric, position);
      statements.sample.run(
        ...[metric, lastInsertRowid, position, value, low ?? null, high ?? null, verdict],
      );
    }
  }
}

function keyOf(statement: Statement, ...values: (string | number)[]): number {
  return (statement.get(...values) as { key: number }).key;
}
