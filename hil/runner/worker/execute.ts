/**
 * One attempt at one scenario: its trace, its targets, its body, its clean-up. Set-up, body and
 * every way to stop them meet in one race; whatever wins, the clean-up runs.
 */
import { HostClock } from "../../drivers/host_clock.ts";
import { encode, Membrane } from "../../record/mod.ts";
import { runIn, type ScenarioContext, stepPath } from "../../scenario/context.ts";
import { awaited, unawaited } from "../../scenario/pending.ts";
import type { DeclaredScenario } from "../../scenario/scenario.ts";
import { TimeLimitError } from "../../scenario/step.ts";
import { Duration, hostNow, timer, withLimit } from "../../time/mod.ts";
import { type Failure, type Outcome, Timeline, type TraceEvent } from "../../trace/mod.ts";
import { TRACE_VERSION, TraceWriteError, TraceWriter } from "../../trace/mod.ts";
import type { LimitsNs } from "../limits.ts";
import { relativeTo } from "../paths.ts";
import type { Assignment, AttemptReport, FromWorker, Stop } from "../protocol.ts";
import { Digest } from "./digest.ts";
import { describeFailure, type Phase } from "./failure.ts";
import type { Playback } from "./playback.ts";
import { importTarget } from "./targets.ts";
import { Teardown } from "./teardown.ts";

/** What an attempt needs of its worker. */
export interface Host {
  readonly root: string;
  readonly limits: LimitsNs;
  readonly processEnv: Readonly<Record<string, string>>;
  send(message: FromWorker): void;
  /** Resolves when all that the process has written so far is in the trace. */
  drained(): Promise<void>;
  /** Somebody who looks on, and may stop it: `hil replay --until`. */
  readonly watch?: Watch;
}

export interface Watch {
  /** Before anything has happened. */
  begin(timeline: Timeline): void;
  /** The targets are there; what is done by these ports is not recorded. */
  ready(ports: Readonly<Record<string, unknown>>): void;
  /** It is in the trace. */
  event(event: TraceEvent): void;
  /** Set-up and body are over, and the targets are alive until it resolves. */
  over(failures: readonly Failure[]): Promise<void>;
}

/** Ends an attempt that nobody wants any more. */
class Interrupted extends Error {
  override readonly name = "Interrupted";
  override readonly message = "the run was interrupted";
}

export class Execution {
  readonly #stop = Promise.withResolvers<never>();
  readonly #abort = new AbortController();
  readonly #digest: Digest;
  readonly #timeline: Timeline;
  readonly #context: ScenarioContext;
  readonly #membrane: Membrane;
  readonly #teardown: Teardown;
  readonly #failures: Failure[] = [];
  readonly #traceDir: string;
  #playback: Playback | undefined;
  #writer: TraceWriter | undefined;
  #phase: Phase = "start";
  readonly #began = hostNow();
  #interrupted = false;
  #failedAtNs: number | undefined;

  constructor(
    private readonly assignment: Assignment,
    private readonly scenario: DeclaredScenario,
    private readonly host: Host,
  ) {
    this.#traceDir = relativeTo(host.root, assignment.traceDir);
    this.#digest = new Digest((path) => host.send({ say: "step", name: path.join(" › ") }));
    this.#timeline = new Timeline({ write: (event) => this.#write(event) });
    this.#timeline.clock = new HostClock(this.#timeline);
    this.#timeline.onFailure((error) => this.#stop.reject(error));
    this.#membrane = new Membrane({ timeline: this.#timeline, folder: assignment.traceDir });
    this.#teardown = new Teardown(Duration.fromNs(host.limits.teardown));
    this.#stop.promise.catch(() => {}); // It may come when nothing races with it any more.
    this.#context = {
      timeline: this.#timeline,
      seed: assignment.seed,
      attachmentsDir: assignment.traceDir,
      signal: this.#abort.signal,
      running: new Map(),
      failures: [],
      thrownIn: new WeakMap(),
      pending: new Set(),
      late: new WeakSet(),
      nextStepId: 1,
      ended: false,
    };
    this.#timeline.onAwaited((what, work) => awaited(this.#context, { what }, work));
    host.watch?.begin(this.#timeline);
  }

  /** Ends it now: a signal came, or the time of the run is over. */
  stop(stop: Stop): void {
    this.#stop.reject(
      stop.why === "interrupt"
        ? new Interrupted()
        : new TimeLimitError("run", stop.run, Duration.fromNs(stop.limitNs), this.#running()),
    );
  }

