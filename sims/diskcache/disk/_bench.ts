/** What the tests of drives share: a drive that is asked one thing after the other. */
import { Random } from "../../engine/mod.ts";
import { chooserOf } from "./chance.ts";
import { type DriveOptions, SimulatedDrive, type SimulatedRequest } from "./drive.ts";
import { type FaultPlan, PLAN_VERSION, type PlannedFault } from "./plan.ts";
import { BLOCK_SIZE } from "./platter.ts";

/** A block, or several, of one byte. */
export function block(value: number, blocks = 1): Uint8Array {
  return new Uint8Array(BLOCK_SIZE * blocks).fill(value);
}

export function planOf(faults: readonly PlannedFault[], rest: Partial<FaultPlan> = {}): FaultPlan {
  return { version: PLAN_VERSION, seed: 1, faults, ...rest };
}

/** A drive on which time passes only when `now` is set. */
export class TestDrive {
  now = 0;
  readonly drive: SimulatedDrive;

  constructor(options: Partial<DriveOptions> & { seed?: number } = {}) {
    const chooser = chooserOf(new Random(options.seed ?? 1));
    this.drive = new SimulatedDrive({ blocks: 64, chooser, ...options });
  }

  plan(faults: readonly PlannedFault[], rest: Partial<FaultPlan> = {}): void {
    this.drive.plan(planOf(faults, rest), this.now);
  }

  /** "ok", "error", or "no answer". */
  write(lba: number, value: number, rest: Partial<SimulatedRequest> = {}): string {
    return this.#ask({ operation: "write", lba, blocks: 1, data: block(value), ...rest });
  }

  flush(): string {
    return this.#ask({ operation: "flush", lba: 0, blocks: 0 });
  }

  /** The block's one byte; else "error", "no answer" or "mixed". */
  read(lba: number): number | string {
    const job = this.drive.begin({ operation: "read", lba, blocks: 1 }, this.now);
    const result = job && this.drive.finish(job, this.now);
    if (!result?.data) return result ? "error" : "no answer";
    return valueOf(result.data);
  }

  /** On the platter itself. */
  durable(lba: number): number | string {
    return valueOf(this.drive.peek(lba, { durable: true }));
  }

  #ask(request: SimulatedRequest): string {
    const job = this.drive.begin(request, this.now);
    const result = job && this.drive.finish(job, this.now);
    if (!result) return "no answer";
    return result.ok ? "ok" : "error";
  }
}

function valueOf(bytes: Uint8Array): number | string {
  return bytes.every((one) => one === bytes[0]) ? bytes[0]! : "mixed";
}
