/** The world of a night on a real bench: the runner, the host's clock, the disk. */
import { type BenchTarget, targetNamed } from "../bench/mod.ts";
import type { Reporter, ScenarioResult } from "../report/mod.ts";
import { checkHealth, type RunOptions, runScenarios, type TargetHealth } from "../runner/mod.ts";
import { hostNow, wallClock } from "../time/mod.ts";
import type { NightWorld, PassOutcome, PassRequest } from "./night.ts";
import { healthText } from "./phrases.ts";
import type { Recordings } from "./recordings.ts";
import { type NightFolders, pruneNights } from "./save.ts";
import type { TargetRef } from "./watch.ts";

/** How a night is shown as it goes on. */
export interface NightView {
  say(text: string): void;
  /** For the scenarios of one pass. */
  reporter(): Reporter;
}

export interface BenchWorldOptions {
  readonly night: string;
  /** For each pass, but for what the pass says itself. */
  readonly run: RunOptions;
  readonly folders: NightFolders;
  readonly recordings: Recordings;
  readonly keepAgeMs: number;
  readonly view: NightView;
  readonly stopped: () => boolean;
}

export class BenchWorld implements NightWorld {
  constructor(private readonly options: BenchWorldOptions) {}

  now(): number {
    return hostNow();
  }

  stopped(): boolean {
    return this.options.stopped();
  }

  say(text: string): void {
    this.options.view.say(text);
  }

  async run(pass: PassRequest): Promise<PassOutcome> {
    const { run, folders, view } = this.options;
    const { ids, seed, repeat, rank, hold, onResult } = pass;
    const own = { ...NOTHING, onResult };
    return await runScenarios({
      ...run,
      ...{ seed, repeat, rank, hold, only: ids },
      junit: `${folders.own}/last_pass.xml`,
      reporters: [own, view.reporter()],
    });
  }

  async check(targets: readonly TargetRef[], leased: boolean): Promise<readonly TargetHealth[]> {
    const { run, folders, view } = this.options;
    const found = targets.map((ref) => this.#find(ref)).filter((each) => each !== undefined);
    const onProgress = (text: string) => text && view.say(text);
    return await checkHealth({ ...run, reporters: [{ ...NOTHING, onProgress }] }, found, {
      traces: `${folders.own}/checks`,
      leased,
      onHealth: (health) => view.say(healthText(health)),
    });
  }

  keep(pass: number, result: ScenarioResult): ScenarioResult {
    return this.options.recordings.keep(this.options.night, pass, result);
  }

  prune(): Promise<string[]> {
    const { recordings, folders, keepAgeMs } = this.options;
    const nights = pruneNights(folders.nights, keepAgeMs, wallClock());
    return Promise.resolve([...recordings.prune(), ...nights]);
  }

  #find({ role, target }: TargetRef): BenchTarget | undefined {
    const known = this.options.run.bench.roles.get(role);
    return known && targetNamed(known, target);
  }
}

const NOTHING: Reporter = {
  onBegin: () => {},
  onStart: () => {},
  onStep: () => {},
  onResult: () => {},
  onProgress: () => {},
  onEnd: () => {},
};
