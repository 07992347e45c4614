/**
 * Brings what was decided into force: at once when the filter is idle, else all that came meanwhile
 * in one go. What fails is tried again until it holds; of one target only the last change counts, so
 * what waits has a bound.
 */
import type { Entry, Filter } from "../filter/mod.ts";

export interface Change {
  readonly to: "ban" | "unban" | "limit" | "unlimit";
  readonly target: string;
  /** `undefined`: for ever. */
  readonly untilNs?: number;
  /** Called when it is in force, with the time then. */
  readonly done?: (nowNs: number) => void;
}

export interface EnforcerOptions {
  readonly filter: Filter;
  /** Calendar time in nanoseconds. */
  readonly now: () => number;
  /** All that is to be in force, for a filter that has lost it. */
  readonly wanted: () => Iterable<Change>;
  readonly problem: (text: string) => void;
}

export class Enforcer {
  readonly #waiting = new Map<string, Change>();
  #working: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(private readonly options: EnforcerOptions) {}

  /** How many changes are not in force yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Why the filter does not do its work now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  push(change: Change): void {
    const kind = change.to.endsWith("ban") ? "ban" : "limit";
    this.#waiting.set(`${kind} ${change.target}`, change);
    this.#working ??= this.#work();
  }

  /** When nothing more can be done now: all is in force, or {@link problem} says why not. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  /** Looks whether the rules are still there, and puts back what is not; also what failed before. */
  async check(): Promise<void> {
    await this.idle();
    this.#working = this.#inspect();
    await this.#working;
  }

  async #inspect(): Promise<void> {
    try {
      const isWell = this.#problem === undefined && await this.options.filter.intact();
      if (!isWell) await this.#recover("its rules are gone");
    } finally {
      this.#working = undefined;
    }
    if (this.#problem === undefined && this.#waiting.size > 0) this.#working = this.#work();
  }

  async #work(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        const batch = [...this.#waiting.values()];
        this.#waiting.clear();
        try {
          await this.#apply(batch);
        } catch (error) {
          this.#putBack(batch);
          if (!await this.#recover((error as Error).message)) return;
        }
      }
    } finally {
      this.#working = undefined;
    }
  }

  async #apply(batch: readonly Change[]): Promise<void> {
    const { filter, now } = this.options;
    const entries = (to: Change["to"]) => entriesOf(batch.filter((one) => one.to === to), now());
    const targets = (to: Change["to"]) => entries(to).map(({ target }) => target);
    const bans = entries("ban");
    if (bans.length > 0) await filter.ban(bans);
    const lifted = targets("unban");
    if (lifted.length > 0) await filter.unban(lifted);
    const limits = entries("limit");
    if (limits.length > 0) await filter.limit(limits);
    const freed = targets("unlimit");
    if (freed.length > 0) await filter.unlimit(freed);
    const inForce = now();
    for (const { done } of batch) done?.(inForce);
  }

  /** What came meanwhile of the same target is newer. */
  #putBack(batch: readonly Change[]): void {
    const newer = [...this.#waiting];
    this.#waiting.clear();
    for (const change of batch) {
      const kind = change.to.endsWith("ban") ? "ban" : "limit";
      this.#waiting.set(`${kind} ${change.target}`, change);
    }
    for (const [key, change] of newer) this.#waiting.set(key, change);
  }

  /** @returns whether the filter works again */
  async #recover(why: string): Promise<boolean> {
    const { filter, wanted, problem } = this.options;
    try {
      await filter.renew();
      await this.#apply([...wanted()]);
      problem(`The packet filter was made anew with all bans: ${why}`);
      this.#problem = undefined;
      return true;
    } catch (error) {
      const text = (error as Error).message;
      if (this.#problem !== text) problem(text);
      this.#problem = text;
      return false;
    }
  }
}

function entriesOf(changes: readonly Change[], nowNs: number): Entry[] {
  return changes.map(({ target, untilNs }) => ({
    target,
    ...(untilNs !== undefined && { seconds: Math.max(0.001, (untilNs - nowNs) / 1e9) }),
  }));
}
