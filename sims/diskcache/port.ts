/**
 * The disk cache as a scenario sees it, whichever target stands behind it: operations that run in
 * threads of the target, the cache's list and counters, and the drives under it.
 */
import {
  type Clock,
  type Console,
  type Duration,
  type Need,
  need,
  registerError,
  type Signal,
} from "hil";
import type { Occurrence } from "hil";
import type { BlockFate, FaultCount, FaultPlan, Mechanics } from "./disk/mod.ts";
import type { CacheSettings } from "./settings.ts";

/** Flags of an entry, a bit set (the author's description). */
export const Flag = {
  WRITE_PENDING: 1,
  READ_PENDING: 2,
  BLOCK_VALID: 4,
  IN_USE: 8,
  FILL_PENDING: 16,
} as const;

export interface BlockAddress {
  /** 0 and 1: primary master and slave; 2 and 3: secondary. */
  readonly drive: number;
  /** 512-byte blocks, 48 bits. */
  readonly lba: number;
}

/** What an operation went through. `why` of blocked: "read", "update", "room", "sync". */
export type OperationData = {
  readonly thread: number;
  readonly operation: string;
  /** For blocked and paused, why; for failed, the error: "error=04", "timeout", "bad …". */
  readonly why?: string;
  readonly stamp?: number;
  readonly whole?: boolean;
};

/** Kinds: "began", "blocked", "paused", "done", "failed". */
export type OperationEvent = Occurrence<OperationData>;

export interface BlockContents {
  /** First of the 128 little-endian dwords. */
  readonly stamp: number;
  /** All dwords are equal: the block is not torn or mixed. */
  readonly whole: boolean;
}

/** One thread of the target doing one thing. */
export interface Operation<T> {
  readonly thread: number;
  /** Its events, and only its. */
  readonly events: Signal<OperationData>;
  /** Waits until it blocks for that reason, and gives the event. */
  blocked(why: string, options?: { within?: Duration }): Promise<OperationEvent>;
  /** Waits until it stops where `pause` told it to ("fill", "drain"). */
  paused(options?: { within?: Duration }): Promise<OperationEvent>;
  /** Lets a paused one go on. */
  resume(): Promise<void>;
  /**
   * Waits until it is over. Each of the three waits at most 10 s when `within` is not given.
   *
   * @throws OperationFailed when the disk gave an error
   */
  finished(options?: { within?: Duration }): Promise<T>;
}

/** The cache told the thread that its operation failed. `error`: "error=04", "timeout", "bad …". */
export class OperationFailed extends Error {
  override readonly name = "OperationFailed";
  constructor(readonly operation: string, readonly error: string) {
    super(`${operation} failed: ${error}`);
  }
}
registerError(OperationFailed);

/** One entry of the cache's list that is in use, at one instant. */
export interface Entry extends BlockAddress {
  readonly index: number;
  readonly flags: number;
  /** Time of last access, in cache operations. */
  readonly access: number;
  readonly contents?: BlockContents;
}

/** Counters of the cache; `ticks` are the milliseconds of its own clock. */
export type Statistics = Readonly<
  Record<
    | "hits"
    | "misses"
    | "joined"
    | "reads"
    | "writes"
    | "flushes"
    | "evictions"
    | "waits_update"
    | "waits_room"
    | "interrupts"
    | "spurious"
    | "errors"
    | "timeouts"
    | "resets"
    | "ticks"
    | "switches"
    | "preemptions",
    number
  >
>;

/** A request as the drive saw it. Kinds: "read", "write", "flush"; then "done" for each. */
export type DiskRequestData = {
  readonly drive: number;
  /** Counts from 1 for each drive. */
  readonly id: number;
  readonly operation: "read" | "write" | "flush";
  readonly lba: number;
  readonly blocks: number;
  /** Of a write of one block that is done and good: what the drive was given. */
  readonly stamp?: number;
  readonly whole?: boolean;
  /** Where the drive keeps a log: what it was given, in base64, unless `stamp` says it all. */
  readonly data?: string;
  /** Where the drive keeps a log: the blocks became zero. */
  readonly discard?: true;
  /** The write is on the platter when it is done, not only in the drive's own cache. */
  readonly fua?: true;
  /**
   * Of a "done": "ok", "error"; "reset" where the driver gave up on it and the drive saw that. A
   * request that a power cut met is never done.
   */
  readonly status?: string;
};

export type DiskOperation = DiskRequestData["operation"];

/** What a power cut left of a drive: the fate of each block that was not durable yet. */
export type Survivors = { readonly drive: number; readonly blocks: readonly BlockFate[] };

/** Kinds: "cut", with what it left; "on". */
export type PowerData = { readonly survivors?: readonly Survivors[] };

