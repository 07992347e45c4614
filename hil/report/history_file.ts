/** The file of a history: opened, brought up to the present version, and what can be wrong with it. */
import type { DatabaseSync } from "node:sqlite";
import { codeOf } from "../trace/mod.ts";
import { HISTORY_VERSION, SCHEMA } from "./_history_sql.ts";

/** Thrown for a history that a later harness wrote: it is left alone. */
export class HistoryTooNew extends Error {
  override readonly name = "HistoryTooNew";

  constructor(path: string, version: number) {
    super(
      `Cannot use the history "${path}": it is of version ${version} and this harness ` +
        `knows versions up to ${HISTORY_VERSION}; update the harness or move the file away`,
    );
  }
}

/**
 * Opens a history; makes it when there is none, and its folder too.
 *
 * @param busyMs how long to wait for another run that writes, in milliseconds
 * @throws HistoryTooNew
 * @throws Error of SQLite, or of the file system
 */
export async function openHistory(path: string, busyMs: number): Promise<DatabaseSync> {
  const slash = path.lastIndexOf("/");
  if (slash > 0) Deno.mkdirSync(path.slice(0, slash), { recursive: true });
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path, { timeout: busyMs });
  try {
    const version = versionOf(database);
    if (version > HISTORY_VERSION) throw new HistoryTooNew(path, version);
    if (version < HISTORY_VERSION) migrate(database);
    return database;
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
}

/** A database too broken to close is gone as well. */
export function closeQuietly(database: DatabaseSync | undefined): void {
  try {
    database?.close();
  } catch { /* As it says. */ }
}

function versionOf(database: DatabaseSync): number {
  return (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
}

function migrate(database: DatabaseSync): void {
  inTransaction(database, () => {
    // Another run may have done it while this one waited.
    for (let version = versionOf(database); version < HISTORY_VERSION; version++) {
      database.exec(SCHEMA[version]!);
      database.exec(`PRAGMA user_version = ${version + 1}`);
    }
  });
}

/** All of `work`, or nothing. */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * Moves a broken history aside, its journal too.
 *
 * @returns where it is now; undefined when it cannot be moved
 */
export function moveAside(path: string): string | undefined {
  for (let number = 1; number <= MOST_BROKEN; number++) {
    const aside = `${path}.broken-${number}`;
    if (exists(aside)) continue;
    try {
      Deno.renameSync(path, aside);
      if (exists(`${path}-journal`)) Deno.renameSync(`${path}-journal`, `${aside}-journal`);
    } catch {
      return undefined;
    }
    return aside;
  }
  return undefined;
}

/** How many times a broken file is moved aside before giving up. */
const MOST_BROKEN = 1000;

const CORRUPT = 11, NOT_A_DATABASE = 26, BUSY = 5, LOCKED = 6, FULL = 13, READ_ONLY = 8;

/**
 * Whether an error says that the file is damaged: SQLite's primary result codes, and words. Deno does
 * not pass every code on, and a table that is missing is damage too, but a mere "SQL logic error" by
 * its code.
 */
export function isCorruption(error: unknown): boolean {
  if (codeOf(error) !== "ERR_SQLITE_ERROR") return false;
  return [CORRUPT, NOT_A_DATABASE].includes(primaryCode(error)) ||
    /not a database|malformed|corrupt|no such (table|column)/i.test(messageOf(error));
}

/** What is so, in our words where we have some. */
export function reasonOf(error: unknown): string {
  const code = primaryCode(error), message = messageOf(error);
  if (code === BUSY || code === LOCKED || /database( table)? is locked/.test(message)) {
    return "another run has it locked";
  }
  if (code === FULL || /disk is full/.test(message)) {
    return "no space is left on the device; what it had is still there";
  }
  if (code === READ_ONLY || /readonly database/.test(message)) return "it may not be written";
  return message.replace(/\.$/, "");
}

function primaryCode(error: unknown): number {
  return ((error as { errcode?: number } | undefined)?.errcode ?? 0) & 0xff;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
