/** What a run is asked to do. */
import type { Bench, Tool } from "../bench/mod.ts";
import type { Quarantine } from "../history/mod.ts";
import type { PlannedScenario, Reporter } from "../report/mod.ts";
import type { Duration } from "../time/mod.ts";
import type { Limits } from "./limits.ts";
import type { Skip } from "./plan.ts";

export interface RunOptions {
  /** Repository root, absolute. */
  readonly root: string;
  /** Files or folders as given; none: `scenarios/`. */
  readonly files: readonly string[];
  readonly bench: Bench;
  /** Role to targets; more than one: each scenario runs once on each. */
  readonly use: ReadonlyMap<string, readonly string[]>;
  /** Looked for in a scenario's name, and in its name followed by ` @tag` for each tag. */
  readonly grep?: RegExp;
  readonly jobs: number;
  readonly seed: number;
  /** Nobody gave it: a scenario that names its own has that. */
  readonly seedIsDrawn?: boolean;
  readonly repeat: number;
  readonly retries: number;
  readonly lastFailed?: boolean;
  /** Ids of scenarios; others are left out. */
  readonly only?: ReadonlySet<string>;
  /** The smaller, the sooner it begins; equals begin as they would without it. */
  readonly rank?: (scenario: PlannedScenario) => number;
  /** Asked before a scenario begins, with its leases held: what it gives is why it does not. */
  readonly hold?: (scenario: PlannedScenario) => Promise<Skip | undefined>;
  /** `index` from 1 to `count`. */
  readonly shard?: { readonly index: number; readonly count: number };
  readonly failFast?: boolean;
  readonly requireAll?: boolean;
  /** Known failures, which fail no run until they expire; and the budget of flakes. */
  readonly quarantine?: Quarantine;
  /** Of the whole run. */
  readonly timeout?: Duration;
  /** Folder; default: `reports` in the root. */
  readonly reports: string;
  /** File. */
  readonly junit: string;
  /** As the user typed it after `deno task hil`. */
  readonly argv: readonly string[];
  readonly reporters: readonly Reporter[];
  /** Called once with the tools that the chosen targets lack; true: look again. */
  readonly install?: (
    tools: readonly Tool[],
    progress: (text: string) => void,
  ) => Promise<boolean>;
  /** For tests of the runner: shorter than people need. */
  readonly limits?: Partial<Limits>;
}

/** The run cannot be what the options ask for; exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
