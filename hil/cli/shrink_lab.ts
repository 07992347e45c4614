/** Plays scripts on targets of a bench, again and again, in this process: a start costs no worker. */
import type { Bench, BenchTarget, TargetOptions } from "../bench/mod.ts";
import { targetNamed } from "../bench/mod.ts";
import { decode } from "../record/mod.ts";
import { type Observation, type Oracles, play } from "../replay/shrink/mod.ts";
import type { Script } from "../replay/typescript/mod.ts";
import { Duration, hostNow, seconds, withLimit } from "../time/mod.ts";
import type { TraceEvent } from "../trace/mod.ts";
import { UsageError } from "./command_line.ts";
import { Attached, leaseOf, type LoadedTarget, loadTarget } from "./console_attach.ts";

/** A script that hangs has at least so long on the host's clock. */
const LEAST_LIMIT = seconds(10);
/** … and so many times what the first one took. */
const PATIENCE = 10;

export interface LabOptions {
  readonly folder: string;
  readonly file?: (name: string) => Uint8Array;
  readonly progress: (text: string) => void;
}

export class Lab {
  #limit: Duration | undefined;
  /** How a scenario names its clock: "cache.clock"; known when something was played. */
  clock: string | undefined;
  /** How long the latest script took, with the start of its targets. */
  tookNs = 0;
  /** Its time moves only when somebody waits; known then too. */
  virtual = false;

  private constructor(
    private readonly targets: ReadonlyMap<string, LoadedTarget>,
    private readonly options: LabOptions,
    /** Lets go what is exclusive. */
    readonly release: () => void,
  ) {}

  /** @throws UsageError when one cannot be had, or is none that can be started again and again */
  static async open(targets: readonly BenchTarget[], options: LabOptions): Promise<Lab> {
    const loaded: LoadedTarget[] = [];
    for (const target of targets) {
      const one = await loadTarget(target, options.progress);
      if (one.module.exclusive !== undefined) throw notSimulated(target);
      loaded.push(one);
    }
    const release = leaseOf(loaded);
    return new Lab(new Map(loaded.map((one) => [one.target.role, one])), options, release);
  }

  /** One seed gives one run, to the bit. */
  get deterministic(): boolean {
    return [...this.targets.values()].every(({ target: { options }, module }) =>
      typeof module.deterministic === "function"
        ? module.deterministic(options)
        : module.deterministic ?? false
    );
  }

  get oracles(): Oracles {
    return new Map([...this.targets].flatMap(([role, { module: { oracle } }]) => {
      return oracle ? [[role, (events) => oracle.judge(events)] as const] : [];
    }));
  }

  target(role: string): LoadedTarget {
    return this.targets.get(role)!;
  }

  /** A target that does not start is one that has failed. */
  async play(script: Script, { seed }: { readonly seed: number }): Promise<Observation> {
    const began = hostNow();
    const events: TraceEvent[] = [];
    const { folder, file } = this.options;
    let attached: Attached;
    try {
      attached = await Attached.start([...this.targets.values()], {
        ...{ seed, folder, options: optionsOf(script) },
        sink: { write: (event) => void (event.type === "signal" && events.push(event)) },
      });
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      return { results: new Map(), events, failure };
    }
    try {
      const { clock } = attached.timeline;
      const ports = portsOf(script, attached);
      this.virtual = clock.virtual;
      this.clock ??= Object.keys(ports).find((name) => clockOf(ports[name]) === clock.name);
      const { results, over } = play(script, ports, { clock, file });
      const limit = this.#limit ?? seconds(600);
      const end = await withLimit(Promise.race([over, attached.failed]), limit, () => undefined);
      this.tookNs = hostNow() - began;
      this.#limit ??= Duration.fromNs(Math.max(LEAST_LIMIT.ns, PATIENCE * this.tookNs));
      return { results: new Map(results), events, ...(end && { failure: end }) };
    } finally {
      await attached.close();
    }
  }
}

/** The targets of a trace's roles, or those that were named instead. */
export function targetsOf(
  roles: ReadonlyMap<string, string>,
  bench: Bench,
  remedy: string,
): BenchTarget[] {
  return [...roles].map(([role, name]) => {
    const known = bench.roles.get(role);
    const target = known && targetNamed(known, name);
    if (target) return target;
    const what = known ? `its role "${role}" has no target "${name}"` : `it has no role "${role}"`;
    throw new UsageError(`Cannot use the bench "${bench.name}" for this trace: ${what}; ${remedy}`);
  });
}

function notSimulated({ role, name }: BenchTarget): UsageError {
  return new UsageError(
    `Cannot run again and again on "${role}=${name}": it is hardware, of which there is one; ` +
      `give a simulated target with --use ${role}=TARGET`,
  );
}

function optionsOf({ needs }: Script): ReadonlyMap<string, TargetOptions> {
  return new Map([...needs.values()].map(({ role, options }) => {
    return [role, decode(options) as TargetOptions];
  }));
}

function portsOf({ needs }: Script, { ports }: Attached): Record<string, unknown> {
  return Object.fromEntries([...needs].map(([name, { role }]) => [name, ports.get(role)]));
}

function clockOf(port: unknown): string | undefined {
  const { clock } = (port ?? {}) as { readonly clock?: { readonly name?: string } };
  return clock?.name;
}
