/**
 * A scenario in this process, without a worker: so that somebody can hold its time and reach into its
 * targets. What it leaves behind is removed as after a run.
 */
import { type Bench, type BenchTarget, targetNamed } from "../../bench/mod.ts";
import { codeOf } from "../../runner/code.ts";
import { onInterrupt } from "../../runner/interrupt.ts";
import { LIMITS } from "../../runner/limits.ts";
import { absolute } from "../../runner/paths.ts";
import type { AttemptReport } from "../../runner/protocol.ts";
import { RUN_MARK, WORKER_MARK } from "../../runner/reap.ts";
import { clearStale, RunFolder } from "../../runner/run_folder.ts";
import { captureConsole } from "../../runner/worker/console.ts";
import { Execution, type Watch } from "../../runner/worker/execute.ts";
import { load } from "../../runner/worker/load.ts";
import { describeTarget, importTarget } from "../../runner/worker/targets.ts";
import { minutes } from "../../time/mod.ts";
import type { TraceHeader } from "../../trace/mod.ts";

export interface HereOptions {
  readonly header: TraceHeader;
  readonly bench: Bench;
  /** Repository root, absolute. */
  readonly root: string;
  readonly watch: Watch;
  /** In place of the scenario's own, or around it. @param folder the run's */
  body(own: () => Promise<void>, folder: string): Promise<void>;
  readonly progress?: (text: string) => void;
  /** Ctrl-C; the scenario is interrupted then. */
  readonly onInterrupt?: () => void;
}

export type Ports = Readonly<Record<string, unknown>>;

/** It cannot be run here; exit code 2. */
export class HereError extends Error {
  override readonly name = "HereError";
}

/** Nobody waits for a person's next command. */
const NO_LIMIT = minutes(7 * 24 * 60);

/**
 * Runs the scenario of a trace on its targets, until it ends or is interrupted.
 *
 * @throws HereError when its scenario or a target cannot be had
 */
export async function executeHere(options: HereOptions): Promise<AttemptReport> {
  const { header, bench, root } = options;
  const targets = targetsOf(header, bench);
  await ready(targets, options.progress ?? (() => {}));
  const file = absolute(root, header.file);
  const found = await scenarioOf(file, header);
  clearStale();
  const folder = RunFolder.create();
  const env = { [RUN_MARK]: folder.path, [WORKER_MARK]: `${folder.path}/here` };
  const { seed, bench: name } = header;
  const limits = Object.entries(LIMITS).map(([name, { ns }]) => [name, ns] as const);
  const assignment = {
    ...{ file, index: found.index, seed, timeoutNs: NO_LIMIT.ns, bench: name },
    targets: Object.fromEntries(targets.map((target) => [target.role, target])),
    versions: {},
    ...{ traceDir: `${folder.path}/trace`, tempDir: `${folder.path}/t1` },
    environment: { root, ...await codeOf(root) },
  };
  const { scenario } = found;
  const around = {
    ...scenario,
    body: (ports: Ports) => options.body(async () => await scenario.body(ports), folder.path),
  };
  const execution = new Execution(assignment, around, {
    ...{ root, limits: Object.fromEntries(limits) as never, processEnv: env },
    send: () => {},
    drained: () => Promise.resolve(),
    watch: options.watch,
  });
  const deaf = onInterrupt({
    onFirst: () => {
      execution.stop({ why: "interrupt" });
      options.onInterrupt?.();
    },
    onSecond: () => folder.remove(),
  });
  const unheard = hear(execution);
  try {
    return await execution.run();
  } finally {
    unheard();
    deaf();
    folder.remove();
  }
}

/** What nobody caught, and what is logged, is the scenario's. */
function hear(execution: Execution): () => void {
  const rejected = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    execution.uncaught(event.reason);
  };
  const thrown = (event: ErrorEvent) => {
    event.preventDefault();
    execution.uncaught(event.error);
  };
  globalThis.addEventListener("unhandledrejection", rejected);
  globalThis.addEventListener("error", thrown);
  const before = { ...console };
  captureConsole((level, text) => execution.log(level, text));
  return () => {
    Object.assign(console, before);
    globalThis.removeEventListener("unhandledrejection", rejected);
    globalThis.removeEventListener("error", thrown);
  };
}

/** @throws HereError */
function targetsOf({ targets }: TraceHeader, bench: Bench): BenchTarget[] {
  return Object.entries(targets).map(([role, { target = "" }]) => {
    const known = bench.roles.get(role);
    const found = known && targetNamed(known, target);
    if (found) return found;
    throw new HereError(
      `Cannot run on "${role}=${target}": the bench "${bench.name}" has no such ` +
        `${known ? "target" : "role"}; give the bench of the recording by --bench FILE`,
    );
  });
}

/** @throws HereError */
async function ready(targets: readonly BenchTarget[], progress: (text: string) => void) {
  for (const target of targets) {
    const { missing } = await describeTarget(target);
    const module = await importTarget(target);
    const got = missing ? { ok: false as const, ...missing } : await module.prepare?.(
      target.options,
      progress,
    );
    if (!got || got.ok) continue;
    throw new HereError(
      `Cannot run on "${target.role}=${target.name}": ${got.reason}; ${got.remedy}`,
    );
  }
}

/** @throws HereError */
async function scenarioOf(file: string, { scenario: name, line, file: shown }: TraceHeader) {
  try {
    Deno.statSync(file);
  } catch {
    throw new HereError(
      `Cannot run "${name}" again: its file ${shown} is not here; take the code that recorded it`,
    );
  }
  const declared = await load(file);
  const named = declared.map((scenario, index) => ({ scenario, index }))
    .filter(({ scenario }) => scenario.name === name);
  // Two of one name are told apart by where they are.
  const found = named.find(({ scenario }) => scenario.line === line) ?? named[0];
  if (found) return found;
  throw new HereError(
    `Cannot run "${name}" again: ${shown} has no scenario of that name any more; ` +
      `take the code that recorded it`,
  );
}
