/** One call of apt-get: its output, and its progress while it runs (apt.conf(5), APT::Status-Fd). */
import { type Duration, hostNow } from "../time/mod.ts";

export interface AptResult {
  readonly success: boolean;
  /** What it printed, without the lines of progress; the end of it. */
  readonly output: string;
}

interface AptOptions {
  /** How long dpkg's lock is waited for. */
  readonly lockTimeout: Duration;
  readonly progress: (text: string) => void;
}

const ENVIRONMENT = ["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"];
/** Lines kept of the output. */
const KEPT = 200;
/** A log should not have a line for each of hundreds of packages. */
const PROGRESS_EVERY_NS = 1e9;

export async function runApt(
  prefix: readonly string[],
  args: readonly string[],
  { lockTimeout, progress }: AptOptions,
): Promise<AptResult> {
  const options = [`DPkg::Lock::Timeout=${Math.ceil(lockTimeout.ms / 1e3)}`, "APT::Status-Fd=1"];
  const [program, ...rest] = [
    ...prefix,
    "env", // sudo does not pass the environment on.
    ...ENVIRONMENT,
    "apt-get",
    ...options.flatMap((option) => ["-o", option]),
    ...args,
  ];
  const command = new Deno.Command(program!, {
    args: rest,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  const kept: string[] = [];
  let told = "", toldAt = -Infinity;
  const onLine = (line: string) => {
    const text = progressText(line, args[0] === "update" ? "getting lists" : "installing");
    if (text === undefined) {
      kept.push(line);
      if (kept.length > KEPT) kept.shift();
    } else if (text !== told && hostNow() - toldAt >= PROGRESS_EVERY_NS) {
      told = text;
      toldAt = hostNow();
      progress(text);
    }
  };
  await Promise.all([child.stdout, child.stderr].map((stream) => eachLine(stream, onLine)));
  return { success: (await child.status).success, output: kept.join("\n") };
}

/** What a line says of progress; undefined when it says something else. */
function progressText(line: string, doing: string): string | undefined {
  const [, percent, what] = line.match(/^(?:pm|dl)status:[^:]*:([\d.]+):(.*)/) ?? [];
  if (what !== undefined) return `${doing}: ${Math.round(Number(percent))} %, ${what}`;
  const [, holder] = line.match(/^Waiting for cache lock: .*held by (process \d+ \([^)]*\))/) ?? [];
  return holder === undefined ? undefined : `waiting for the lock of dpkg, held by ${holder}`;
}

/** Lines that end in a newline or, as apt-get has it on waiting, in a carriage return. */
async function eachLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split(/[\r\n]+/);
    rest = lines.pop()!;
    for (const line of lines) if (line.trim()) onLine(line);
  }
  if (rest.trim()) onLine(rest);
}
