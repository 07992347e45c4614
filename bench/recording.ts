/**
 * What it costs to record: a console with its trace on disk and all calls of it in that, beside one
 * that keeps nothing, and beside `cat` into a file; and how large traces are when compressed, beside
 * what they have captured.
 */
import { gzipSync } from "node:zlib";
import { type Console, seconds } from "hil";
import {
  checkedLines,
  type OpenConsole,
  openConsole,
  type Shell,
} from "hil/drivers/console/mod.ts";
import { HostClock } from "hil/drivers/host_clock.ts";
import { openPty } from "hil/drivers/pty/mod.ts";
import { Membrane } from "hil/record/mod.ts";
import { hostNow, Random } from "hil/time/mod.ts";
import { formatPcapng, packetsOf, readTrace, Timeline, type TraceSink } from "hil/trace/mod.ts";
import { type FloodShape, FrameSource } from "sims/sip/flood/mod.ts";
import {
  alternate,
  atMost,
  type Benchmark,
  type BenchmarkContext,
  type Figure,
  median,
} from "./benchmark.ts";
import { type KernelLog, LAST_WORDS, writeKernelLog } from "./kernel_log.ts";
import { needPython, spawnPython } from "./python.ts";
import { openTimeline, tracePath } from "./timeline.ts";

const MB = 1e6;
const LOG_MB = 20;
/** What the benchmark of consoles promises. */
const PROMISED_MB_S = 20;
const LIMIT = seconds(600);
const COMMANDS_A_ROUND = 200;
const PACKETS = 20_000;

export const recording: Benchmark = {
  name: "recording",
  title: "what the trace and the calls in it cost a console, and their size when compressed",
  conditions:
    `Warm: one round of each. ${LOG_MB} MB of a kernel's log by cat on a pseudo-terminal, ` +
    `and rounds of ${COMMANDS_A_ROUND} commands; all take turns, medians. gzip at its default level.`,
  async run(context) {
    await needPython("zlib", "python3");
    const log = writeKernelLog(`${context.folder}/log`, LOG_MB * MB);
    return [
      ...await stream(log, context),
      await oneCommand(context),
      await oneCall(context),
      await consoleSize(log, context),
      await packetsSize(context),
    ];
  },
};

/** What is kept of what a console does. */
type Kept = "nothing" | "trace" | "calls";

const NOTHING: TraceSink = { write: () => {} };

async function withConsole<T>(
  { folder, kept, shell }: { folder: string; kept: Kept; shell?: Shell },
  body: (scenarios: Console, console: OpenConsole, path: string) => Promise<T>,
): Promise<T> {
  const { timeline, writer } = openTimeline(folder);
  const own = kept === "nothing" ? new Timeline(NOTHING) : timeline;
  own.clock = new HostClock(own);
  const pty = openPty();
  const console = openConsole({
    name: "com1",
    link: pty.master,
    timeline: own,
    clock: own.clock,
    shell,
  });
  const scenarios = kept === "calls"
    ? new Membrane({ timeline: own, folder }).port<Console>("com1", console)
    : console;
  try {
    return await body(scenarios, console, pty.path);
  } finally {
    await console.close();
    writer.close();
  }
}

interface Turn {
  readonly seconds: number;
  /** Of this process's processors. */
  readonly busySeconds: number;
}

function readLog(log: KernelLog, folder: string, kept: Kept): Promise<Turn> {
  return withConsole({ folder, kept }, async (scenarios, _, path) => {
    const [began, busy] = [hostNow(), process.cpuUsage()];
    const writer = spawn('exec cat "$0" >"$1"', log.path, path);
    await scenarios.waitFor(new RegExp(LAST_WORDS), { within: LIMIT });
    const { user, system } = process.cpuUsage(busy);
    const took = hostNow() - began;
    await writer.status;
    return { seconds: took / 1e9, busySeconds: (user + system) / 1e6 };
  });
}

/**
 * What is told of costs is the least: whatever else a machine does only adds. A trace is JSON on a
 * disk, so what it costs goes by the bytes, not by the time that they took to come.
 */
async function stream(log: KernelLog, context: BenchmarkContext): Promise<Figure[]> {
  const { folder, quick, progress } = context;
  progress("warms up");
  const turns: Record<Kept, Turn[]> = { nothing: [], trace: [], calls: [] };
  const turn = (kept: Kept) => async () => {
    const taken = await readLog(log, folder, kept);
    turns[kept].push(taken);
    return taken.seconds;
  };
  for (const kept of ["nothing", "calls"] as const) await readLog(log, folder, kept);
  progress(`${LOG_MB} MB of a log`);
  const { calls, cat } = await alternate(quick ? 3 : 15, {
    nothing: turn("nothing"),
    trace: turn("trace"),
    calls: turn("calls"),
    cat: () => byCat(log, folder),
  });
  const least = (kept: Kept) => Math.min(...turns[kept].map(({ busySeconds }) => busySeconds));
  const share = 100 * (least("calls") - least("nothing")) * PROMISED_MB_S / LOG_MB;
  const ofCalls = 100 * (least("calls") / least("trace") - 1);
  return [
    {
      what: `${LOG_MB} MB, all on disk`,
      unit: "MB/s",
      ours: LOG_MB / calls,
      peer: { name: "cat to a file", value: LOG_MB / cat },
    },
    { what: "processor time, nothing kept", unit: "ms", ours: 1000 * least("nothing") },
    { what: "processor time, all on disk", unit: "ms", ours: 1000 * least("calls") },
    {
      what: `capture at ${PROMISED_MB_S} MB/s costs`,
      unit: "% of a processor",
      ours: share,
      wanted: atMost(share, 5, "%"),
    },
    { what: "the calls cost", unit: "%", ours: ofCalls, wanted: atMost(ofCalls, 5, "%") },
  ];
}

