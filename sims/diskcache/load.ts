/**
 * A load as data: what each client does, one after the other, while the others do theirs. One form
 * for all levels and for recordings. Every write has a stamp of its own that says who wrote it,
 * when in the client's turn, and where, so that a block in the wrong place is seen for what it is.
 */
import { registerError } from "hil/record/errors.ts";
import type { Random } from "../engine/mod.ts";

export interface LoadOperation {
  /** A sync is of all drives; its other fields are 0. */
  readonly kind: "read" | "write" | "sync";
  readonly drive: number;
  readonly lba: number;
  /** Of a write what it writes, else 0. */
  readonly stamp: number;
}

export interface Load {
  readonly clients: readonly (readonly LoadOperation[])[];
  /** Size of the cache's list. */
  readonly entries: number;
  /** Of the drives, in blocks; 0 for none. */
  readonly sizes: readonly number[];
}

export interface LoadShape {
  readonly clients: number;
  /** Of each client. */
  readonly operations: number;
  /** Of each drive, from block 0. */
  readonly blocks: number;
  readonly drives: number;
  readonly readPercent: number;
  readonly syncPercent: number;
  readonly entries: number;
}

/** The load that speeds are quoted for. */
export const STANDARD_LOAD: LoadShape = {
  clients: 4,
  operations: 20,
  blocks: 8,
  drives: 1,
  readPercent: 50,
  syncPercent: 5,
  entries: 4,
};

export const LOAD_VERSION = 1;

/** How many bits of a stamp say what; together 32. The client counts from 1: no stamp is 0. */
const BITS = { client: 5, sequence: 15, drive: 2, lba: 10 } as const;
const MAX_CLIENTS = 2 ** BITS.client - 1;
const MAX_OPERATIONS = 2 ** BITS.sequence;
const MAX_DRIVES = 2 ** BITS.drive;
const MAX_BLOCKS = 2 ** 48;
const MAX_ENTRIES = 256;

export interface StampParts {
  readonly client: number;
  /** Position among the client's operations, from 0. */
  readonly sequence: number;
  readonly drive: number;
  /** Its low 10 bits are kept. */
  readonly lba: number;
}

/** @example `stampFor({ client: 0, sequence: 2, drive: 1, lba: 7 }) // 0x08002407` */
export function stampFor({ client, sequence, drive, lba }: StampParts): number {
  const low = lba % 2 ** BITS.lba;
  return (((client + 1) << 27) | (sequence << 12) | (drive << 10) | low) >>> 0;
}

/** Who wrote a stamp, of a load's; undefined for one that no load makes. */
export function partsOf(stamp: number): StampParts | undefined {
  const client = (stamp >>> 27) - 1;
  if (client < 0) return undefined;
  const sequence = (stamp >>> 12) % MAX_OPERATIONS;
  return { client, sequence, drive: (stamp >>> 10) % MAX_DRIVES, lba: stamp % 2 ** BITS.lba };
}

/**
 * A load that `random` and the shape alone decide.
 *
 * @example `generateLoad(new Random(1), STANDARD_LOAD)`
 * @throws RangeError when the shape is not possible
 */
export function generateLoad(random: Random, shape: LoadShape): Load {
  checkShape(shape);
  const { clients, operations, blocks, drives, readPercent, syncPercent, entries } = shape;
  const operation = (client: number, sequence: number): LoadOperation => {
    const chance = random.below(100);
    if (chance < syncPercent) return { kind: "sync", drive: 0, lba: 0, stamp: 0 };
    const drive = random.below(drives);
    const lba = random.below(blocks);
    if (chance < syncPercent + readPercent) return { kind: "read", drive, lba, stamp: 0 };
    return { kind: "write", drive, lba, stamp: stampFor({ client, sequence, drive, lba }) };
  };
  return {
    clients: Array.from(
      { length: clients },
      (_, client) => Array.from({ length: operations }, (_, turn) => operation(client, turn)),
    ),
    entries,
    sizes: Array.from({ length: MAX_DRIVES }, (_, drive) => drive < drives ? blocks : 0),
  };
}

function checkShape(shape: LoadShape): void {
  const { readPercent } = shape;
  const limits: Readonly<Record<keyof LoadShape, readonly [min: number, max: number]>> = {
    clients: [1, MAX_CLIENTS],
    operations: [0, MAX_OPERATIONS],
    blocks: [1, 2 ** 32],
    drives: [1, MAX_DRIVES],
    readPercent: [0, 100],
    syncPercent: [0, 100 - readPercent],
    entries: [1, MAX_ENTRIES],
  };
  for (const [name, [min, max]] of Object.entries(limits)) {
    const value = shape[name as keyof LoadShape];
    if (Number.isInteger(value) && value >= min && value <= max) continue;
    const sum = name === "syncPercent" ? `, ${readPercent} % being reads` : "";
    throw new RangeError(
      `Cannot generate a load with ${name} "${value}": a load has ${min} to ${max}${sum}; ` +
        `give a whole number of these`,
    );
  }
}

