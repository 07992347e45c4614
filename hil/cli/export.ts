/** `hil export`: what a trace holds, for the tools of the trade: waveforms, captured packets. */
import {
  formatPcapng,
  packetsOf,
  readTrace,
  toVcd,
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
    const trace = await readTrace(typedPath(path));
    const events: TraceEvent[] = [];
    for await (const event of trace) events.push(event);
    for (const { message } of trace.problems) printError(`hil: ${shownPath(path)}: ${message}`);
    const { channel, clock } = values;
    const title = trace.header.scenario;
    if (values.vcd !== undefined) {
      const vcd = toVcd(events, { title, channels: channel, clock });
      await write(values.vcd, new TextEncoder().encode(vcd), "waveforms");
    }
    if (values.pcapng !== undefined) {
      const packets = [...packetsOf(events)];
      const comment = `${title}, seed ${trace.header.seed}`;
      await write(values.pcapng, formatPcapng(packets, { comment }), `${packets.length} packets`);
    }
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

async function write(file: string, bytes: Uint8Array, what: string): Promise<void> {
  if (file === STDOUT) {
    for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
    return;
  }
  await Deno.writeFile(typedPath(file), bytes);
  print(`${what}: ${file}`);
}
