/**
 * What earlier runs came to, in `reports/history.sqlite`: to start the longest scenarios first
 * and to run again what failed last. A convenience: whatever is wrong with it is a warning.
 *
 * Each run adds its results in one short transaction, so a rollback journal with a busy timeout
 * is all that two runs at once need. A write-ahead log is not used: it wants shared memory, which
 * network file systems lack, and leaves two more files beside the database.
 */
import type { DatabaseSync } from "node:sqlite";
import { codeOf } from "../trace/mod.ts";
import { HISTORY_VERSION, QUERIES, SCHEMA } from "./_history_sql.ts";
import type { RunResult, ScenarioResult } from "./result.ts";

export interface HistoryOptions {
  /** Told each thing that is wrong, in one sentence. */
  readonly warn: (text: string) => void;
  /** How long to wait for another run that writes, in milliseconds. Default: 2000. */
  readonly busyMs?: number;
}

/** How many times a broken file is moved aside before giving up. */
const MAX_BROKEN = 1000;

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
      return durations.length > 0 ? [[id, median(durations)] as const] : [];
    }));
  }

  /** Ids of the scenarios that failed, or were interrupted, in the last run that ran them. */
  async lastFailed(): Promise<Set<string>> {
    const rows = await this.#attempt("read", (database) => {
      return database.prepare(QUERIES.lastFailed).all() as { id: string }[];
    });
    return new Set((rows ?? []).map(({ id }) => id));
  }

  /** Adds all attempts of a run; whether they are in. */
  async record(run: RunResult): Promise<boolean> {
    const done = await this.#attempt("write", (database) => {
      database.exec("BEGIN IMMEDIATE");
      try {
        insertRun(database, run);
        database.exec("COMMIT");
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
      return true;
    });
    return done ?? false;
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
        return work(await this.#open(verb));
      } catch (error) {
        if (error instanceof NoHistory) return undefined;
        problem = error;
        this.#forget();
        if (!isCorruption(error)) break;
        // Opened once more before it is moved: another run may have put a good one there.
        if (pass === 1) this.#moveAside(error);
      }
    }
    if (!this.#disabled) this.#warn(verb, problem);
    return undefined;
  }

  async #open(verb: "read" | "write"): Promise<DatabaseSync> {
    if (this.#database) return this.#database;
    if (verb === "read" && !exists(this.path)) throw new NoHistory();
    const slash = this.path.lastIndexOf("/");
    if (slash > 0) Deno.mkdirSync(this.path.slice(0, slash), { recursive: true });
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(this.path, { timeout: this.options.busyMs ?? 2000 });
    this.#database = database;
    const version = versionOf(database);
    if (version > HISTORY_VERSION) this.#refuse(version);
    if (version < HISTORY_VERSION) migrate(database);
    return database;
  }

  #refuse(version: number): never {
    this.#forget();
    this.#disabled = true;
    this.options.warn(
      `Cannot use the history "${this.path}": it is of version ${version} and this harness ` +
        `knows versions up to ${HISTORY_VERSION}; update the harness or move the file away`,
    );
    throw new NoHistory();
  }

  #warn(verb: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const why = isBusy(error)
      ? "another run has it locked; this run goes on without it"
      : `${message.replace(/\.$/, "")}; this run goes on without it`;
    this.options.warn(`Cannot ${verb} the history "${this.path}": ${why}`);
  }

  #moveAside(error: unknown): void {
    for (let number = 1; number <= MAX_BROKEN; number++) {
      const aside = `${this.path}.broken-${number}`;
      if (exists(aside)) continue;
      try {
        Deno.renameSync(this.path, aside);
        if (exists(`${this.path}-journal`)) {
          Deno.renameSync(`${this.path}-journal`, `${aside}-journal`);
        }
      } catch {
        this.#disabled = true;
        this.#warn("move aside", error);
        return;
      }
      this.options.warn(
        `Cannot use the history "${this.path}": ${(error as Error).message}; ` +
          `it is kept as "${aside}" and a new one begins`,
      );
      return;
    }
    this.#disabled = true;
    this.#warn("move aside", error);
  }

  #forget(): void {
    try {
      this.close();
    } catch {
      this.#database = undefined; // A database too broken to close is gone as well.
    }
  }
}

/** There is nothing to ask: no fault, or one that was told already. */
class NoHistory extends Error {}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * SQLite's primary result codes, and words: Deno does not pass every code on, and a table that is
 * missing is damage too, but a mere "SQL logic error" by its code.
 */
function isCorruption(error: unknown): boolean {
  if (codeOf(error) !== "ERR_SQLITE_ERROR") return false;
  const { errcode = 0, message } = error as Error & { errcode?: number };
  return [11, 26].includes(errcode & 0xff) ||
    /not a database|malformed|corrupt|no such (table|column)/i.test(message);
}

function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: number } | undefined)?.errcode;
  if (code !== undefined) return (code & 0xff) === 5 || (code & 0xff) === 6;
  return /database( table)? is locked/.test((error as Error | undefined)?.message ?? "");
}

function versionOf(database: DatabaseSync): number {
  return (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
}

function migrate(database: DatabaseSync): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another run may have done it while this one waited.
    for (let version = versionOf(database); version < HISTORY_VERSION; version++) {
      database.exec(SCHEMA[version]!);
      database.exec(`PRAGMA user_version = ${version + 1}`);
    }
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function insertRun(database: DatabaseSync, run: RunResult): void {
  const { id, startedAt, bench, host, seed, argv, durationNs } = run;
  const runRow = database.prepare(QUERIES.insertRun)
    .run(id, startedAt, bench, host, seed, JSON.stringify(argv), Math.round(durationNs));
  const statements = {
    scenario: database.prepare(QUERIES.scenario),
    attempt: database.prepare(QUERIES.insertAttempt),
    measurement: database.prepare(QUERIES.insertMeasurement),
  };
  for (const result of run.results) insertResult(statements, runRow.lastInsertRowid, result);
}

type Statement = ReturnType<DatabaseSync["prepare"]>;

function insertResult(
  statements: Readonly<Record<"scenario" | "attempt" | "measurement", Statement>>,
  run: number | bigint,
  result: ScenarioResult,
): void {
  const { id, name, file, targets, outcome, repeat, seed } = result;
  const scenario = statements.scenario.get(id, name, file) as { key: number };
  for (const [i, attempt] of result.attempts.entries()) {
    const { lastInsertRowid } = statements.attempt.run(
      run,
      scenario.key,
      repeat ?? null,
      i + 1,
      attempt.outcome,
      outcome,
      Math.round(attempt.durationNs),
      seed,
      JSON.stringify(targets),
      attempt.trace,
    );
    for (const { name, value, unit, verdict } of attempt.measurements) {
      statements.measurement.run(lastInsertRowid, name, value, unit, verdict);
    }
  }
}

/** Of an even number of values, the lower of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1]!;
}
