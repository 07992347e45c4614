/** `hil export`: what a trace holds, for the tools of the trade: waveforms, packets, logs. */
import { readTrace, TraceReadError } from "../trace/mod.ts";
import { ReportWriteError } from "../report/mod.ts";
import { type OptionTable, parseCommandLine, UsageError } from "./command_line.ts";
import { type ExportName, EXPORTS } from "./export_formats.ts";
import { OutputFile } from "./export_file.ts";
import { printError } from "./output.ts";
import { shownPath, typedPath } from "./paths.ts";
import { oneTrace } from "./trace_operand.ts";
import { text, whole } from "./values.ts";

export const EXPORT_OPTIONS = {
  vcd: {
    value: "FILE",
    help: "pins and other signals as waveforms (GTKWave, Surfer, PulseView)",
    parse: text,
  },
  pcapng: { value: "FILE", help: "packets, for Wireshark and tshark", parse: text },
  perfetto: {
    value: "FILE",
    help: "steps, calls, signals and measurements, as JSON for ui.perfetto.dev and speedscope",
    parse: text,
  },
  "dm-log-writes": {
    value: "FILE",
    help: "what a drive was given to write, for the kernel's replay-log; steps are its marks",
    parse: text,
  },
  log: {
    value: "FILE",
    help: "all channels as lines with time, channel and direction, for grep",
    parse: text,
  },
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
  drive: {
    value: "N",
    help: "of the log of writes, which drive; default: the only one that was written to",
    parse: whole("number of the drive", 0, 1023),
  },
} as const satisfies OptionTable;

/**
 * @returns the exit code: 2 when the trace cannot be read or the file cannot be written
 * @throws UsageError
 */
export async function exportTrace(args: readonly string[]): Promise<number> {
  const { values, operands } = parseCommandLine(args, EXPORT_OPTIONS);
  try {
    const path = await oneTrace("export", operands);
    const wanted = (Object.keys(EXPORTS) as ExportName[]).filter((name) => values[name]);
    if (wanted.length === 0) {
      const options = Object.keys(EXPORTS).map((name) => `--${name} FILE`);
      throw new UsageError(
        `Cannot export to nothing: give ${options.slice(0, -1).join(", ")} or ${options.at(-1)} ` +
          '("-": standard output)',
      );
    }
    await checkFiles(path, wanted.map((name) => values[name]!));
    const trace = await readTrace(path, { newer: true });
    for (const name of wanted) {
      using out = new OutputFile(values[name]!);
      try {
        out.tell(await EXPORTS[name]({ trace, out, ...values }));
      } catch (error) {
        // Who reads, as `head` does, has had enough: that is no error.
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      }
    }
    for (const { message } of trace.problems) printError(`hil: ${shownPath(path)}: ${message}`);
    return 0;
  } catch (error) {
    if (!isOfTheWorld(error)) throw error;
    printError(`hil: ${error.message}`);
    return 2;
  }
}

/**
 * Each export has a file of its own, and none is the trace.
 *
 * @throws UsageError
 */
async function checkFiles(trace: string, files: readonly string[]): Promise<void> {
  const identity = async (path: string) => {
    const info = await Deno.stat(path).catch(() => undefined); // Most often it is not there yet.
    return info ? `${info.dev} ${info.ino}` : path;
  };
  const original = await identity(trace);
  const taken = new Set<string>();
  for (const file of files) {
    const one = file === "-" ? file : await identity(typedPath(file));
    if (one === original) {
      throw new UsageError(`Cannot export to "${file}": it is the trace itself; give another file`);
    }
    if (taken.has(one)) {
      throw new UsageError(`Cannot export to "${file}" twice: give each format a file of its own`);
    }
    taken.add(one);
  }
}

function isOfTheWorld(error: unknown): error is Error {
  return error instanceof TraceReadError || error instanceof ReportWriteError;
}