  /** An error that nobody caught: whoever threw it, this scenario was running. */
  uncaught(error: unknown): void {
    this.#stop.reject(error);
    // In the clean-up the race is over already.
    if (this.#phase === "teardown" && !this.#isLate(error)) this.#fail(error);
  }

  /** Whether what is done there is this one's: not so for what an earlier one left behind. */
  owns(context: ScenarioContext | undefined): boolean {
    return context === undefined || context === this.#context;
  }

  /** Aborts when it is to end now. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  log(level: "debug" | "info" | "warn" | "error", text: string): void {
    this.#timeline.record({ type: "log", level, text });
  }

  get #outcome(): Outcome {
    if (this.#interrupted) return "interrupted";
    return this.#failures.length > 0 ? "failed" : "passed";
  }

  async run(): Promise<AttemptReport> {
    const { traceDir, tempDir } = this.assignment;
    try {
      this.#writer = TraceWriter.create(`${traceDir}/trace.jsonl`, this.#header());
    } catch (error) {
      this.#fail(error);
      return this.#report();
    }
    if (Object.keys(this.scenario.uses).length > 0) {
      Deno.mkdirSync(tempDir, { recursive: true });
      this.#teardown.defer("remove the temporary files", () => removeTree(tempDir));
    }
    await this.#race();
    await this.host.watch?.over(this.#failures);
    await this.#cleanUp();
    this.host.send({ say: "watch", limitNs: this.host.limits.teardown, doing: "end" });
    await this.host.drained();
    this.#timeline.record({
      type: "end",
      outcome: this.#outcome,
      error: this.#told(),
      environment: { durationMs: (hostNow() - this.#began) / 1e6 },
    });
    const { failure } = this.#writer;
    if (failure && !this.#failures.some(({ name }) => name === failure.name)) this.#fail(failure);
    this.#writer.close();
    return this.#report();
  }

  /** Set-up and body against whatever may end them early. */
  async #race(): Promise<void> {
    const limit = Duration.fromNs(this.assignment.timeoutNs);
    this.host.send({ say: "watch", limitNs: limit.ns, doing: "scenario" });
    const cancel = timer(limit, () => {
      const { name } = this.scenario;
      this.#stop.reject(new TimeLimitError("scenario", name, limit, this.#running()));
    });
    try {
      const work = runIn(this.#context, undefined, () => this.#setUpAndBody());
      const pending = await Promise.race([this.#stop.promise, work]);
      // Rejections that nobody handles arrive after this turn of the loop: they are this one's.
      await Promise.race([this.#stop.promise, nextTurn()]);
      if (pending) this.#failures.push(pending);
      for (const failure of this.#context.failures) this.#failures.push(this.#local(failure));
    } catch (error) {
      const measured = this.#context.failures.map((failure) => this.#local(failure));
      this.#interrupted = error instanceof Interrupted;
      this.#fail(error);
      this.#failures.push(...measured);
    } finally {
      cancel();
      this.#membrane.end();
    }
    if (this.#outcome === "failed") {
      this.#failedAtNs = this.#timeline.clock.now();
      await this.#diagnose();
    }
    if (this.#outcome !== "passed") this.#abort.abort(new Error(this.#failures[0]?.message));
  }

  /** Gives the failure of a body that has not awaited all that it has begun. */
  async #setUpAndBody(): Promise<Failure | undefined> {
    const ports = this.assignment.playback ? await this.#play() : await this.#startAll();
    this.#phase = "body";
    this.host.watch?.ready(ports);
    await this.scenario.body(this.#recorded(ports));
    this.#playback?.finish();
    return unawaited(this.#context, {
      scenario: this.scenario.name,
      relative: (path) => relativeTo(this.host.root, path),
    });
  }

  /** A recording in place of the targets. */
  async #play(): Promise<Readonly<Record<string, unknown>>> {
    const { openPlayback } = await import("./playback.ts");
    this.#playback = await openPlayback(this.assignment.playback!, {
      root: this.host.root,
      attachmentsDir: this.assignment.traceDir,
      uses: this.scenario.uses,
      timeline: this.#timeline,
      signal: this.#abort.signal,
    });
    return this.#playback.ports;
  }

  async #startAll(): Promise<Record<string, unknown>> {
    const ports: Record<string, unknown> = {};
    for (const [name, { role }] of Object.entries(this.scenario.uses)) {
      // What a time-out names. No event: until a target has set it, the timeline has no clock of
      // the scenario's own.
      const start = { id: 0, name: `start ${role}=${this.assignment.targets[role]!.name}` };
      this.#context.running.set(start.id, start);
      ports[name] = await this.#start(name, start.name);
      this.#context.running.delete(start.id);
    }
    return ports;
  }

  /** All that the body asks of them is in the trace. */
  #recorded(ports: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const entries = Object.entries(ports);
    return Object.fromEntries(
      entries.map(([name, port]) => [name, this.#membrane.port(name, port)]),
    );
  }

  async #start(use: string, what: string): Promise<unknown> {
    const { role, options } = this.scenario.uses[use]!;
    const target = this.assignment.targets[role]!;
    const module = await importTarget(target);
    const work = module.start({
      role,
      target: target.name,
      options: { ...target.options, ...options },
      seed: this.assignment.seed,
      timeline: this.#timeline,
      tempDir: this.assignment.tempDir,
      attachmentsDir: this.assignment.traceDir,
      processEnv: this.host.processEnv,
      signal: this.#abort.signal,
      defer: (what, undo) => this.#teardown.defer(what, undo),
    });
    const limit = module.startLimit;
    return limit === undefined ? await work : await withLimit(work, limit, () => {
      throw new TimeLimitError("step", what, limit, []);
    });
  }

  async #cleanUp(): Promise<void> {
    this.#phase = "teardown";
    this.#context.ended = true;
    const limitNs = this.host.limits.teardown;
    const errors = await this.#teardown.run((what) => {
      this.host.send({ say: "watch", limitNs, doing: `clean-up "${what}"` });
    });
    for (const error of errors) this.#fail(error);
  }

  /** What the targets looked like when it failed, below the message. */
  async #diagnose(): Promise<void> {
    const limit = Duration.fromNs(this.host.limits.diagnosis);
    this.host.send({ say: "watch", limitNs: limit.ns, doing: "diagnosis" });
    const text = await this.#timeline.diagnosis(limit);
    const [first] = this.#failures;
    if (!first || !text || first.message.includes(text)) return;
    this.#failures[0] = { ...first, message: `${first.message}\n${text}` };
  }

  #fail(error: unknown): void {
    const known = typeof error === "object" && error !== null
      ? this.#context.thrownIn.get(error)
      : undefined;
    const running = error instanceof TimeLimitError ? error.running : known ?? this.#running();
    const { root } = this.host;
    const failure = describeFailure(error, { root, phase: this.#phase, running });
    this.#failures.push(this.#playback?.judge(failure) ?? failure);
  }

  /** Whether it comes of what was pending at the end: that was told, or had failed before. */
  #isLate(error: unknown): boolean {
    return typeof error === "object" && error !== null && this.#context.late.has(error);
  }

  #local(failure: Failure): Failure {
    const { file } = failure;
    return file === undefined ? failure : { ...failure, file: relativeTo(this.host.root, file) };
  }

  #running(): readonly string[] {
    return stepPath([...this.#context.running.values()].at(-1));
  }

  #write(event: TraceEvent): void {
    try {
      // The file first: who is told of an event may end us before the next line.
      this.#writer?.write(event);
    } catch (error) {
      // Not thrown at whoever happened to record: a driver's callback could not do anything.
      if (!(error instanceof TraceWriteError)) throw error;
      this.#timeline.fail(error);
    }
    this.#digest.write(event);
    this.host.watch?.event(event);
  }

  /** The first failure, with the others below its message. */
  #told(): Failure | undefined {
    const [first, ...others] = this.#failures;
    if (!first || others.length === 0) return first;
    const also = others.map(({ message }) => `also: ${message}`).join("\n");
    return { ...first, message: `${first.message}\n${also}` };
  }

  #report(): AttemptReport {
    return {
      outcome: this.#outcome,
      failedAtNs: this.#failedAtNs,
      durationNs: hostNow() - this.#began,
      failure: this.#told(),
      attachments: this.#digest.attachments(this.#traceDir),
      measurements: this.#digest.measurements,
      output: this.#digest.output(this.#outcome === "passed"),
    };
  }

  #header() {
    const { seed, bench, targets, versions, environment } = this.assignment;
    const { name, file, line } = this.scenario;
    const recording = this.#membrane.recorder.encoding(() => undefined);
    return {
      trace: TRACE_VERSION,
      scenario: name,
      file: relativeTo(this.host.root, file),
      line,
      seed,
      bench,
      targets: Object.fromEntries(
        Object.values(targets).map(({ role, name }) => [role, { target: name, ...versions[role] }]),
      ),
      uses: Object.fromEntries(
        Object.entries(this.scenario.uses).map(([use, { role, requires, options }]) => [
          use,
          { role, requires, options: encode(options, recording) },
        ]),
      ),
      environment: { ...environment, pid: Deno.pid },
    };
  }
}

/** After everything that is due in this turn of the event loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
