/** The tables of `history.sqlite` and the questions asked of them. */

/** `PRAGMA user_version` of a database that is up to date. */
export const HISTORY_VERSION = 2;

/** `SCHEMA[n]` makes version n + 1 of version n. What is released is never changed here. */
export const SCHEMA: readonly string[] = [
  `
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
`,
  // An id names its targets, so they are of the scenario. Samples lie together by what was
  // measured, in the order of runs; and the index has all that is asked of many attempts.
  `
  ALTER TABLE run ADD COLUMN git_commit TEXT;  -- all three NULL: not known
  ALTER TABLE run ADD COLUMN branch TEXT;      -- NULL: on none
  ALTER TABLE run ADD COLUMN dirty INTEGER;    -- 1: files had been changed since
  ALTER TABLE scenario ADD COLUMN targets TEXT NOT NULL DEFAULT '{}';  -- JSON: role to target
  UPDATE scenario SET targets = coalesce(
    (SELECT targets FROM attempt WHERE scenario = scenario.key ORDER BY key DESC LIMIT 1), '{}');
  CREATE TABLE metric (
    key INTEGER PRIMARY KEY,
    scenario INTEGER NOT NULL REFERENCES scenario(key),
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    UNIQUE (scenario, name, unit)
  );
  CREATE TABLE sample (
    metric INTEGER NOT NULL REFERENCES metric(key),
    attempt INTEGER NOT NULL REFERENCES attempt(key),
    position INTEGER NOT NULL,   -- from 1, among those of one name in one attempt
    value REAL,                  -- NULL: no number
    low REAL, high REAL,         -- limits; NULL: none
    verdict TEXT NOT NULL,
    PRIMARY KEY (metric, attempt, position)
  ) WITHOUT ROWID;
  INSERT INTO metric (scenario, name, unit)
    SELECT DISTINCT attempt.scenario, measurement.name, measurement.unit
    FROM measurement JOIN attempt ON attempt.key = measurement.attempt;
  INSERT INTO sample (metric, attempt, position, value, verdict)
    SELECT metric.key, attempt.key,
      row_number() OVER (PARTITION BY metric.key, attempt.key ORDER BY measurement.rowid),
      measurement.value, measurement.verdict
    FROM measurement JOIN attempt ON attempt.key = measurement.attempt
      JOIN metric ON metric.scenario = attempt.scenario AND metric.name = measurement.name
        AND metric.unit = measurement.unit;
  DROP TABLE measurement;
  DROP INDEX attempt_of_scenario;
  ALTER TABLE attempt DROP COLUMN targets;
  CREATE INDEX attempt_of_scenario
    ON attempt(scenario, key, run, number, outcome, verdict, duration_ns);
`,
];

export const QUERIES = {
  insertRun: `INSERT INTO run
    (id, started_at, bench, host, seed, argv, duration_ns, git_commit, branch, dirty)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  scenario: `INSERT INTO scenario (id, name, file, targets) VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE
      SET name = excluded.name, file = excluded.file, targets = excluded.targets
    RETURNING key`,
  insertAttempt: `INSERT INTO attempt
    (run, scenario, repeat, number, outcome, verdict, duration_ns, seed, trace)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  metric: `INSERT INTO metric (scenario, name, unit) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET unit = excluded.unit RETURNING key`,
  insertSample: `INSERT INTO sample (metric, attempt, position, value, low, high, verdict)
    VALUES (?, ?, ?, ?, ?, ?, ?)`,
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
  runs:
    `SELECT key, id, started_at AS startedAt, bench, git_commit AS hash, branch, dirty FROM run`,
  scenarios: `SELECT key, id, name, file, targets FROM scenario ORDER BY file, id`,
  /** The latest first. */
  attempts: `SELECT run, number, outcome, verdict, duration_ns, key FROM attempt
    WHERE scenario = ? AND run BETWEEN ? AND ? ORDER BY key DESC LIMIT ?`,
  seed: `SELECT seed FROM attempt WHERE key = ?`,
  metrics: `SELECT key, name, unit FROM metric WHERE scenario = ? ORDER BY key`,
  samples: `SELECT attempt.run, sample.value, sample.low, sample.high, sample.verdict
    FROM sample JOIN attempt ON attempt.key = sample.attempt
    WHERE sample.metric = ? AND sample.attempt >= ? AND sample.value IS NOT NULL
      AND attempt.run <= ? AND attempt.outcome IN ('passed', 'failed')
    ORDER BY sample.attempt`,
} as const;
