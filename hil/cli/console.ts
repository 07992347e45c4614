/** `hil console`: a target's console by hand, and a scenario of what was done. */
import {
  type Bench,
  BenchError,
  loadBench,
  suggestion,
  targetName,
  targetNamed,
} from "../bench/mod.ts";
import type { Console, Power } from "../ports/mod.ts";
import { encode, Membrane } from "../record/mod.ts";
import { formatted, scenarioFile } from "../replay/typescript/mod.ts";
import { clearStale, INTERRUPTED, onInterrupt, RunFolder } from "../runner/mod.ts";
import { randomSeed } from "../time/chance.ts";
import {
  type Failure,
  type Json,
  TRACE_VERSION,
  type TraceEvent,
  type TraceHeader,
  TraceWriteError,
  TraceWriter,
} from "../trace/mod.ts";
import { type CommandLine, parseCommandLine, UsageError } from "./command_line.ts";
import { Attached, leaseOf, type LoadedTarget, loadTarget } from "./console_attach.ts";
import { CONSOLE_OPTIONS } from "./console_options.ts";
import { sessionScript } from "./console_record.ts";
import { Session } from "./console_session.ts";
import { printError } from "./output.ts";
import { DEFAULT_BENCH, shownPath, typedPath } from "./paths.ts";
import { progressView } from "./progress.ts";
import { specifierOf } from "./shrink_text.ts";

type ConsoleLine = CommandLine<typeof CONSOLE_OPTIONS>;

/**
 * @returns the exit code: 0 left, 1 the target failed, 2 wrong usage, 130 interrupted
 * @throws UsageError
 */
export async function console(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, CONSOLE_OPTIONS);
  const [named, more] = line.operands;
  if (named === undefined || more !== undefined) {
    throw new UsageError(
      `Cannot attach to ${line.operands.length} targets: name one, by its role, or as ROLE=TARGET`,
    );
  }
  const { bench: file, record } = line.values;
  const path = file === undefined ? DEFAULT_BENCH : typedPath(file);
  const files = record === undefined ? undefined : filesOf(record);
  try {
    const bench = await loadBench(path, shownPath(path));
    const view = progressView();
    const target = await loadTarget(targetOf(named, bench), view.show);
    view.clear();
    // What a target keeps for the next one, a pool of machines, would keep this process too.
    Deno.exit(await attach(target, line, { bench, files }));
  } catch (error) {
    if (!(error instanceof BenchError) && !(error instanceof TraceWriteError)) throw error;
    printError(`hil: ${error.message}`);
    return 2;
  }
}

interface Files {
  readonly scenario: string;
  readonly trace: string;
}

interface Surroundings {
  readonly bench: Bench;
  readonly files: Files | undefined;
}

async function attach(
  target: LoadedTarget,
  { values }: ConsoleLine,
  { bench, files }: Surroundings,
): Promise<number> {
  const release = leaseOf([target]);
  clearStale();
  const folder = RunFolder.create();
  const seed = values.seed ?? randomSeed();
  const head = { seed, options: values.options ?? {}, bench };
  const writer = files && TraceWriter.create(files.trace, headerOf(target, head));
  let session: Session | undefined;
  const early: TraceEvent[] = [];
  const write = (event: TraceEvent) => {
    writer?.write(event);
    if (session) session.see(event);
    else early.push(event);
  };
  let interrupted = false;
  const raw = Deno.stdin.isTerminal();
  const calm = () => raw && Deno.stdin.setRaw(false);
  const deaf = onInterrupt({
    onFirst: () => {
      interrupted = true;
      session?.leave();
    },
    onSecond: () => {
      calm();
      folder.remove();
    },
  });
  try {
    const { role } = target.target;
    const attached = await Attached.start([target], {
      ...{ seed, sink: { write }, folder: folder.path, options: new Map([[role, head.options]]) },
    });
    let failure: Error | undefined;
    try {
      const port = portOf(attached, target, files && new Membrane({ timeline: attached.timeline }));
      session = new Session({
        ...{ ...port, clock: attached.timeline.clock, lines: values.lines ?? false },
        ...{ terminal: raw, show: (bytes) => show(bytes, () => session?.leave()), tell },
      });
      for (const event of early) session.see(event);
      tell(`${target.module.title}: Ctrl-] h for help, Ctrl-] q to leave`);
      if (raw) Deno.stdin.setRaw(true);
      failure = await run(session, attached, port.power && !values.off);
    } finally {
      calm();
      if (writer) {
        const error = failure && { name: failure.name, message: failure.message, blame: "product" };
        const outcome = failure ? "failed" : "passed";
        attached.timeline.record({ type: "end", outcome, error: error as Failure | undefined });
        writer.close();
      }
      for (const error of await attached.close()) printError(`hil: ${(error as Error).message}`);
    }
    if (failure) printError(`hil: ${failure.name}: ${failure.message}`);
    if (files) await writeScenario(files, session, target, head);
    return interrupted ? INTERRUPTED : failure ? 1 : 0;
  } finally {
    deaf();
    folder.remove();
    release();
  }
}

