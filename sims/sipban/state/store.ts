/**
 * Bans over a restart: one table in SQLite. Never in the way of protection: what cannot be written is
 * said once, kept in memory, and written when it can be.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";

export interface StoredBan {
  /** An address, or a network that was banned by hand. */
  readonly target: string;
  /** Calendar time in nanoseconds; `undefined`: for ever. */
  readonly untilNs?: number;
  /** How many bans it had: repeaters are out for longer. */
  readonly level: number;
  readonly rule: string;
  /** False: the ban is over, and only its count is kept. */
  readonly live: boolean;
}

export interface StoreOptions {
  /** ":memory:": for this run only. */
  readonly path: string;
  /** Told in words what is wrong, once each time that it begins. */
  readonly report: (problem: string) => void;
}

const VERSION = 1;
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 0;
  CREATE TABLE IF NOT EXISTS bans (
    target TEXT PRIMARY KEY,
    until_ns REAL,
    level INTEGER NOT NULL,
    rule TEXT NOT NULL,
    live INTEGER NOT NULL
  ) WITHOUT ROWID, STRICT;
  PRAGMA user_version = ${VERSION};
`;

interface Open {
  readonly database: DatabaseSync;
  readonly put: StatementSync;
  readonly delete: StatementSync;
}

export class Store {
  readonly #bans = new Map<string, StoredBan>();
  /** What the file does not have yet. */
  readonly #behind = new Set<string>();
  #open: Open | undefined;
  #problem: string | undefined;

  /** Never throws: what cannot be opened is reported, and memory takes its place. */
  constructor(private readonly options: StoreOptions) {
    try {
      this.#begin();
    } catch (error) {
      if (this.#isDamaged(error)) this.#setAside();
      else this.#complain("open", error);
    }
  }

  /** What is wrong with the file now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get bans(): readonly StoredBan[] {
    return [...this.#bans.values()];
  }

  get(target: string): StoredBan | undefined {
    return this.#bans.get(target);
  }

  put(bans: readonly StoredBan[]): void {
    for (const ban of bans) {
      this.#bans.set(ban.target, ban);
      this.#behind.add(ban.target);
    }
    this.flush();
  }

  delete(targets: readonly string[]): void {
    for (const target of targets) {
      this.#bans.delete(target);
      this.#behind.add(target);
    }
    this.flush();
  }

  /** Writes what could not be written yet. All of it or nothing. */
  flush(): void {
    if (this.#behind.size === 0) return;
    try {
      if (!this.#open) this.#begin();
      const { database } = this.#open!;
      database.exec("BEGIN IMMEDIATE");
      try {
        for (const target of this.#behind) this.#write(target);
        database.exec("COMMIT");
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
      this.#behind.clear();
      if (this.#problem) this.options.report(`The state "${this.options.path}" is written again`);
      this.#problem = undefined;
    } catch (error) {
      this.#complain("write", error);
    }
  }

  close(): void {
    this.flush();
    this.#open?.database.close();
    this.#open = undefined;
  }

  #begin(): void {
    const database = new DatabaseSync(this.options.path);
    try {
      const { user_version } = database.prepare("PRAGMA user_version").get() as {
        user_version: number;
      };
      if (user_version > VERSION) {
        throw new RangeError(`it is of a newer version (${user_version}) of sipban`);
      }
      database.exec(SCHEMA);
      // What came in meanwhile is newer.
      for (const ban of read(database)) {
        if (!this.#behind.has(ban.target)) this.#bans.set(ban.target, ban);
      }
      this.#open = {
        database,
        put: database.prepare("INSERT OR REPLACE INTO bans VALUES (?, ?, ?, ?, ?)"),
        delete: database.prepare("DELETE FROM bans WHERE target = ?"),
      };
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #write(target: string): void {
    const ban = this.#bans.get(target);
    if (!ban) this.#open!.delete.run(target);
    else {
      const { untilNs = null, level, rule, live } = ban;
      this.#open!.put.run(target, untilNs, level, rule, live ? 1 : 0);
    }
  }

  #isDamaged(error: unknown): boolean {
    return /malformed|not a database|corrupt/i.test(this.#saidBy(error));
  }

  /** Without the file's name, which may have any word in it. */
  #saidBy(error: unknown): string {
    return `${error}`.replaceAll(this.options.path, "");
  }

  /** A damaged file is kept for who wants to look at it. */
  #setAside(): void {
    const { path, report } = this.options;
    const aside = `${path}.damaged`;
    try {
      Deno.renameSync(path, aside);
      for (const end of ["-wal", "-shm"]) removeIfThere(`${path}${end}`);
      this.#begin();
      report(
        `Cannot read the state "${path}": it is damaged; it is now "${aside}", and a new one is begun`,
      );
    } catch (error) {
      this.#complain("open", error);
    }
  }

  #complain(verb: string, error: unknown): void {
    const isNew = this.#problem === undefined;
    this.#problem = `Cannot ${verb} the state "${this.options.path}": ` +
      `${(error as Error).message}; ${
        remedyFor(this.#saidBy(error))
      }. Until then bans are kept in memory`;
    if (isNew) this.options.report(this.#problem);
  }
}

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/locked|busy/, "end what else has it open"],
  [/full/, "make room on its disk"],
  [/readonly|unable to open|access/i, "make its folder, and let sipban write there"],
  [/malformed|not a database|corrupt/, "move it away, a new one is begun then"],
  [/newer version/, "run that version, or move the file away"],
];

function remedyFor(said: string): string {
  return REMEDIES.find(([pattern]) => pattern.test(said))?.[1] ?? "look at its disk";
}

function read(database: DatabaseSync): StoredBan[] {
  const rows = database.prepare("SELECT * FROM bans").all() as unknown as {
    target: string;
    until_ns: number | null;
    level: number;
    rule: string;
    live: number;
  }[];
  return rows.map(({ target, until_ns, level, rule, live }) => ({
    target,
    ...(until_ns !== null && { untilNs: until_ns }),
    level,
    rule,
    live: live !== 0,
  }));
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
