/** `hil import`: a trace from a capture of packets, or from the plain log of a serial line. */
import { basename } from "node:path";
import { suggestion } from "../bench/mod.ts";
import { type CapturedPacket, CaptureFileError, LINK, readCapture } from "../drivers/pcap/mod.ts";
import { many } from "../nightly/phrases.ts";
import {
  ImportError,
  importLog,
  importPackets,
  LOG_FORMATS,
  type LogFormat,
  type TimedPacket,
} from "../replay/mod.ts";
import { tellReading, TraceWriteError } from "../trace/mod.ts";
import {
  type CommandLine,
  type OptionTable,
  parseCommandLine,
  UsageError,
} from "./command_line.ts";
import { interruptible } from "./interruptible.ts";
import { print, printError } from "./output.ts";
import { shownPath, typedPath } from "./paths.ts";
import { text } from "./values.ts";

export const IMPORT_OPTIONS = {
  out: {
    value: "TRACE",
    help: "the new trace (-o); default: FILE with .jsonl for its ending",
    parse: text,
  },
  channel: {
    value: "NAME",
    help: "the channel of a log, or of packets without an interface; default console, or packets",
    parse: text,
  },
  format: {
    value: "FORMAT",
    help: "how a log has its times; default: told by its lines",
    parse: format,
  },
  scenario: { value: "NAME", help: "what the trace is of; default: the name of FILE", parse: text },
} as const satisfies OptionTable;

type ImportLine = CommandLine<typeof IMPORT_OPTIONS>;

/** A capture is read at once. */
const LARGEST_CAPTURE = 1024 * 1024 * 1024;

/**
 * @returns the exit code: 2 when there is no trace
 * @throws UsageError
 */
export async function importFile(args: readonly string[]): Promise<number> {
  const long = args.map((arg) => arg === "-o" ? "--out" : arg);
  const line = parseCommandLine(long, IMPORT_OPTIONS);
  const [file, more] = line.operands;
  if (file === undefined || more !== undefined) {
    throw new UsageError(
      `Cannot import ${line.operands.length} files: give the path of one FILE.pcapng, .pcap or .log`,
    );
  }
  const path = typedPath(file);
  const out = line.values.out;
  const to = out === undefined ? `${path.replace(/\.[^./]*$/, "")}.jsonl` : typedPath(out);
  try {
    const kind = await kindOf(path, file);
    return await interruptible(async (signal) => {
      await (kind === "capture" ? packets : log)(path, to, { ...line.values, file, signal });
      return 0;
    });
  } catch (error) {
    if (!(error instanceof ImportError) && !(error instanceof TraceWriteError)) throw error;
    printError(`hil: ${error.message}`);
    return 2;
  }
}

/** First bytes of captures, and of what has to be unpacked or is a trace already. */
const CAPTURE = /^(0a0d0d0a|a1b2c3d4|d4c3b2a1|a1b23c4d|4d3cb2a1)/;
const PACKED = /^(1f8b|28b52ffd|fd377a585a|504b0304)/;

async function kindOf(path: string, file: string): Promise<"capture" | "log"> {
  try {
    // Before it is opened: a pipe would be waited for.
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new ImportError(file, "it is no file; give a .pcapng, .pcap or .log");
    using opened = await Deno.open(path);
    const bytes = new Uint8Array(16);
    const head = bytes.subarray(0, await opened.read(bytes) ?? 0);
    if (PACKED.test(head.toHex())) throw new ImportError(file, "it is compressed; unpack it first");
    if (/^\{"trace":\d/.test(new TextDecoder().decode(head))) {
      throw new ImportError(file, "it is a trace already; give it to export or diff");
    }
    if (!CAPTURE.test(head.toHex())) return "log";
    if (size > LARGEST_CAPTURE) {
      const what = `it has ${size} bytes, more than the ${LARGEST_CAPTURE} that are read at once`;
      throw new ImportError(file, `${what}; split it with editcap -c`);
    }
    return "capture";
  } catch (error) {
    if (error instanceof ImportError) throw error;
    const missing = error instanceof Deno.errors.NotFound;
    throw new ImportError(
      file,
      missing ? "there is no such file; check the path" : (error as Error).message,
    );
  }
}

type Values = ImportLine["values"] & { readonly file: string; readonly signal: AbortSignal };

async function packets(path: string, to: string, { file, scenario, channel, signal }: Values) {
  const bytes = await Deno.readFile(path);
  const options = { to, file, scenario: scenario ?? basename(file), signal };
  let pass = 0;
  const all = () => timed(told(path, bytes, pass++), channel ?? "packets");
  const { packets, channels, failure } = await importPackets(all, options)
    .finally(() => tellReading(path, undefined));
  print(`${many(packets, "packet")} of ${many(channels, "interface")}: ${shownPath(to)}`);
  if (!failure) return;
  if (!(failure instanceof CaptureFileError)) throw failure;
  printError(
    `hil: ${file}: ${failure.message.replace("read the capture", "read more of the capture")}`,
  );
}

/** It is read twice, and at first only for the earliest time: parts of what there is to do. */
const PASSES = [{ from: 0, part: 0.2 }, { from: 0.2, part: 0.8 }];
const PIECE = 256 * 1024;

/** The packets, while who waits is told how far it is. */
function* told(path: string, file: Uint8Array, pass: number): Generator<CapturedPacket> {
  const { from, part } = PASSES[pass]!;
  let next = PIECE;
  for (const packet of readCapture(file)) {
    const at = packet.bytes.byteOffset - file.byteOffset;
    if (at >= next) {
      tellReading(path, from * file.length + part * at);
      next = at + PIECE;
    }
    yield packet;
  }
}

function* timed(captured: Iterable<CapturedPacket>, channel: string): Generator<TimedPacket> {
  for (const { seconds, nanoseconds, bytes, length, linkType, comment, ...from } of captured) {
    const data = {
      frame: bytes.toBase64(),
      ...(linkType !== LINK.EN10MB && { linkType }),
      ...(length > bytes.length && { length }),
      ...(comment !== undefined && { comment }),
    };
    yield { seconds, nanoseconds, channel: from.interface ?? channel, data };
  }
}

async function log(path: string, to: string, { format, channel, ...values }: Values) {
  const { file, scenario = basename(file), signal } = values;
  const options = { to, file, scenario, signal };
  const done = await importLog(path, { ...options, channel: channel ?? "console", format });
  const times = done.format === "none" ? "without times" : `times: ${done.format}`;
  print(`${many(done.lines, "line")}, ${times}: ${shownPath(to)}`);
  const say = (count: number, what: string) =>
    count > 0 && printError(`hil: ${file}: ${count} ${what}`);
  say(done.untimed, "lines without a time have that of the line before");
  say(done.boots, "times the clock of the target began again; it goes on from there");
  say(done.backwards, "times were earlier than the one before, and are taken for the same");
}

function format(name: string): LogFormat | "none" {
  if (name === "none") return name;
  const found = LOG_FORMATS.find((one) => one.name === name);
  if (found) return found;
  const names = [...LOG_FORMATS.map(({ name }) => name), "none"];
  throw new UsageError(
    `Cannot use the format "${name}": there is no such format; ${suggestion(name, names)}`,
  );
}
