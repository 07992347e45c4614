/** The tables of `history.sqlite` and the questions asked of them. */

/** `PRAGMA user_version` of a database that is up to date. */
export const HISTORY_VERSION = 1;

/** `SCHEMA[n]` makes version n + 1 of version n. */
export const SCHEMA: readonly string[] = [`
  CREATE TABLE run (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL, started_at TEXT NOT NULL, bench TEXT NOT NULL,
    host TEXT NOT NULL, seed INTEGER NOT NULL, argv TEXT NOT NULL, duration_ns INTEGER NOT NULL
  );
  CREATE TABLE scenario (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, file TEXT NOT NULL
  );
  CREATE TABLE attempt (
    key INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run(key),
    scenario INTEGER NOT NULL REFERENCES scenario(key),
    repeat INTEGER,              -- from 1, with --repeat
    number INTEGER NOT NULL,     -- from 1, over retries
    outcome TEXT NOT NULL,       -- of this attempt
    verdict TEXT NOT NULL,       -- of the scenario over all its attempts
    duration_ns INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    targets TEXT NOT NULL,       -- JSON: role to target
    trace TEXT NOT NULL
  );
  CREATE INDEX attempt_of_scenario ON attempt(scenario, key);
  CREATE TABLE measurement (
    attempt INTEGER NOT NULL REFERENCES attempt(key),
    name TEXT NOT NULL,
    value REAL,                  -- NULL: no number
    unit TEXT NOT NULL,
    verdict TEXT NOT NULL
  );
  CREATE INDEX measurement_of_attempt ON measurement(attempt);
`];

export const QUERIES = {
  insertRun: `INSERT INTO run (id, started_at, bench, host, seed, argv, duration_ns)
    VALUES (?, ?, ?, ?, ?, ?, ?)`,
  scenario: `INSERT INTO scenario (id, name, file) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, file = excluded.file
    RETURNING key`,
  insertAttempt: `INSERT INTO attempt
    (run, scenario, repeat, number, outcome, verdict, duration_ns, seed, targets, trace)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  insertMeasurement: `INSERT INTO measurement (attempt, name, value, unit, verdict)
    VALUES (?, ?, ?, ?, ?)`,
  // The index makes each inner question a look at five rows, however long the history is.
  recentDurations: `SELECT id, (
      SELECT json_group_array(duration_ns) FROM (
        SELECT duration_ns FROM attempt
        WHERE scenario = scenario.key AND outcome IN ('passed', 'failed')
        ORDER BY key DESC LIMIT 5)
    ) AS recent FROM scenario`,
  lastFailed: `SELECT id FROM scenario WHERE EXISTS (
      SELECT 1 FROM attempt
      WHERE scenario = scenario.key AND verdict IN ('failed', 'interrupted')
        AND run = (SELECT run FROM attempt WHERE scenario = scenario.key
          AND verdict <> 'skipped' ORDER BY key DESC LIMIT 1))`,
} as const;
