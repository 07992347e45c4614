/** Recordings from elsewhere as traces: serial logs, captures of packets. */
import { ms, pause } from "../../time/mod.ts";
import {
  type PacketData,
  tellReading,
  TRACE_VERSION,
  type TraceHeader,
  TraceWriter,
} from "../../trace/mod.ts";
import { type ImportedLog, type LogFormat, logFormat, LogReader } from "./log.ts";

export interface ImportOptions {
  /** Of the new trace, which must not be there yet. */
  readonly to: string;
  /** What the trace says it is of. */
  readonly scenario: string;
  /** As the trace names its origin. */
  readonly file: string;
  /** Ends it; nothing of the trace is left then. */
  readonly signal?: AbortSignal;
}

/** Thrown for a file that cannot become a trace; nothing of one is left then. */
export class ImportError extends Error {
  override readonly name = "ImportError";

  constructor(file: string, what: string, options?: ErrorOptions) {
    super(`Cannot import "${file}": ${what}`, options);
  }
}

const NEWLINE = 0x0a;
/** A longer line comes in pieces. */
const LONGEST_LINE = 64 * 1024;
const HEAD = 256 * 1024;
/** Between two looks at the signal, whom others set. */
const TURN_PACKETS = 10_000;

/**
 * Makes a trace of a log, a piece at a time.
 *
 * @throws ImportError when it is empty or no text
 */
export async function importLog(
  path: string,
  { channel, format, ...options }: ImportOptions & {
    readonly channel: string;
    /** Default: told by its first lines. */
    readonly format?: LogFormat | "none" | undefined;
  },
): Promise<ImportedLog & { readonly format: string }> {
  using file = await Deno.open(path);
  const chunk = new Uint8Array(HEAD);
  let count = await file.read(chunk);
  const head = chunk.subarray(0, count ?? 0);
  if (head.length === 0) throw new ImportError(options.file, "it is empty; give a log with lines");
  if (isBinary(head)) {
    throw new ImportError(options.file, "it is neither text nor a capture; give a .log or .pcapng");
  }
  const lines = new TextDecoder("latin1").decode(head).split("\n");
  const used = format === "none" ? undefined : format ?? logFormat(lines);
  const reader = new LogReader(used, channel);
  await intoTrace(options, async (writer) => {
    const cut = new LineCutter();
    let bytes = 0;
    while (count !== null) {
      options.signal?.throwIfAborted();
      tellReading(path, bytes += count);
      for (const line of cut.push(chunk.subarray(0, count))) writer.write(reader.event(line));
      count = await file.read(chunk);
    }
    tellReading(path, undefined);
    for (const line of cut.end()) writer.write(reader.event(line));
  });
  const { lines: all, untimed, boots, backwards } = reader;
  return { lines: all, untimed, boots, backwards, format: used?.name ?? "none" };
}

/** A console has control characters, but mostly not. */
function isBinary(head: Uint8Array): boolean {
  const odd = head.reduce((sum, byte) => sum + Number(byte < 7 || (byte > 13 && byte < 27)), 0);
  return odd > head.length / 20;
}

/** A packet, with the time at which a capture has it. */
export interface TimedPacket {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly channel: string;
  readonly data: PacketData;
}

/**
 * Makes a trace of packets; times count from the earliest one. What `packets` throws after the first
 * one is kept for the caller, and the trace has what came before.
 *
 * @throws ImportError when there is no packet
 */
export async function importPackets(
  packets: () => Iterable<TimedPacket>,
  options: ImportOptions,
): Promise<{ readonly packets: number; readonly channels: number; readonly failure?: Error }> {
  const first = earliest(packets);
  if (!first.packet) {
    const why = first.failure?.message ?? "it has no packets";
    throw new ImportError(options.file, why, { cause: first.failure });
  }
  const { seconds, nanoseconds } = first.packet;
  const channels = new Set<string>();
  let count = 0, failure: Error | undefined;
  await intoTrace(options, async (writer) => {
    try {
      for (const { channel, data, ...time } of packets()) {
        channels.add(channel);
        const t = (time.seconds - seconds) * 1e9 + time.nanoseconds - nanoseconds;
        writer.append({ type: "signal", channel, kind: "packet", data: { ...data } }, { t });
        if (++count % TURN_PACKETS === 0) await turn(options.signal);
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      failure = error as Error;
    }
  });
  return { packets: count, channels: channels.size, ...(failure && { failure }) };
}

async function turn(signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return;
  await pause(ms(0));
  signal.throwIfAborted();
}

function earliest(packets: () => Iterable<TimedPacket>) {
  let packet: TimedPacket | undefined, failure: Error | undefined;
  try {
    for (const one of packets()) {
      const before = packet &&
        (one.seconds - packet.seconds || one.nanoseconds - packet.nanoseconds);
      if (before === undefined || before < 0) packet = one;
    }
  } catch (error) {
    failure = error as Error;
  }
  return { packet, failure };
}

/** A trace that says that it was imported, and that has an end: nothing was cut off. */
async function intoTrace(
  { to, scenario, file }: ImportOptions,
  write: (writer: TraceWriter) => void | Promise<void>,
): Promise<void> {
  const header: TraceHeader = {
    trace: TRACE_VERSION,
    scenario,
    file,
    line: 1,
    seed: 0,
    bench: "imported",
    targets: {},
    environment: {},
  };
  const exists = await Deno.lstat(to).then(() => true, () => false);
  if (exists) throw new ImportError(file, `there is a "${to}" already; give another by --out`);
  let writer: TraceWriter | undefined;
  try {
    writer = TraceWriter.create(to, header);
    await write(writer);
    writer.append({ type: "end", outcome: "passed" });
  } catch (error) {
    await Deno.remove(to).catch(() => {}); // Perhaps its folder could not be made.
    throw error;
  } finally {
    writer?.close();
  }
}

/** Cuts pieces into lines with their ends; a line that is too long, into pieces. */
class LineCutter {
  #held = new Uint8Array();

  push(piece: Uint8Array): Uint8Array[] {
    const bytes = new Uint8Array(this.#held.length + piece.length);
    bytes.set(this.#held);
    bytes.set(piece, this.#held.length);
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end; (end = bytes.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      lines.push(...pieces(bytes.subarray(start, end + 1)));
    }
    const rest = pieces(bytes.subarray(start));
    this.#held = rest.pop()?.slice() ?? new Uint8Array();
    return [...lines, ...rest];
  }

  end(): Uint8Array[] {
    return this.#held.length > 0 ? [this.#held] : [];
  }
}

function pieces(line: Uint8Array): Uint8Array[] {
  const list: Uint8Array[] = [];
  for (let at = 0; at < line.length; at += LONGEST_LINE) {
    list.push(line.subarray(at, at + LONGEST_LINE));
  }
  return list;
}