/** Why a text is no load. */
export type LoadErrorReason = "not-json" | "not-a-load" | "newer" | "damaged";

export class LoadError extends Error {
  override readonly name = "LoadError";

  /** @param where the place in the text: "clients[0][3]" */
  constructor(
    readonly reason: LoadErrorReason,
    readonly where: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot read the load "${where}": ${what}`, options);
  }
}
registerError(LoadError);

/** One line of JSON; an operation is `[kind, drive, lba, stamp]`. */
export function formatLoad({ clients, entries, sizes }: Load): string {
  const rows = clients.map((operations) =>
    operations.map(({ kind, drive, lba, stamp }) => [kind, drive, lba, stamp])
  );
  return JSON.stringify({ load: LOAD_VERSION, entries, sizes, clients: rows });
}

/**
 * The inverse of {@link formatLoad}; also takes what `JSON.parse` made of it, as in a recording.
 *
 * @throws LoadError
 */
export function parseLoad(text: unknown): Load {
  const fields = objectOf(text);
  const version = fields.load;
  if (!isWhole(version, 1, Number.MAX_SAFE_INTEGER)) {
    throw new LoadError("not-a-load", "load", "it has no version; give what formatLoad wrote");
  }
  if (version > LOAD_VERSION) {
    throw new LoadError(
      "newer",
      "load",
      `it is of version ${version} and this harness reads 1 to ${LOAD_VERSION}; update it`,
    );
  }
  const entries = wholeAt(fields.entries, "entries", 1, MAX_ENTRIES);
  const sizes = listAt(fields.sizes, "sizes", 1, MAX_DRIVES)
    .map((size, i) => wholeAt(size, `sizes[${i}]`, 0, MAX_BLOCKS));
  const clients = listAt(fields.clients, "clients", 0, MAX_CLIENTS).map((list, client) =>
    listAt(list, `clients[${client}]`, 0, MAX_OPERATIONS)
      .map((row, turn) => operationAt(row, `clients[${client}][${turn}]`, sizes))
  );
  checkStamps(clients);
  return { clients, entries, sizes };
}

function objectOf(text: unknown): Readonly<Record<string, unknown>> {
  let value = text;
  if (typeof text === "string") {
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new LoadError("not-json", "the text", "it is no JSON; give what formatLoad wrote", {
        cause,
      });
    }
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new LoadError("not-a-load", "the text", "it is no object; give what formatLoad wrote");
}

function operationAt(row: unknown, where: string, sizes: readonly number[]): LoadOperation {
  const [kind, driveValue, lbaValue, stampValue] = listAt(row, where, 4, 4);
  if (kind !== "read" && kind !== "write" && kind !== "sync") {
    throw damaged(`${where}[0]`, kind, "read, write or sync");
  }
  const drive = wholeAt(driveValue, `${where}[1]`, 0, kind === "sync" ? 0 : sizes.length - 1);
  const last = kind === "sync" ? 0 : sizes[drive]! - 1;
  const lba = wholeAt(lbaValue, `${where}[2]`, 0, last);
  const isWrite = kind === "write";
  const stamp = wholeAt(stampValue, `${where}[3]`, isWrite ? 1 : 0, isWrite ? 2 ** 32 - 1 : 0);
  return { kind, drive, lba, stamp };
}

function checkStamps(clients: readonly (readonly LoadOperation[])[]): void {
  const seen = new Set<number>();
  for (const [client, operations] of clients.entries()) {
    for (const [turn, { kind, stamp }] of operations.entries()) {
      if (kind !== "write") continue;
      if (seen.has(stamp)) {
        throw damaged(`clients[${client}][${turn}][3]`, stamp, "a stamp of its own");
      }
      seen.add(stamp);
    }
  }
}

function listAt(value: unknown, where: string, min: number, max: number): readonly unknown[] {
  if (Array.isArray(value) && value.length >= min && value.length <= max) return value;
  const size = min === max ? `${min}` : `${min} to ${max}`;
  throw damaged(where, Array.isArray(value) ? `${value.length} items` : value, `${size} in a list`);
}

function wholeAt(value: unknown, where: string, min: number, max: number): number {
  if (isWhole(value, min, max)) return value;
  throw damaged(where, value, max < min ? "there is no such" : `a whole number ${min} to ${max}`);
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

function damaged(where: string, value: unknown, wanted: string): LoadError {
  const found = JSON.stringify(value)?.slice(0, 40) ?? "nothing";
  return new LoadError("damaged", where, `it is ${found}, and ought to be: ${wanted}`);
}
