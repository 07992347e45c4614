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
import { Membrane } from "../record/mod.ts";
import { clearStale, INTERRUPTED, onInterrupt, RunFolder, Teardown } from "../runner/mod.ts";
import { seconds } from "../time/mod.ts";
import { randomSeed } from "../time/chance.ts";
import { type TraceEvent, TraceWriteError } from "../trace/mod.ts";
import { type CommandLine, parseCommandLine, UsageError } from "./command_line.ts";
import { Attached, leaseOf, type LoadedTarget, loadTarget } from "./console_attach.ts";
import { type Files, filesOf, type Head, SessionFiles } from "./console_files.ts";
import { CONSOLE_OPTIONS } from "./console_options.ts";
import { Session } from "./console_session.ts";
import { keys, show, tell } from "./console_terminal.ts";
import { printError } from "./output.ts";
import { DEFAULT_BENCH, shownPath, typedPath } from "./paths.ts";
import { progressView } from "./progress.ts";

/** Longest that each piece of the clean-up may take. */
const TEARDOWN = seconds(15);

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

interface Surroundings {
  readonly bench: Bench;
  readonly files: Files | undefined;
}

async function attach(
  target: LoadedTarget,
  line: ConsoleLine,
  around: Surroundings,
): Promise<number> {
  const teardown = new Teardown(TEARDOWN);
  try {
    return await new ByHand(target, line.values, around, teardown).run();
  } catch (error) {
    if (error instanceof UsageError || error instanceof TraceWriteError) throw error;
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    printError(`hil: ${name}: ${message}`);
    return 1;
  } finally {
    for (const error of await teardown.run()) printError(`hil: ${(error as Error).message}`);
  }
}

class ByHand {
  readonly #raw = Deno.stdin.isTerminal();
  readonly #head: Head;
  #files: SessionFiles | undefined;
  #session: Session | undefined;
  /** What the target told before there was a session. */
  readonly #early: TraceEvent[] = [];
  #interrupted = false;

  constructor(
    private readonly target: LoadedTarget,
    private readonly values: ConsoleLine["values"],
    private readonly around: Surroundings,
    private readonly teardown: Teardown,
  ) {
    const { seed = randomSeed(), options = {} } = values;
    this.#head = { seed, options, bench: around.bench };
  }

  async run(): Promise<number> {
    const { files } = this.around;
    const attached = await this.#start();
    if (files) this.#files = new SessionFiles(files, this.target, this.#head);
    const membrane = files && new Membrane({ timeline: attached.timeline });
    const { console, power } = portOf(attached, this.target, membrane);
    const { clock } = attached.timeline;
    const session = this.#session = new Session({
      ...{ console, power, clock, lines: this.values.lines ?? false, terminal: this.#raw, tell },
      show: (bytes) => show(bytes, () => session.leave()),
    });
    for (const event of this.#early) this.#see(event);
    tell(`${this.target.module.title}: Ctrl-] h for help, Ctrl-] q to leave`);
    if (this.#raw) Deno.stdin.setRaw(true);
    const failure = await run(session, attached, power && !this.values.off);
    this.#calm();
    this.#files?.end(attached.timeline, failure);
    if (failure) printError(`hil: ${failure.name}: ${failure.message}`);
    if (this.#files) tell(`recorded: ${await this.#files.scenario(session.moments)}`);
    return this.#interrupted ? INTERRUPTED : failure ? 1 : 0;
  }

  async #start(): Promise<Attached> {
    const { role } = this.target.target;
    this.teardown.defer("give back what is exclusive", leaseOf([this.target]));
    clearStale();
    const folder = RunFolder.create();
    this.teardown.defer("end what was started", () => folder.remove());
    const onFirst = () => {
      this.#interrupted = true;
      this.#session?.leave();
    };
    const onSecond = () => {
      this.#calm();
      folder.remove();
    };
    this.teardown.defer("listen no more", onInterrupt({ onFirst, onSecond }));
    const attached = await Attached.start([this.target], {
      ...{ seed: this.#head.seed, folder: folder.path },
      options: new Map([[role, this.#head.options]]),
      sink: { write: (event) => this.#session ? this.#see(event) : this.#early.push(event) },
    });
    this.teardown.defer("let the target go", async () => {
      for (const error of await attached.close()) throw error;
    });
    this.teardown.defer("leave raw mode", () => this.#calm());
    return attached;
  }

  #see(event: TraceEvent): void {
    this.#files?.write(event);
    this.#session!.see(event);
  }

  /** The terminal is as it was. */
  #calm(): void {
    if (this.#raw) Deno.stdin.setRaw(false);
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
