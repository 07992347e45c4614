/** A worker from the runner's side: started, asked, watched, and ended for certain. */
import { Duration, seconds, timer, withLimit } from "../time/mod.ts";
import type { Failure } from "../trace/mod.ts";
import type { Limits, LimitsNs } from "./limits.ts";
import { OutputPump } from "./output_pump.ts";
import { permissionFlags } from "./permissions.ts";
import {
  type Answers,
  Channel,
  type FromWorker,
  type Request,
  type RequestOf,
  type Stop,
  type ToWorker,
} from "./protocol.ts";
import { kill, reap, RUN_MARK, WORKER_MARK } from "./reap.ts";
import type { WorkerSetup } from "./worker/main.ts";

export interface WorkerOptions {
  readonly name: string;
  readonly root: string;
  /** Of the run; its sockets are made in it. */
  readonly tempDir: string;
  readonly limits: Limits;
  onProgress(text: string): void;
  /** An error came when nothing was running that it could be held against. */
  onStray(failure: Failure): void;
}

/** How long the last words of a dead worker may take. */
const LAST_WORDS = seconds(1);
/** What nothing but the end of its process can end early. */
const UNSTOPPABLE = ["load", "loadAll", "describe", "prepare", "run"];

/** A worker was lost while it was asked something: it ended, or it hung and was killed. */
export class WorkerLost extends Error {
  override readonly name = "WorkerLost";

  constructor(
    readonly how: "ended" | "hung",
    /** What it was at: "load", "scenario", "diagnosis", `clean-up "stop QEMU"`. */
    readonly doing: string,
    readonly limit: Duration,
    readonly status: Deno.CommandStatus,
    /** What it wrote in that time, piece by piece; some of it may be in the trace. */
    readonly output: readonly string[],
  ) {
    super(
      how === "hung"
        ? `it did not come back from ${doing} within ${limit}`
        : `its process ${describeExit(status)}`,
    );
  }
}

function describeExit({ signal, code }: Deno.CommandStatus): string {
  return signal ? `was killed by ${signal}` : `ended itself with code ${code}`;
}

interface Pending {
  resolve(answer: Answers[Request["ask"]]): void;
  reject(error: Error): void;
}

export class WorkerProcess {
  /** Whether it has been lost or ended. */
  over = false;
  /** Told the path of each step that begins. */
  onStep: (name: string) => void = () => {};
  readonly #child: Deno.ChildProcess;
  readonly #pump: OutputPump;
  readonly #ready: Promise<void>;
  #channel: Channel<ToWorker, FromWorker> | undefined;
  #pending: Pending | undefined;
  #cancelWatch = () => {};
  #limit = Duration.fromNs(0);
  #doing = "start";
  #hung = false;
  #stopping = false;

  private constructor(private readonly options: WorkerOptions, listener: Deno.Listener) {
    const { name, tempDir, root, limits } = options;
    const env = { [RUN_MARK]: tempDir, [WORKER_MARK]: name };
    const socket = (listener.addr as Deno.UnixAddr).path;
    const setup: WorkerSetup = { socket, name, root, limits: inNs(limits), env };
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        ...permissionFlags(),
        new URL("./worker/main.ts", import.meta.url).href,
        JSON.stringify(setup),
      ],
      env: { ...env, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      // A session of its own: a Ctrl-C at the terminal is the runner's, which then tells us.
      detached: true,
    }).spawn();
    this.#pump = new OutputPump(name, [this.#child.stdout, this.#child.stderr], {
      onText: (text) => this.#channel?.send({ tell: "output", text }),
      onMark: () => this.#channel?.send({ tell: "drained" }),
    });
    this.#ready = this.#connect(listener);
    this.#ready.catch(() => {}); // Whoever asks it something learns it.
  }

  /** Starts one without waiting for it: questions wait until it is there. */
  static start(options: WorkerOptions): WorkerProcess {
    const path = `${options.tempDir}/${options.name.slice(options.name.lastIndexOf("/") + 1)}.sock`;
    return new WorkerProcess(options, Deno.listen({ transport: "unix", path }));
  }

  /**
   * Asks one thing. The worker may take `limit` and some grace before it counts as hung.
   *
   * @throws WorkerLost
   */
  async ask<K extends Request["ask"]>(
    request: RequestOf<K>,
    limit: Duration,
  ): Promise<Answers[K]> {
    this.#watch(limit, request.ask);
    const { promise, resolve, reject } = Promise.withResolvers<Answers[Request["ask"]]>();
    this.#pending = { resolve, reject };
    this.#pump.takeRecent();
    this.#pump.live = request.ask === "run";
    // No channel: it ended before it had one, and whoever asks learns that.
    this.#ready.then(() => this.#channel?.send(request as Request), () => {});
    if (this.over) this.#lose();
    try {
      return await promise as Answers[K];
    } finally {
      this.#cancelWatch();
      this.#pump.live = false;
      this.#pending = undefined;
    }
  }

  /** Tells it to end what it runs; it has the grace for it, and its clean-up after that. */
  stop(stop: Stop): void {
    if (!this.#pending || this.#stopping) return;
    this.#stopping = true;
    if (UNSTOPPABLE.includes(this.#doing)) return void this.kill();
    this.#channel?.send({ tell: "abort", stop });
    if (this.#doing === "scenario") this.#watch(Duration.fromNs(0), "scenario");
  }

  /** Ends it and all that it has started. */
  async kill(): Promise<void> {
    this.killNow();
    await this.#child.status;
    // First the reaping: a child that lives has the streams of the worker open.
    reap(WORKER_MARK, this.options.name);
    // Who took our mark out of its environment may live on; we do not wait for its words.
    await withLimit(this.#pump.ended, LAST_WORDS, () => {});
  }

  /** Like {@link kill}, without waiting: for a runner that ends at once. */
  killNow(): void {
    this.over = true;
    this.#cancelWatch();
    kill(-this.#child.pid);
    this.#channel?.close();
  }

  async #connect(listener: Deno.Listener): Promise<void> {
    const gone = this.#child.status.then(() => undefined);
    const conn = await Promise.race([listener.accept(), gone]).finally(() => listener.close());
    if (!conn) return void this.#lose();
    this.#channel = new Channel(conn);
    this.#listen(this.#channel);
  }

  async #listen(channel: Channel<ToWorker, FromWorker>): Promise<void> {
    for await (const message of channel.messages()) {
      if (message.say === "answer") this.#pending?.resolve(message.answer);
      else if (message.say === "step") this.onStep(message.name);
      else if (message.say === "progress") this.options.onProgress(message.text);
      else if (message.say === "stray") this.options.onStray(message.failure);
      else this.#watch(Duration.fromNs(message.limitNs), message.doing);
    }
    await this.#lose();
  }

  /** It is gone, or hangs: it is ended, and whoever waits for it is told. */
  async #lose(): Promise<void> {
    await this.kill();
    const how = this.#hung ? "hung" : "ended";
    const output = this.#pump.takeRecent();
    const status = await this.#child.status;
    this.#pending?.reject(new WorkerLost(how, this.#doing, this.#limit, status, output));
  }

  #watch(limit: Duration, doing: string): void {
    this.#cancelWatch();
    [this.#limit, this.#doing] = [limit, doing];
    this.#cancelWatch = timer(Duration.fromNs(limit.ns + this.options.limits.grace.ns), () => {
      this.#hung = true;
      this.#lose();
    });
  }
}

function inNs(limits: Limits): LimitsNs {
  return Object.fromEntries(
    Object.entries(limits).map(([name, limit]: [string, Duration]) => [name, limit.ns]),
  ) as unknown as LimitsNs;
}
