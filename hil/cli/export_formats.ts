/** The formats of `hil export`: each goes through the trace as often as it must, and holds little. */
import {
  formatEntry,
  formatSuperBlock,
  type LogEntry,
  loggedBy,
  markOf,
  packetsOf,
  PcapngFormat,
  PerfettoFormat,
  PlainLog,
  type Trace,
  VcdFormat,
} from "../trace/mod.ts";
import { suggestion } from "../bench/mod.ts";
import { UsageError } from "./command_line.ts";
import type { OutputFile } from "./export_file.ts";

export interface ExportJob {
  readonly trace: Trace;
  readonly out: OutputFile;
  readonly channel?: readonly string[];
  readonly clock?: string;
  readonly drive?: number;
}

/** By the names of their options; each says what it wrote. */
export const EXPORTS = {
  vcd: exportVcd,
  pcapng: exportPcapng,
  perfetto: exportPerfetto,
  "dm-log-writes": exportWrites,
  log: exportLog,
} as const;

export type ExportName = keyof typeof EXPORTS;

async function exportVcd({ trace, out, channel: channels, clock }: ExportJob): Promise<string> {
  const format = new VcdFormat({ title: trace.header.scenario, channels, clock });
  const there = new Set<string>();
  for await (const event of trace) {
    format.survey(event);
    if (event.type === "signal" || event.type === "bytes") there.add(event.channel);
  }
  const missing = channels?.find((name) => !there.has(name));
  if (missing !== undefined) {
    throw new UsageError(
      `Cannot export the channel "${missing}": the trace has no such; ${
        suggestion(missing, there)
      }`,
    );
  }
  await out.write(format.begin());
  for await (const event of trace) await out.write(format.event(event));
  await out.write(format.end());
  await out.flush();
  return "waveforms";
}

async function exportPcapng({ trace, out }: ExportJob): Promise<string> {
  const { scenario, seed } = trace.header;
  const format = new PcapngFormat({ comment: `${scenario}, seed ${seed}` });
  await out.write(format.begin());
  let count = 0;
  for await (const event of trace) {
    for (const packet of packetsOf([event])) {
      await out.write(format.packet(packet));
      count++;
    }
  }
  await out.flush();
  return `${count} packets`;
}

async function exportPerfetto({ trace, out }: ExportJob): Promise<string> {
  return await exportText({ trace, out }, new PerfettoFormat());
}

async function exportLog({ trace, out }: ExportJob): Promise<string> {
  return await exportText({ trace, out }, new PlainLog());
}

async function exportText(
  { trace, out }: ExportJob,
  format: PerfettoFormat | PlainLog,
): Promise<string> {
  await out.write(format.begin(trace.header));
  let count = 0;
  for await (const event of trace) {
    await out.write(format.event(event));
    count++;
  }
  await out.write(format.end());
  await out.flush();
  return `${count} events`;
}

/** The number of entries comes before them: the trace is read twice, and nothing is kept. */
async function exportWrites({ trace, out, drive }: ExportJob): Promise<string> {
  const chosen = await chooseDrive(trace, drive);
  const { count, writes } = chosen;
  await out.write(formatSuperBlock(count));
  for await (const entry of entriesOf(trace, chosen.drive)) await out.write(formatEntry(entry));
  await out.flush();
  return `${writes} writes of drive ${chosen.drive}`;
}

interface Counts {
  writes: number;
  flushes: number;
  withoutData: number;
}

async function chooseDrive(trace: Trace, wanted: number | undefined) {
  const drives = new Map<number, Counts>();
  let marks = 0;
  const names = new Map<number, string>();
  for await (const event of trace) {
    if (markOf(event, names)) marks++;
    const logged = loggedBy(event);
    if (!logged) continue;
    const counts = drives.get(logged.drive) ?? { writes: 0, flushes: 0, withoutData: 0 };
    drives.set(logged.drive, counts);
    if (logged.entry === "no data") counts.withoutData++;
    else if (logged.entry.sectors > 0) counts.writes++;
    else counts.flushes++;
  }
  const written = [...drives].filter(([, { writes, withoutData }]) => writes + withoutData > 0)
    .map(([drive]) => drive).sort((a, b) => a - b);
  const drive = wanted ?? (written.length === 1 ? written[0]! : undefined);
  const there = written.length === 0 ? "no drive was written to" : `it has ${written.join(", ")}`;
  if (drive === undefined || !drives.has(drive)) {
    const what = drive === undefined ? "a log of writes" : `the writes of drive "${drive}"`;
    const todo = written.length === 0 ? "take the trace of a disk" : "choose one with --drive N";
    throw new UsageError(`Cannot export ${what}: ${there}; ${todo}`);
  }
  const { writes, flushes, withoutData } = drives.get(drive)!;
  if (withoutData > 0) {
    throw new UsageError(
      `Cannot export the writes of drive "${drive}": of ${withoutData} of them the trace does not ` +
        `have the data; run the scenario with diskCache({ disk: { log: true } })`,
    );
  }
  return { drive, writes, count: writes + flushes + marks };
}

async function* entriesOf(trace: Trace, drive: number): AsyncGenerator<LogEntry> {
  const names = new Map<number, string>();
  for await (const event of trace) {
    const mark = markOf(event, names);
    if (mark) yield mark;
    const logged = loggedBy(event);
    if (logged?.drive === drive && logged.entry !== "no data") yield logged.entry;
  }
}