/** What the drives are, beside their sizes. */
export interface DiskOptions {
  /** Blocks in the volatile write cache of each; default 2048; 0: each write is durable at once. */
  readonly cacheBlocks?: number;
  /** Arm and spindle; default: none. The model's requests take 80 to 120 us then, QEMU's no time. */
  readonly mechanics?: Mechanics;
  /** Of every drive, from the beginning. */
  readonly plan?: FaultPlan;
  /** Keeps all that is written, for {@link Drives.writeLog} and `hil export --dm-log-writes`. */
  readonly log?: boolean;
}

/** The drives under the cache, from the outside: the truth about what the cache asked for. */
export interface Drives {
  /** Requests as they reach a drive, all drives on one channel in their order. */
  readonly requests: Signal<DiskRequestData>;
  /** From now on the drive finishes nothing (of these kinds) until released. */
  hold(drive: number, operations?: readonly DiskOperation[]): Promise<void>;
  /** Lets go what is held, in order, and holds no more. */
  release(drive: number): Promise<void>;
  /** Lets one held request go and goes on holding. Wait until it has reached the drive first. */
  releaseOne(drive: number): Promise<void>;
  /** The next `count` requests of that kind to that block fail with an error; 0: no more. */
  fail(fault: BlockAddress & { operation: DiskOperation; count: number }): Promise<void>;
  /**
   * Gives a drive a plan of faults in place of the one it has; `NO_FAULTS` ends them all. What its
   * "hold" holds is let go as what {@link hold} holds.
   *
   * @throws FaultPlanError
   */
  plan(drive: number, plan: FaultPlan): Promise<void>;
  /** How often each fault of the drive's plan has really struck, in the plan's order. */
  fired(drive: number): Promise<readonly FaultCount[]>;
  /** Power of the drives, which have one plug. A plan's power cut is seen here. */
  readonly power: Signal<PowerData>;
  /** What a drive has done, as a file of dm-log-writes; asked for by the option `log`. */
  writeLog(drive: number): Promise<Uint8Array>;
  /** What is on the disk itself, beside the cache; `durable`: what a power cut cannot take. */
  peek(at: BlockAddress, options?: { durable?: boolean }): Promise<BlockContents>;
  /** Puts a stamped block on the disk itself, beside the cache. */
  poke(at: BlockAddress, stamp: number): Promise<void>;
  /** Size in blocks. */
  readonly sizes: readonly number[];
}

export interface DiskCache {
  readonly clock: Clock;
  /** All operations' events on one channel. */
  readonly operations: Signal<OperationData>;
  readonly drives: Drives;
  read(at: BlockAddress, options?: { pause?: boolean }): Promise<Operation<BlockContents>>;
  write(at: BlockAddress, stamp: number, options?: { pause?: boolean }): Promise<Operation<void>>;
  /** All drives, or one. */
  sync(drive?: number): Promise<Operation<void>>;
  /** Many seeded random reads and writes that check what they read. */
  work(options: {
    seed: number;
    count: number;
    blocks: number;
    readPercent: number;
    drives?: readonly number[];
  }): Promise<Operation<void>>;
  /** Starts what `start` asks for as one: no thread runs before all are there. */
  together<T>(start: () => Promise<T>): Promise<T>;
  entries(): Promise<readonly Entry[]>;
  statistics(): Promise<Statistics>;
  /** Starts again with an empty cache. Nothing may be dirty or running. */
  configure(settings: CacheSettings): Promise<void>;
  /**
   * Pulls the plug of machine and drives, unless a plan has done that, and starts again on what the
   * drives still have: with an empty cache, configured as it was. Operations that were not over
   * fail with "power cut". Gives what the drives' own caches lost and kept.
   */
  powerCut(): Promise<readonly Survivors[]>;
}

/** What only a target with a real machine under it offers. */
export interface Machine {
  readonly console: Console;
}

/** What a scenario's cache is made of; what is not said is as the bench file says. */
export interface CacheOptions extends CacheSettings {
  /** Drives in 512-byte blocks, 0 for none; default four of 65,536. */
  readonly sizes?: readonly number[];
  /** What the drives are. */
  readonly disk?: DiskOptions;
}

/** The need for a disk cache. */
export function diskCache(options: CacheOptions = {}): Need<DiskCache> {
  return need<DiskCache>("diskcache", { options: { ...options } });
}

/** The need for a disk cache on a machine with a console. */
export function diskCacheMachine(options: CacheOptions = {}): Need<DiskCache & Machine> {
  return need<DiskCache & Machine>("diskcache", {
    requires: ["machine"],
    options: { ...options },
  });
}
