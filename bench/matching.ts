/**
 * How fast a pattern is found at the end of a kernel's log that another process writes to a
 * pseudo-terminal, the log kept on disk, beside pexpect as it comes; and whether a byte is lost.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type Pattern, seconds } from "hil";
import { hostNow } from "hil/time/mod.ts";
import { readTrace } from "hil/trace/mod.ts";
import {
  alternate,
  atLeast,
  atMost,
  type Benchmark,
  type BenchmarkContext,
  type Figure,
} from "./benchmark.ts";
import { withConsole } from "./console_on_pty.ts";
import { type KernelLog, LAST_WORDS, writeKernelLog } from "./kernel_log.ts";
import { needPython, python } from "./python.ts";
import { tracePath } from "./timeline.ts";

const LIMIT = seconds(600);
const PATTERN = new RegExp(LAST_WORDS);
const MB = 1e6;
/** pexpect's time grows with the square of the size: 2 minutes at 20 MB. */
const SLOW_FOR_PEXPECT_MB = 5;

interface Size {
  readonly mb: number;
  readonly rounds: number;
  readonly pexpect: boolean;
}

export const matching: Benchmark = {
  name: "console",
  title: "waitFor at the end of 1 to 100 MB on a pseudo-terminal, beside pexpect's default",
  conditions: "Warm: one log of 5 MB. Logs in the page cache, written by cat in raw mode; both " +
    "sides keep the log in a file and look for one regular expression.",
  async run(context) {
    await needPython("pexpect", "python3-pexpect");
    const { folder, quick, progress } = context;
    progress("warms up");
    await ours(writeKernelLog(`${folder}/log`, 5 * MB), PATTERN, folder);
    const sizes: readonly Size[] = [
      { mb: 1, rounds: quick ? 3 : 7, pexpect: true },
      { mb: 5, rounds: quick ? 3 : 7, pexpect: true },
      { mb: 20, rounds: quick ? 3 : 5, pexpect: !quick },
      { mb: 100, rounds: quick ? 1 : 3, pexpect: false },
    ];
    const figures: Figure[] = [];
    for (const size of sizes) figures.push(await speed(size, context));
    const slowest = Math.min(...figures.map(({ ours }) => ours));
    return [
      ...figures,
      figure("the slowest of these sizes", slowest, atLeast(slowest, 20, "MB/s")),
      figure("20 MB, a literal", await literal(context)),
      await lost(context),
    ];
  },
};

function figure(what: string, ours: number, wanted?: Figure["wanted"]): Figure {
  return { what, unit: "MB/s", ours, wanted };
}

async function speed({ mb, rounds, pexpect }: Size, context: BenchmarkContext): Promise<Figure> {
  const { folder, progress } = context;
  const log = writeKernelLog(`${folder}/log`, mb * MB);
  const ourTurn = () => ours(log, PATTERN, folder);
  progress(`${mb} MB`);
  if (!pexpect) return figure(`${mb} MB`, mb / (await alternate(rounds, { ourTurn })).ourTurn);
  const once = mb >= SLOW_FOR_PEXPECT_MB;
  if (once) progress(`${mb} MB by pexpect, once: ${mb >= 20 ? "takes about 2 minutes" : "10 s"}`);
  const theirTurn = async () =>
    Number(await python("match_pexpect.py", [log.path, LAST_WORDS, `${folder}/kept`]));
  const times = once
    ? { theirTurn: await theirTurn(), ...await alternate(rounds, { ourTurn }) }
    : await alternate(rounds, { ourTurn, theirTurn });
  const ratio = times.theirTurn / times.ourTurn;
  return {
    ...figure(`${mb} MB`, mb / times.ourTurn),
    peer: { name: "pexpect", value: mb / times.theirTurn },
    wanted: mb === 20 ? atLeast(ratio, 50, "× pexpect") : undefined,
  };
}

async function literal({ folder, quick }: BenchmarkContext): Promise<number> {
  const log = writeKernelLog(`${folder}/log`, 20 * MB);
  const ourTurn = () => ours(log, LAST_WORDS, folder);
  return 20 / (await alternate(quick ? 3 : 5, { ourTurn })).ourTurn;
}

/** Seconds from the start of the writer to the match. */
function ours(log: KernelLog, pattern: Pattern, folder: string): Promise<number> {
  return withConsole({ folder }, async (console, path) => {
    const began = hostNow();
    const writer = spawnWriter(log, path);
    await console.waitFor(pattern, { within: LIMIT });
    const took = hostNow() - began;
    await writer.status;
    return took / 1e9;
  });
}

function spawnWriter(log: KernelLog, path: string): Deno.ChildProcess {
  const args = ["-c", 'exec cat "$0" >"$1"', log.path, path];
  return new Deno.Command("sh", { args, stdin: "null" }).spawn();
}

/** Bytes that are missing after 100 MB while nothing reads; all of them when one is wrong. */
async function lost({ folder, progress }: BenchmarkContext): Promise<Figure> {
  progress("100 MB while nothing reads, then every byte is checked");
  const log = writeKernelLog(`${folder}/log`, 100 * MB);
  const received = await withConsole({ folder }, async (console, path) => {
    await spawnWriter(log, path).status;
    await console.ended;
    const { before, text } = await console.waitFor(PATTERN, { within: LIMIT });
    return before.length + text.length + "\n".length;
  });
  const kept = await keptBytes(tracePath(folder));
  const whole = kept.sha256 === log.sha256 && kept.count === log.sizeBytes;
  const missing = whole ? log.sizeBytes - received : log.sizeBytes;
  return {
    what: "lost of 100 MB, nothing reads",
    unit: "bytes",
    ours: missing,
    wanted: atMost(Math.abs(missing), 0, "bytes"),
  };
}

/** Of all that the target said, from the trace. */
async function keptBytes(path: string): Promise<{ count: number; sha256: string }> {
  const hash = createHash("sha256");
  let count = 0;
  for await (const event of await readTrace(path)) {
    if (event.type !== "bytes" || event.dir !== "rx") continue;
    const bytes = event.text === undefined
      ? Buffer.from(event.base64!, "base64")
      : Buffer.from(event.text);
    hash.update(bytes);
    count += bytes.length;
  }
  return { count, sha256: hash.digest("hex") };
}
