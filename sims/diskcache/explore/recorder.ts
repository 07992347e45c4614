/** Keeps what happens in one run as the history that the oracle reads. */
import type { Access, AccessOutcome, DiskCompletion, DiskEvent } from "../proof/mod.ts";
import type { History, Sync } from "../proof/mod.ts";
import type { DriveRequest } from "../model/drive.ts";
import { contentsOf } from "../geometry.ts";
import type { LoadOperation } from "../load.ts";
import type { BlockContents } from "../port.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Begun and not over yet. */
export type OpenAccess = Mutable<Access>;
export type OpenSync = Mutable<Sync>;

/** One number for each block of small drives. */
export function blockKey(drive: number, lba: number): number {
  return drive * 2 ** 32 + lba;
}

/** A stamp that no load makes (its clients count from 1): so a block in the wrong place is seen. */
export function initialStamp(drive: number, lba: number): number {
  return ((drive << 10) | (lba % 1024)) + 1;
}

export class Recorder implements History {
  readonly accesses: OpenAccess[] = [];
  readonly syncs: OpenSync[] = [];
  readonly disk: DiskEvent[] = [];
  readonly initial = initialStamp;
  readonly completions: DiskCompletion[] = [];
  #moment = 0;

  /** A position of its own in the order of all events. */
  moment(): number {
    return ++this.#moment;
  }

  access(client: number, { kind, drive, lba, stamp }: LoadOperation): OpenAccess {
    const access: OpenAccess = {
      client,
      kind: kind === "read" ? "read" : "write",
      drive,
      lba,
      stamp,
      whole: true,
      begin: this.moment(),
      end: Infinity,
      outcome: "open",
    };
    this.accesses.push(access);
    return access;
  }

  sync(client: number, drives: readonly number[]): OpenSync {
    const begin = this.moment();
    const sync: OpenSync = { client, begin, end: Infinity, outcome: "open", drives };
    this.syncs.push(sync);
    return sync;
  }

  over(one: OpenAccess | OpenSync, outcome: AccessOutcome): void {
    one.end = this.moment();
    one.outcome = outcome;
  }

  read(access: OpenAccess, { stamp, whole }: BlockContents): void {
    access.stamp = stamp;
    access.whole = whole;
    this.over(access, "ok");
  }

  written(drive: number, lba: number, sector: Uint32Array): void {
    const { stamp, whole } = contentsOf(sector);
    this.disk.push({ at: this.moment(), drive, type: "write", lba, stamp, whole });
  }

  flushed(drive: number, begin: number): void {
    this.disk.push({ at: this.moment(), drive, type: "flush", begin });
  }

  /** A request is over for its drive, one way or the other. */
  completed(drive: number, { operation, lba }: DriveRequest, { ok }: { ok: boolean }): void {
    this.completions.push({ at: this.moment(), drive, operation, lba, ok });
  }
}