/** Until the user leaves or the target fails: then with what. */
async function run(
  session: Session,
  attached: Attached,
  switchOn: unknown,
): Promise<Error | undefined> {
  const pace = session.pace();
  const work = (async () => {
    if (switchOn) await session.power("on");
    for await (const bytes of keys(session)) await session.type(bytes);
    await session.end();
  })();
  const failed = (error: unknown) => error instanceof Error ? error : new Error(String(error));
  const failure = await Promise.race([
    session.over,
    attached.failed,
    Promise.all([work, pace]).then(() => undefined, failed),
  ]);
  session.leave();
  return failure ?? undefined;
}

/** What comes from standard input, until it ends or the session does. */
async function* keys(session: Session): AsyncGenerator<Uint8Array> {
  const reader = Deno.stdin.readable.getReader();
  try {
    for (;;) {
      const left = session.over.then(() => undefined);
      const read = await Promise.race([reader.read(), left]);
      if (!read || read.done) return;
      yield read.value;
    }
  } finally {
    reader.cancel().catch(() => {}); // Who left types nothing more.
  }
}

function portOf(attached: Attached, { target: { role, name } }: LoadedTarget, membrane?: Membrane) {
  const port = attached.ports.get(role);
  const wrapped = membrane ? membrane.port(role, port) : port;
  const { console, power } = (wrapped ?? {}) as {
    readonly console?: Console;
    readonly power?: Power;
  };
  if (typeof console?.write === "function") return { console, power };
  throw new UsageError(
    `Cannot attach to "${role}=${name}": it has no console; name a target that has one`,
  );
}

/** @throws UsageError, with what is likely to be meant */
function targetOf(named: string, bench: Bench) {
  const [role = "", name] = named.split(/=(.*)/s);
  const known = bench.roles.get(role);
  if (!known) {
    throw new UsageError(
      `Cannot attach to "${named}": the bench ${bench.name} has no role "${role}"; ` +
        suggestion(role, bench.roles.keys()),
    );
  }
  const wanted = name ?? known.default[0] ?? "";
  const target = targetNamed(known, wanted);
  if (target) return target;
  throw new UsageError(
    `Cannot attach to "${named}": the role "${role}" has no target "${targetName(wanted)}"; ` +
      suggestion(targetName(wanted), known.targets.keys()),
  );
}

/** @throws UsageError when one is there already */
function filesOf(record: string): Files {
  const stem = typedPath(record.replace(/(\.scenario)?\.(ts|jsonl)$/, ""));
  const files = { scenario: `${stem}.scenario.ts`, trace: `${stem}.jsonl` };
  for (const path of Object.values(files)) {
    try {
      Deno.lstatSync(path);
    } catch {
      continue;
    }
    throw new UsageError(
      `Cannot record to "${shownPath(path)}": it is there already; name another, or remove it`,
    );
  }
  return files;
}

interface Head {
  readonly seed: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly bench: Bench;
}

function headerOf({ target }: LoadedTarget, { seed, options, bench }: Head): TraceHeader {
  const { role, name } = target;
  return {
    ...{ trace: TRACE_VERSION, scenario: `${role} by hand`, file: "", line: 0, seed },
    bench: bench.name,
    targets: { [role]: { target: name } },
    uses: { [role]: { role, requires: [], options: encode(options) } },
    environment: {},
  };
}

async function writeScenario(
  { scenario, trace }: Files,
  { moments }: Session,
  { target }: LoadedTarget,
  { options }: Head,
): Promise<void> {
  const { role, name, module } = target;
  const need = { role, requires: [], options: encode(options) as Json };
  const { script, checks } = sessionScript(moments, { name: role, need });
  const text = scenarioFile(script, {
    name: `${role} by hand`,
    about: [
      `A session at ${role}=${name} by hand, recorded by \`hil console\` (${shownPath(trace)}).`,
      `Patterns are of what was seen then, limits three times what it took.`,
    ],
    checks,
    moduleOf: () => specifierOf(module),
  });
  await Deno.writeTextFile(scenario, await formatted(text));
  tell(`recorded: ${shownPath(scenario)}, ${shownPath(trace)}`);
}

/** @param gone called when nobody reads it any more: `… | head` */
function show(bytes: Uint8Array, gone: () => void): void {
  try {
    for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    gone();
  }
}

/** On a line of its own; in raw mode lines do not go back by themselves. */
function tell(text: string): void {
  const lines = `hil: ${text}`.replaceAll("\n", "\r\n");
  Deno.stderr.writeSync(
    new TextEncoder().encode(`${Deno.stdin.isTerminal() ? "\r" : ""}${lines}\r\n`),
  );
}
