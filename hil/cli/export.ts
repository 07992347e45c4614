/** `hil export`: what a trace holds, for the tools of the trade: waveforms, captured packets. */
import {
  packetsOf,
  PcapngFormat,
  readTrace,
  toVcd,
  type Trace,
  type TraceEvent,
  TraceReadError,
} from "../trace/mod.ts";
import { type OptionTable, parseCommandLine, UsageError } from "./command_line.ts";
import { print, printError } from "./output.ts";
import { shownPath, typedPath } from "./paths.ts";

const text = (value: string) => value;

export const EXPORT_OPTIONS = {
  vcd: {
    value: "FILE",
    help: "pins and other signals as waveforms (GTKWave, Surfer, PulseView)",
    parse: text,
  },
  pcapng: { value: "FILE", help: "packets, for Wireshark and tshark", parse: text },
  channel: {
    value: "NAME",
    help: "of the VCD, only this channel; may be given again",
    parse: text,
    several: true,
  },
  clock: {
    value: "NAME",
    help: "of the VCD, what this clock stamped; default: the scenario's own",
    parse: text,
  },
} as const satisfies OptionTable;

/** A file that goes to standard output instead: "-". */
const STDOUT = "-";

/**
 * @returns the exit code: 2 when the trace cannot be read or the file cannot be written
 * @throws UsageError
 */
export async function exportTrace(args: readonly string[]): Promise<number> {
  const { values, operands } = parseCommandLine(args, EXPORT_OPTIONS);
  const [path, more] = operands;
  if (path === undefined || more !== undefined) {
    throw new UsageError(
      `Cannot export ${operands.length} traces: give the path of one trace.jsonl under reports/runs/`,
    );
  }
  if (values.vcd === undefined && values.pcapng === undefined) {
    throw new UsageError(
      'Cannot export to nothing: give --vcd FILE or --pcapng FILE ("-": standard output)',
    );
  }
  try {
    const trace = await readTrace(typedPath(path), { newer: true });
    if (values.vcd !== undefined) await exportVcd(trace, values.vcd, values);
    if (values.pcapng !== undefined) await exportPcapng(trace, values.pcapng);
    for (const { message } of trace.problems) printError(`hil: ${shownPath(path)}: ${message}`);
    return 0;
  } catch (error) {
    if (
      !(error instanceof TraceReadError) && !(error instanceof Deno.errors.NotFound) &&
      !(error instanceof Deno.errors.PermissionDenied)
    ) throw error;
    printError(`hil: ${error.message}`);
    return 2;
  }
}

/** More than a viewer of waveforms shows, and as much as memory should hold. */
const MOST_CHANGES = 2_000_000;

async function exportVcd(
  trace: Trace,
  file: string,
  { channel, clock }: { readonly channel?: readonly string[]; readonly clock?: string },
): Promise<void> {
  const events: TraceEvent[] = [];
  for await (const event of trace) {
    if (event.type !== "signal" && event.type !== "bytes") continue;
    if (event.clock !== clock || (channel && !channel.includes(event.channel))) continue;
    if (events.length === MOST_CHANGES) {
      throw new UsageError(
        `Cannot export "${trace.path}" as waveforms: it has more than ${MOST_CHANGES} changes; ` +
          `choose some channels with --channel NAME`,
      );
    }
    events.push(event);
  }
  const vcd = toVcd(events, { title: trace.header.scenario, channels: channel, clock });
  using out = await open(file);
  await out.write(new TextEncoder().encode(vcd));
  await out.flush();
  out.tell("waveforms");
}

/** A packet at a time: a capture may be larger than memory. */
async function exportPcapng(trace: Trace, file: string): Promise<void> {
  const { scenario, seed } = trace.header;
  const format = new PcapngFormat({ comment: `${scenario}, seed ${seed}` });
  using out = await open(file);
  await out.write(format.begin());
  let count = 0;
  for await (const event of trace) {
    for (const packet of packetsOf([event])) {
      await out.write(format.packet(packet));
      count++;
    }
  }
  await out.flush();
  out.tell(`${count} packets`);
}

const GATHERED = 256 * 1024;

/** A file, or standard output; small pieces are gathered. */
async function open(file: string) {
  const own = file === STDOUT
    ? undefined
    : await Deno.open(typedPath(file), { write: true, create: true, truncate: true });
  const to = own ?? Deno.stdout;
  const buffer = new Uint8Array(GATHERED);
  let length = 0;
  const all = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
  };
  const flush = async () => {
    await all(buffer.subarray(0, length));
    length = 0;
  };
  return {
    flush,
    async write(bytes: Uint8Array) {
      if (length + bytes.length > buffer.length) await flush();
      if (bytes.length > buffer.length) return await all(bytes);
      buffer.set(bytes, length);
      length += bytes.length;
    },
    /** Nothing but the file goes to standard output. */
    tell: (what: string) => own && print(`${what}: ${file}`),
    [Symbol.dispose]: () => own?.close(),
  };
}
