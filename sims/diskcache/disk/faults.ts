/** A plan of faults in force: which fault strikes a request, and how often each has struck. */
import type { Chooser } from "./chance.ts";
import {
  type DriveOperation,
  FAULT_KINDS,
  type FaultKind,
  type FaultPlan,
  type Moment,
  type PlannedFault,
} from "./plan.ts";

/** A request as a fault sees it. */
export interface Target {
  readonly operation: DriveOperation;
  readonly lba: number;
  readonly blocks: number;
}

/** How often a fault of the plan has really struck. */
export type FaultCount = { readonly kind: FaultKind; readonly fired: number };

export class Faults {
  readonly #fired: number[];
  #requests = 0;
  #flushes = 0;

  /** @param begin nanoseconds at which the plan is given */
  constructor(
    readonly plan: FaultPlan,
    private readonly chooser: Chooser,
    private readonly begin: number,
  ) {
    this.#fired = plan.faults.map(() => 0);
  }

  /** In the plan's order. */
  get counts(): readonly FaultCount[] {
    return this.plan.faults.map(({ kind }, index) => ({ kind, fired: this.#fired[index]! }));
  }

  /** A request has arrived: requests are counted. */
  arrived(): void {
    this.#requests++;
  }

  /** A flush is done. */
  flushed(): void {
    this.#flushes++;
  }

  /** The first fault of that kind that strikes the request now; it is counted. */
  strike(kind: FaultKind, target: Target, now: number): PlannedFault | undefined {
    return this.#first((fault) => fault.kind === kind && befalls(fault, target), now);
  }

  /** The power goes just after a flush, which the plan has asked for by its `from.flush`. */
  strikeAfterFlush(now: number): PlannedFault | undefined {
    return this.#first(
      ({ kind, from, lba }) => kind === "power cut" && from?.flush !== undefined && !lba,
      now,
    );
  }

  /** The power goes at a moment that the plan gives by time alone. */
  strikeAtTime(now: number): PlannedFault | undefined {
    return this.#first((fault) => isByTime(fault), now);
  }

  /** The next moment for {@link strikeAtTime}, if there is one. */
  get nextTime(): number | undefined {
    if (this.plan.faults.length === 0) return undefined;
    const times = this.plan.faults
      .filter((fault, index) => isByTime(fault) && this.#isLeft(fault, index))
      .map(({ from }) => this.begin + from!.ns!);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  #first(wanted: (fault: PlannedFault) => boolean, now: number): PlannedFault | undefined {
    if (this.plan.faults.length === 0) return undefined;
    const index = this.plan.faults.findIndex((fault, index) =>
      wanted(fault) && this.#isLeft(fault, index) && this.#isNow(fault, now) && this.#falls(fault)
    );
    if (index < 0) return undefined;
    this.#fired[index]!++;
    return this.plan.faults[index];
  }

  #isLeft({ count = 1 }: PlannedFault, index: number): boolean {
    return count === "persistent" || this.#fired[index]! < count;
  }

  #isNow({ from, until }: PlannedFault, now: number): boolean {
    return (!from || this.#hasCome(from, now)) && !(until && this.#hasCome(until, now));
  }

  #hasCome({ request = 0, flush = 0, ns = 0 }: Moment, now: number): boolean {
    return this.#requests >= request && this.#flushes >= flush && now - this.begin >= ns;
  }

  #falls({ kind, chance = 1 }: PlannedFault): boolean {
    return chance === 1 ||
      this.chooser.choose({ kind: `fault ${kind}`, ways: 2, rate: chance }) === 1;
  }
}

function isByTime({ kind, from, lba, operations }: PlannedFault): boolean {
  return kind === "power cut" && from?.ns !== undefined && from.request === undefined &&
    from.flush === undefined && !lba && !operations;
}

function befalls(fault: PlannedFault, { operation, lba, blocks }: Target): boolean {
  const operations: readonly DriveOperation[] = fault.operations ?? FAULT_KINDS[fault.kind];
  if (!operations.includes(operation)) return false;
  if (!fault.lba || operation === "flush") return true;
  return fault.lba[0] < lba + blocks && fault.lba[1] >= lba;
}
