/** Declaring scenarios. What a file declares is collected when the runner imports it. */
import type { Need } from "../bench/target.ts";
import { caller } from "./caller.ts";
import type { Duration } from "../time/mod.ts";

/** Name in the body to need. */
export type Uses = Readonly<Record<string, Need<unknown>>>;

/** The ports that a body is given for its needs. */
export type Ports<U extends Uses> = {
  readonly [K in keyof U]: U[K] extends Need<infer Port> ? Port : never;
};

export interface ScenarioOptions<U extends Uses> {
  readonly uses: U;
  /** Longest that set-up and body may take together, on the host's clock. Default 60 s. */
  readonly timeout?: Duration;
  /** Words to select by; `--grep` sees them as `@word`. */
  readonly tags?: readonly string[];
  /**
   * Of all its chance when nobody gives one by `--seed`: for a failure that takes a certain schedule.
   * Default: one that is drawn for the run.
   */
  readonly seed?: number;
}

export interface DeclaredScenario {
  readonly name: string;
  /** Absolute path and line of the `scenario(` call. */
  readonly file: string;
  readonly line: number;
  readonly uses: Uses;
  readonly timeout?: Duration;
  readonly tags: readonly string[];
  readonly seed?: number;
  readonly body: (ports: Readonly<Record<string, unknown>>) => void | Promise<void>;
}

let declared: DeclaredScenario[] = [];

/**
 * Declares a scenario: what it needs, as data, and what is to be done and seen.
 *
 * @throws TypeError when the name is empty, needs are not given or the body is not a function
 * @example
 * ```ts ignore
 * scenario("a hit is served from memory", { uses: { cache: diskCache() } }, async ({ cache }) => {
 *   await cache.write({ drive: 0, lba: 7 }, 0xcafe).finished;
 * });
 * ```
 */
export function scenario<U extends Uses>(
  name: string,
  options: ScenarioOptions<U>,
  body: (ports: Ports<U>) => void | Promise<void>,
): void {
  const named = typeof name === "string" && name.trim() !== "";
  if (!named || typeof options?.uses !== "object" || typeof body !== "function") {
    throw new TypeError(
      `Cannot declare the scenario "${name}": it needs a name, "uses" and a body; ` +
        `write scenario("what is true", { uses: { … } }, async ({ … }) => { … })`,
    );
  }
  const { file = "", line = 0 } = caller(scenario);
  declared.push({
    name,
    file,
    line,
    uses: options.uses,
    timeout: options.timeout,
    tags: options.tags ?? [],
    ...(options.seed !== undefined && { seed: checkedSeed(name, options.seed) }),
    body: body as DeclaredScenario["body"],
  });
}

function checkedSeed(name: string, seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new TypeError(
    `Cannot declare the scenario "${name}": its seed ${seed} is no whole number from 0 on; give one`,
  );
}

/** Takes what has been declared since the last call. For the runner. */
export function takeDeclared(): DeclaredScenario[] {
  const taken = declared;
  declared = [];
  return taken;
}
