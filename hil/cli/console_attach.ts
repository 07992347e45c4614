/**
 * Targets that are started in this process, by hand: without a worker and without a scenario. Their
 * processes carry the mark of a run, so that nothing is left when this one is killed.
 */
import { type BenchTarget, type TargetModule, type TargetOptions } from "../bench/mod.ts";
import { HostClock } from "../drivers/host_clock.ts";
import { importTarget, Lease, RUN_MARK, Teardown } from "../runner/mod.ts";
import { seconds } from "../time/mod.ts";
import { Timeline, type TraceSink } from "../trace/mod.ts";
import { UsageError } from "./command_line.ts";

/** Longest that each piece of the clean-up may take. */
const TEARDOWN = seconds(10);

/** A target of the bench with its module. */
export interface LoadedTarget {
  readonly target: BenchTarget;
  readonly module: TargetModule;
}

/**
 * The module of a target that can be had here, ready to start.
 *
 * @throws UsageError when this machine lacks what it needs, or the module is none
 */
export async function loadTarget(
  target: BenchTarget,
  progress: (text: string) => void,
): Promise<LoadedTarget> {
  const named = `${target.role}=${target.name}`;
  const missing = ({ reason, remedy }: { readonly reason: string; readonly remedy: string }) =>
    new UsageError(`Cannot start the target "${named}": ${reason}; ${remedy}`);
  let module: TargetModule;
  try {
    module = await importTarget(target);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
  const available = await module.availability(target.options);
  if (!available.ok) throw missing(available);
  const got = await module.prepare?.(target.options, progress);
  if (got?.ok === false) throw missing(got);
  return { target, module };
}

/**
 * Nobody else uses what is exclusive, until the returned function is called.
 *
 * @throws UsageError when somebody does
 */
export function leaseOf(targets: readonly LoadedTarget[]): () => void {
  const leases: Lease[] = [];
  for (const { target: { role, name, options }, module: { exclusive } } of targets) {
    if (exclusive === undefined) continue;
    const lease = Lease.tryTake(typeof exclusive === "function" ? exclusive(options) : exclusive);
    if (lease instanceof Lease) leases.push(lease);
    else {
      leases.forEach((taken) => taken.release());
      throw new UsageError(
        `Cannot start the target "${role}=${name}": process ${lease || "?"} uses it; ` +
          `wait until that has ended`,
      );
    }
  }
  return () => leases.forEach((lease) => lease.release());
}

export interface AttachOptions {
  /** Of all chance. */
  readonly seed: number;
  /** Where events go. */
  readonly sink: TraceSink;
  /** Of the run: for temporary files, and the mark of all processes. */
  readonly folder: string;
  /** Where attachments go; default: `folder`. */
  readonly attachmentsDir?: string;
  /** Role to options that a need would have, over those of the bench. */
  readonly options?: ReadonlyMap<string, TargetOptions>;
}

/** Targets that run. */
export class Attached {
  /** By role. */
  readonly ports = new Map<string, unknown>();
  readonly timeline: Timeline;
  readonly #teardown = new Teardown(TEARDOWN);
  readonly #abort = new AbortController();
  readonly #failed = Promise.withResolvers<Error>();

  private constructor(private readonly options: AttachOptions) {
    this.timeline = new Timeline(options.sink);
    this.timeline.clock = new HostClock(this.timeline);
    this.timeline.onFailure((error) => this.#failed.resolve(error));
  }

  /** @throws whatever a target throws at its start; what was started before it has ended then */
  static async start(
    targets: readonly LoadedTarget[],
    options: AttachOptions,
  ): Promise<Attached> {
    const attached = new Attached(options);
    try {
      for (const target of targets) await attached.#start(target);
    } catch (error) {
      await attached.close();
      throw error;
    }
    return attached;
  }

  /** Resolves when a target fails what runs on it: a panic, its death. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  /** Undoes all, in reverse. @returns what went wrong in that */
  async close(): Promise<readonly unknown[]> {
    this.#abort.abort(new Error("the targets are let go"));
    return await this.#teardown.run();
  }

  async #start({ target: { role, name, options }, module }: LoadedTarget): Promise<void> {
    const { seed, folder, attachmentsDir = folder, options: wanted } = this.options;
    const port = await module.start({
      ...{ role, target: name, seed, timeline: this.timeline, tempDir: folder, attachmentsDir },
      options: { ...options, ...wanted?.get(role) },
      processEnv: { [RUN_MARK]: folder },
      signal: this.#abort.signal,
      defer: (what, undo) => this.#teardown.defer(what, undo),
    });
    this.ports.set(role, port);
  }
}