/** Seconds that the same bytes take from the pseudo-terminal into a file. */
async function byCat(log: KernelLog, folder: string): Promise<number> {
  const pty = openPty();
  const reader = pty.master.readable.getReader();
  using file = Deno.openSync(`${folder}/cat`, { write: true, create: true, truncate: true });
  const began = hostNow();
  const writer = spawn('exec cat "$0" >"$1"', log.path, pty.path);
  for (let left = log.sizeBytes; left > 0;) {
    const { value } = await reader.read();
    if (!value) throw new Error("the writer has ended");
    for (let at = 0; at < value.length;) at += file.writeSync(value.subarray(at));
    left -= value.length;
  }
  const took = hostNow() - began;
  await writer.status;
  await pty.close();
  return took / 1e9;
}

function spawn(script: string, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command("sh", { args: ["-c", script, ...args], stdin: "null" }).spawn();
}

/** What a framed command takes with all recorded, beside one of which nothing is kept. */
async function oneCommand({ folder, quick, progress }: BenchmarkContext): Promise<Figure> {
  const times = { calls: [] as number[], nothing: [] as number[] };
  const rounds = quick ? 2 : 7;
  for (let round = 0; round <= rounds; round++) {
    progress(round ? `commands, round ${round} of ${rounds}` : "commands, warms up");
    for (const kept of ["calls", "nothing"] as const) {
      const taken = await commands(folder, kept);
      if (round > 0) times[kept].push(...taken);
    }
  }
  const [ours, nothing] = [median(times.calls), median(times.nothing)];
  return {
    what: "one command, all on disk",
    unit: "ms",
    ours,
    peer: { name: "nothing kept", value: nothing },
  };
}

function commands(folder: string, kept: Kept): Promise<number[]> {
  const shell = checkedLines();
  return withConsole({ folder, kept, shell }, async (scenarios, console, path) => {
    const target = spawnPython("echo_target.py", [path]);
    await scenarios.run("echo ready", { within: seconds(10) });
    const times: number[] = [];
    for (let i = 0; i < COMMANDS_A_ROUND; i++) {
      const began = hostNow();
      await scenarios.run("echo x");
      times.push((hostNow() - began) / 1e6);
    }
    await console.close();
    await target.output();
    return times;
  });
}

/** Microseconds of a call that does nothing, beside the bare call. */
async function oneCall({ folder, quick, progress }: BenchmarkContext): Promise<Figure> {
  progress("calls");
  const { timeline, writer } = openTimeline(folder);
  const bare = { read: (at: { drive: number; lba: number }) => Promise.resolve(at.lba) };
  const recorded = new Membrane({ timeline }).port("cache", bare);
  const count = quick ? 5000 : 50_000;
  const turn = (port: typeof bare) => async () => {
    const began = hostNow();
    for (let lba = 0; lba < count; lba++) await port.read({ drive: 0, lba });
    return (hostNow() - began) / 1e3 / count;
  };
  const times = await alternate(5, { recorded: turn(recorded), bare: turn(bare) });
  writer.close();
  return {
    what: "a call and its return",
    unit: "us",
    ours: times.recorded,
    peer: { name: "not recorded", value: times.bare },
  };
}

/** Of the last trace in the folder: it has the log, or packets. */
function compressed(folder: string): number {
  return gzipSync(Deno.readFileSync(tracePath(folder))).length;
}

async function consoleSize(
  log: KernelLog,
  { folder, progress }: BenchmarkContext,
): Promise<Figure> {
  progress("compresses");
  await withConsole({ folder, kept: "calls" }, async (scenarios, _, path) => {
    const writer = spawn('exec cat "$0" >"$1"', log.path, path);
    await scenarios.waitFor(new RegExp(LAST_WORDS), { within: LIMIT });
    await writer.status;
  });
  const ours = compressed(folder) / log.sizeBytes;
  return {
    what: "a console's trace, compressed",
    unit: "× captured",
    ours,
    peer: {
      name: "the log",
      value: gzipSync(Deno.readFileSync(log.path)).length / log.sizeBytes,
    },
    wanted: atMost(ours, 1.3, "× captured"),
  };
}

/** Half of them requests of strangers; half sound, which nothing can compress. */
async function packetsSize({ folder }: BenchmarkContext): Promise<Figure> {
  const { timeline, writer } = openTimeline(folder);
  const lan = timeline.signal<{ frame: string }>("lan", { clock: timeline.clock });
  const requests = new FrameSource(FLOOD);
  const request = new Uint8Array(requests.size);
  requests.fill(request);
  const random = new Random(1);
  let captured = 0;
  for (let n = 0; n < PACKETS; n++) {
    if (n % 2) requests.patch(request);
    const frame = n % 2 ? request : Uint8Array.from({ length: 214 }, () => random.below(256));
    captured += frame.length;
    lan.emit("packet", { frame: frame.toBase64() });
  }
  writer.close();
  const ours = compressed(folder) / captured;
  const events = await Array.fromAsync(await readTrace(tracePath(folder)));
  const pcapng = gzipSync(formatPcapng(packetsOf(events))).length;
  return {
    what: "a trace of packets, compressed",
    unit: "× captured",
    ours,
    peer: { name: "pcapng", value: pcapng / captured },
    wanted: atMost(ours, 1.3, "× captured"),
  };
}

const FLOOD: FloodShape = {
  kind: "REGISTER",
  pbx: "198.51.100.1",
  from: "203.0.113.1",
  sources: 200,
  targetMac: "02:00:00:00:00:02",
};
