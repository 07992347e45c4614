/** The chance of a scenario: the number that brings a run of it back. */
import { currentPlace } from "./context.ts";

/**
 * The seed of the running scenario, for what it draws itself; `--seed` gives it again.
 *
 * @example
 * ```ts ignore
 * const random = new Random(seed());
 * ```
 */
export function seed(): number {
  return currentPlace("seed").context.seed;
}
