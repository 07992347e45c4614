/**
 * A worker: the process in which scenario files, target modules and scenario bodies run, so that
 * nothing that they do to it can take the run down. `runner/worker_process.ts` starts it.
 */
import { scenarioHere } from "../../scenario/context.ts";
import type { LimitsNs } from "../limits.ts";
import {
  type Answers,
  Channel,
  type FromWorker,
  outputMark,
  type Request,
  type RequestOf,
  type ToWorker,
} from "../protocol.ts";
import { endRun } from "../reap.ts";
import { captureConsole } from "./console.ts";
import { Execution, type Host } from "./execute.ts";
import { describeFailure, type Phase } from "./failure.ts";
import { load, loadAll, portrait } from "./load.ts";
import { describeTarget, healthScenario, importTarget } from "./targets.ts";

/** What the runner gives a worker on its command line. */
export interface WorkerSetup {
  readonly socket: string;
  readonly name: string;
  readonly root: string;
  readonly limits: LimitsNs;
  readonly env: Readonly<Record<string, string>>;
}

class Worker {
  readonly #channel: Channel<FromWorker, ToWorker>;
  readonly #host: Host;
  #execution: Execution | undefined;
  /** Fails what runs now, when that is not a scenario. */
  #failing: ((error: unknown) => void) | undefined;
  #drained = () => {};

  constructor(private readonly setup: WorkerSetup, conn: Deno.Conn) {
    this.#channel = new Channel(conn);
    this.#host = {
      root: setup.root,
      limits: setup.limits,
      processEnv: setup.env,
      send: (message) => this.#channel.send(message),
      drained: () => this.#drain(),
    };
  }

  async serve(): Promise<void> {
    captureConsole((level, text) => {
      if (this.#execution?.owns(scenarioHere())) this.#execution.log(level, text);
      else this.#channel.send({ say: "progress", text });
    });
    for await (const message of this.#channel.messages()) {
      if ("ask" in message) this.#answer(message);
      else if (message.tell === "abort") this.#execution?.stop(message.stop);
      else if (message.tell === "drained") this.#drained();
      else this.#execution?.log("info", message.text);
    }
  }

  uncaught(error: unknown): void {
    if (this.#execution) this.#execution.uncaught(error);
    else if (this.#failing) this.#failing(error);
    else this.#channel.send({ say: "stray", failure: this.#describe(error, "body") });
  }

  async #answer(request: Request): Promise<void> {
    const answer = await ASK[request.ask](this, request as never);
    this.#channel.send({ say: "answer", answer });
  }

  async load({ file }: RequestOf<"load">): Promise<Answers["load"]> {
    try {
      return { declared: (await this.#guarded(() => load(file))).map(portrait) };
    } catch (error) {
      return { failure: this.#describe(error, "load") };
    }
  }

  async loadAll({ files, index }: RequestOf<"loadAll">): Promise<Answers["loadAll"]> {
    try {
      const found = await this.#guarded(() => loadAll(files, index));
      return { declared: found.map((scenarios) => scenarios.map(portrait)) };
    } catch (error) {
      return { failure: this.#describe(error, "load") };
    }
  }

  async describe({ target }: RequestOf<"describe">): Promise<Answers["describe"]> {
    try {
      return { facts: await this.#guarded(() => describeTarget(target)) };
    } catch (error) {
      return { failure: this.#describe(error, "start") };
    }
  }

  async prepare({ target }: RequestOf<"prepare">): Promise<Answers["prepare"]> {
    const progress = (text: string) => this.#channel.send({ say: "progress", text });
    try {
      const module = await importTarget(target);
      const got = await this.#guarded(async () => await module.prepare?.(target.options, progress));
      return got?.ok === false ? { missing: { reason: got.reason, remedy: got.remedy } } : {};
    } catch (error) {
      return { failure: this.#describe(error, "start") };
    }
  }

  async run({ assignment }: RequestOf<"run">): Promise<Answers["run"]> {
    const { load: limitNs } = this.setup.limits;
    this.#channel.send({ say: "watch", limitNs, doing: "load" });
    try {
      const scenario = assignment.health
        ? await this.#guarded(() => healthScenario(assignment, () => this.#execution!.signal))
        : (await this.#guarded(() => load(assignment.file)))[assignment.index];
      if (!scenario) throw new Error(`the file has changed since the run began; run it again`);
      this.#execution = new Execution(assignment, scenario, this.#host);
      return await this.#execution.run();
    } catch (error) {
      const failure = this.#describe(error, "load");
      const nothing = { attachments: [], measurements: [], output: "" };
      return { outcome: "failed", durationNs: 0, failure, ...nothing };
    } finally {
      this.#execution = undefined;
    }
  }

  /** `work`, or the error that nobody caught while it ran. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {}); // It may come when the race is over.
    this.#failing = reject;
    try {
      const value = await Promise.race([promise, work()]);
      await Promise.race([promise, new Promise((resolve) => void setImmediate(resolve))]);
      return value;
    } finally {
      this.#failing = undefined;
    }
  }

  /** Marks the end of what was written, and waits until the runner has seen both marks. */
  #drain(): Promise<void> {
    const mark = new TextEncoder().encode(outputMark(this.setup.name));
    return new Promise((resolve) => {
      this.#drained = resolve;
      for (const stream of [Deno.stdout, Deno.stderr]) stream.writeSync(mark);
    });
  }

  #describe(error: unknown, phase: Phase) {
    return describeFailure(error, { root: this.setup.root, phase });
  }
}

const ASK = {
  load: (worker: Worker, request: RequestOf<"load">) => worker.load(request),
  loadAll: (worker: Worker, request: RequestOf<"loadAll">) => worker.loadAll(request),
  describe: (worker: Worker, request: RequestOf<"describe">) => worker.describe(request),
  prepare: (worker: Worker, request: RequestOf<"prepare">) => worker.prepare(request),
  run: (worker: Worker, request: RequestOf<"run">) => worker.run(request),
};

async function main(): Promise<void> {
  const setup = JSON.parse(Deno.args[0]!) as WorkerSetup;
  const conn = await Deno.connect({ transport: "unix", path: setup.socket });
  const worker = new Worker(setup, conn);
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    worker.uncaught(event.reason);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    worker.uncaught(event.error);
  });
  await worker.serve();
  // The runner is gone, however it ended: so is everything that this worker has started.
  endRun(setup.env);
}

if (import.meta.main) await main();
