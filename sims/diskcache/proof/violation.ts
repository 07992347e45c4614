/** A promise that was not kept, as a value, and how people are told of it. */
import { formatNs } from "hil";
import { placeOf } from "../describe.ts";
import type { Access, DiskEvent, History, Sync } from "./history.ts";

/** The promises of the disk cache, by the names that its facts give them. */
export const PROMISES = {
  P1: "each block is one register: reads and writes of it are linearizable",
  P2: "no reader gets a torn block, or the contents of another one",
  P3: "what was written before a sync that returned survives a power cut",
  P4: "what was written after a sync is not on disk without what was written before it",
  P5: "at a power cut only a sector that is being written may be torn",
  P6: "few blocks are newer than the disk, and none for long",
  P7: "once faults have stopped, what was asked for ends",
  P8: "an error of the disk is told to whom it concerns, and to nobody else",
} as const;

export type Promised = keyof typeof PROMISES;

export interface Violation {
  readonly promise: Promised;
  readonly drive: number;
  /** Left out where it is about a drive as a whole. */
  readonly lba?: number;
  /** A sentence. */
  readonly message: string;
  /** The stamps that contradict each other; one where one is enough. */
  readonly witness: readonly number[];
  /** The shortest part of the history that still shows it. */
  readonly history: History;
  /** Position of the power cut. */
  readonly crash?: number;
}

export interface DescribeOptions {
  /** The command that runs it again. */
  readonly replay?: string;
  /** How a position is said; default: nanoseconds since the scenario began. */
  readonly position?: (at: number) => string;
}

/**
 * A violation as a failure is printed: what, when and by whom, and how to see it again.
 *
 * @example
 * ```text
 * P1 of block 0:7 does not hold: 0x1002 was written inside the life of 0x1001
 *   1 us to 2 us    client 1 wrote 0x1001
 *   …
 *   promised: each block is one register: reads and writes of it are linearizable
 *   replay: deno task hil …
 * ```
 */
export function describe(violation: Violation, options: DescribeOptions = {}): string {
  const { promise, drive, lba, message, history, crash } = violation;
  const where = lba === undefined ? `drive ${drive}` : `block ${placeOf({ drive, lba })}`;
  const position = options.position ?? formatNs;
  const rows = storyOf(history, crash)
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
    .map(({ begin, end, text }) => [span(begin, end, position), text] as const);
  const width = Math.max(0, ...rows.map(([time]) => time.length));
  return [
    `${promise} of ${where} does not hold: ${message}`,
    ...rows.map(([time, text]) => `  ${time.padEnd(width)}  ${text}`),
    `  promised: ${PROMISES[promise]}`,
    ...(options.replay ? [`  replay: ${options.replay}`] : []),
  ].join("\n");
}

/** "0x0800a007", for messages. */
export function stampText(stamp: number): string {
  return `0x${stamp.toString(16).padStart(4, "0")}`;
}

interface Line {
  readonly begin: number;
  readonly end: number;
  readonly text: string;
}

function storyOf({ accesses, syncs, disk }: History, crash: number | undefined): Line[] {
  const lines: Line[] = [
    ...accesses.map((access) => ({ ...access, text: accessText(access) })),
    ...syncs.map((sync) => ({ ...sync, text: syncText(sync) })),
    ...disk.map((event) => ({ begin: event.at, end: event.at, text: diskText(event) })),
  ];
  if (crash !== undefined) lines.push({ begin: crash, end: crash, text: "the power is cut" });
  return lines;
}

function span(begin: number, end: number, position: (at: number) => string): string {
  if (begin === end) return position(begin);
  return end === Infinity ? `from ${position(begin)}` : `${position(begin)} to ${position(end)}`;
}

function accessText({ client, kind, drive, lba, stamp, whole, outcome }: Access): string {
  const place = placeOf({ drive, lba });
  const what = kind === "read" && outcome !== "ok" ? "" : ` ${stampText(stamp)}`;
  const torn = whole ? "" : " and other dwords (torn)";
  const verb = kind === "write" ? `wrote${what} to` : `read${what}${torn} from`;
  return `client ${client} ${verb} ${place}${ENDING[outcome]}`;
}

function syncText({ client, drives, outcome }: Sync): string {
  const which = drives.length === 1 ? `drive ${drives[0]}` : `drives ${drives.join(", ")}`;
  return `client ${client} synced ${which}${ENDING[outcome]}`;
}

const ENDING = { ok: "", error: ": failed", open: ": no answer" } as const;

function diskText(event: DiskEvent): string {
  if (event.type === "flush") return `drive ${event.drive} flushed its cache`;
  const durable = event.fua ? ", on the platter at once" : "";
  return `drive ${event.drive} took ${stampText(event.stamp)} for block ${event.lba}${durable}`;
}
