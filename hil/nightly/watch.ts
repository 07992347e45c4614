/**
 * Watches over the targets of a bench while a night goes on. Scenarios that fail one after another on
 * one target are a reason to ask it; when it is dead, it is the bench that they failed by.
 */
import { isExcused, type ScenarioResult } from "../report/mod.ts";
import type { Skip, TargetHealth } from "../runner/mod.ts";
import { benchSkip, type Occasion } from "./tally.ts";

/** Failures in a row on a target after which it is asked: within a pass, and after one. */
const ALARM = 3;
const UNEASE = 2;

export interface TargetRef {
  readonly role: string;
  readonly target: string;
}

export interface WatchOptions {
  /** @param leased the caller of `hold` has the leases */
  check(targets: readonly TargetRef[], leased: boolean): Promise<readonly TargetHealth[]>;
  /** Told each failure that a dead target is to blame for. */
  onStrike(occasion: Occasion, skip: Skip): void;
}

export class Watch {
  readonly #dead = new Map<string, Skip>();
  /** The failures since anything passed, or the target was well. */
  readonly #rows = new Map<string, Occasion[]>();
  readonly #asking = new Map<string, Promise<void>>();

  constructor(private readonly options: WatchOptions) {}

  /** Before a scenario on these targets begins: why it should not, if so. */
  async hold(targets: Readonly<Record<string, string>>): Promise<Skip | undefined> {
    for (const ref of refsOf(targets)) {
      const key = keyOf(ref);
      if ((this.#rows.get(key)?.length ?? 0) >= ALARM && !this.#dead.has(key)) {
        // Lanes that come meanwhile wait for the one answer.
        const asking = this.#asking.get(key) ??
          this.ask([ref], true).finally(() => this.#asking.delete(key));
        this.#asking.set(key, asking);
        await asking;
      }
    }
    return this.deadOf(targets);
  }

  deadOf(targets: Readonly<Record<string, string>>): Skip | undefined {
    return refsOf(targets).map((ref) => this.#dead.get(keyOf(ref))).find((skip) => skip);
  }

  /** Asks targets now. */
  async ask(refs: readonly TargetRef[], leased = false): Promise<void> {
    for (const health of await this.options.check(refs, leased)) {
      const key = keyOf(health);
      if (health.state === "unasked") continue;
      if (health.state !== "dead") this.#dead.delete(key);
      else this.#bury(key, health);
      this.#rows.delete(key);
    }
  }

  /** After a pass: those that scenarios began to fail on, and whether the dead still are. */
  async after(): Promise<void> {
    const uneasy = [...this.#rows].filter(([, row]) => row.length >= UNEASE).map(([key]) => key);
    const keys = [...new Set([...uneasy, ...this.#dead.keys()])];
    if (keys.length > 0) await this.ask(keys.map(refOf));
  }

  onResult(pass: number, result: ScenarioResult): void {
    const { id, repeat, targets, outcome } = result;
    if (outcome !== "passed" && outcome !== "flaky" && outcome !== "failed") return;
    for (const key of refsOf(targets).map(keyOf)) {
      const dead = this.#dead.get(key);
      if (outcome !== "failed") this.#rows.delete(key);
      else if (dead) this.options.onStrike({ pass, id, repeat }, dead);
      else if (!isExcused(result)) {
        this.#rows.set(key, [...this.#rows.get(key) ?? [], { pass, id, repeat }]);
      }
    }
  }

  #bury(key: string, { reason, remedy, trace }: TargetHealth): void {
    const look = trace ? `${remedy} (trace of the check: ${trace})` : remedy;
    const skip = benchSkip({ reason: `the target ${key} is dead: ${reason}`, remedy: look });
    this.#dead.set(key, skip);
    for (const occasion of this.#rows.get(key) ?? []) this.options.onStrike(occasion, skip);
  }
}

export function refsOf(targets: Readonly<Record<string, string>>): TargetRef[] {
  return Object.entries(targets).map(([role, target]) => ({ role, target }));
}

function keyOf({ role, target }: TargetRef): string {
  return `${role}=${target}`;
}

function refOf(key: string): TargetRef {
  const equals = key.indexOf("=");
  return { role: key.slice(0, equals), target: key.slice(equals + 1) };
}
