/**
 * A simulated drive, without time and chance of its own: requests begin and are finished by the
 * caller at the moments that it is told, and a chooser decides what is left to chance. The model
 * drives it on virtual time, the NBD server of the target "qemu" on the host's.
 *
 * What a write has put into the volatile cache is read back at once and durable only after a flush,
 * a write with FUA, or when the cache was full and wrote it to the platter. A discard is durable at
 * once. Power comes and goes: {@link powerCut}.
 */
import type { Chooser } from "./chance.ts";
import { type FaultCount, Faults } from "./faults.ts";
import { Arm, type Mechanics } from "./mechanics.ts";
import { type DriveOperation, type FaultPlan, NO_FAULTS, parsePlan } from "./plan.ts";
import { BLOCK_SIZE, bytesOf, Platter, ZEROES } from "./platter.ts";
import { type BlockFate, survive } from "./power_cut.ts";
import { WriteCache } from "./write_cache.ts";
import type { WriteLog } from "./write_log.ts";

/** Blocks that the volatile cache holds when nobody says: 1 MiB. */
export const CACHE_BLOCKS = 2048;

export interface DriveOptions {
  /** Size. */
  readonly blocks: number;
  readonly chooser: Chooser;
  /** Of the volatile cache; 0: every write is durable before it is acknowledged. */
  readonly cacheBlocks?: number;
  /** Default: no request takes any time. */
  readonly mechanics?: Mechanics;
  /** Keeps what was done, with its data. */
  readonly log?: WriteLog;
  /** The plan has cut this drive's power; the others' plug is to be pulled, too. */
  readonly onPowerCut?: () => void;
}

export interface SimulatedRequest {
  readonly operation: DriveOperation;
  readonly lba: number;
  /** 0 of a flush. */
  readonly blocks: number;
  /**
   * Of a write; none: the range becomes zero (a discard). The drive keeps this very memory: once
   * the request is finished, nobody may change it.
   */
  readonly data?: Uint8Array;
  /** Of a write: durable before it is acknowledged. */
  readonly fua?: boolean;
}

/** A request that has begun. */
export interface Job {
  readonly request: SimulatedRequest;
  /** How long it takes, a fault's latency included. */
  readonly delayNs: number;
  /** It waits: until it is released (Infinity) or for this long; 0 for not. */
  readonly heldNs: number;
  /** Bytes of a write's data that have come over the bus; the caller keeps it true. */
  received: number;
}

export interface Result {
  readonly ok: boolean;
  /** Of a read: the blocks. */
  readonly data?: Uint8Array;
}

export class SimulatedDrive {
  readonly blocks: number;
  readonly arm: Arm | undefined;
  readonly #options: DriveOptions;
  readonly #platter = new Platter();
  readonly #cache = new WriteCache(this.#platter);
  readonly #cacheBlocks: number;
  readonly #underWay = new Set<Job>();
  #faults: Faults;
  #hasPower = true;
  #fates: readonly BlockFate[] = [];

  constructor(options: DriveOptions) {
    this.#options = options;
    this.blocks = options.blocks;
    this.#cacheBlocks = options.cacheBlocks ?? CACHE_BLOCKS;
    this.arm = options.mechanics && new Arm(options.mechanics);
    this.#faults = new Faults(NO_FAULTS, options.chooser, 0);
  }

  get hasPower(): boolean {
    return this.#hasPower;
  }

  /** Blocks that were acknowledged and are not durable. */
  get volatile(): number {
    return this.#cache.size;
  }

  /** How often each fault of the plan has struck. */
  get fired(): readonly FaultCount[] {
    return this.#faults.counts;
  }

  /** When {@link tick} has something to do. */
  get nextTime(): number | undefined {
    return this.#hasPower ? this.#faults.nextTime : undefined;
  }

  /**
   * From now on these faults, and no others.
   *
   * @param chooser of the plan's own seed, when there is one
   * @throws FaultPlanError
   */
  plan(plan: FaultPlan, now: number, chooser: Chooser = this.#options.chooser): void {
    this.#faults = new Faults(parsePlan(plan), chooser, now);
  }

  /** A request reaches the drive; undefined when it has no power: no answer ever comes. */
  begin(request: SimulatedRequest, now: number): Job | undefined {
    this.tick(now);
    if (!this.#hasPower) return undefined;
    this.#faults.arrived();
    const late = this.#faults.strike("latency", request, now);
    const held = this.#faults.strike("hold", request, now);
    if (request.operation === "read") this.#rot(request, now);
    const job: Job = {
      request,
      delayNs: this.#duration(request, now) + (late?.ns ?? 0),
      heldNs: held ? held.ns ?? Infinity : 0,
      received: request.data?.length ?? 0,
    };
    this.#underWay.add(job);
    return job;
  }

  /** Does what the request asks for, or what a fault makes of it; undefined: no answer comes. */
  finish(job: Job, now: number): Result | undefined {
    this.tick(now);
    if (!this.#underWay.has(job)) return undefined;
    const { request } = job;
    if (this.#faults.strike("power cut", request, now)) return this.#cutByPlan();
    this.#underWay.delete(job);
    if (this.#faults.strike("error", request, now)) return { ok: false };
    const result = this.#execute(request, now);
    if (request.operation === "flush") {
      this.#faults.flushed();
      if (this.#faults.strikeAfterFlush(now)) return this.#cutByPlan(result);
    }
    return result;
  }

  /** The driver gave up on it: it does nothing more. */
  forget(job: Job): void {
    this.#underWay.delete(job);
  }

  /** Cuts the power when the plan says that it goes at a time, and that has come. */
  tick(now: number): void {
    const due = this.nextTime;
    if (due !== undefined && due <= now && this.#faults.strikeAtTime(now)) this.#cutByPlan();
  }

  /** The power goes: what is left is decided. Gives the fate of each block that was not durable. */
  powerCut(): readonly BlockFate[] {
    if (!this.#hasPower) return this.#fates;
    this.#hasPower = false;
    const writes = [...this.#underWay].filter(({ request }) => request.data);
    this.#fates = survive({
      platter: this.#platter,
      cache: this.#cache,
      writes: writes.map(({ request: { lba, data }, received }) => ({
        lba,
        data: data!,
        whole: received === data!.length,
      })),
      chooser: this.#options.chooser,
      plan: this.#faults.plan,
    });
    this.#underWay.clear();
    return this.#fates;
  }

  powerOn(): void {
    this.#hasPower = true;
  }

  /** What it would read out now; `durable`: what is on the platter. Beside all faults. */
  peek(lba: number, options: { durable?: boolean } = {}): Uint8Array {
    return bytesOf(options.durable ? this.#platter.get(lba) : this.#cache.get(lba));
  }

  /** Puts blocks on the platter itself. Beside all faults. */
  poke(lba: number, data: Uint8Array): void {
    this.#cache.drop(lba, data.length / BLOCK_SIZE);
    const bytes = data.slice();
    for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
      this.#platter.set(lba + at / BLOCK_SIZE, { bytes, at });
    }
  }

  /** Gives what puts platter and cache back, as often as it is called, when nothing is under way. */
  remember(): () => void {
    const parts = [this.#platter.remember(), this.#cache.remember()];
    return () => {
      for (const restore of parts) restore();
    };
  }

  #cutByPlan(answer?: Result): Result | undefined {
    this.powerCut();
    this.#options.onPowerCut?.();
    return answer;
  }

  #execute(request: SimulatedRequest, now: number): Result {
    if (request.operation === "read") return { ok: true, data: this.#read(request) };
    if (!this.#faults.strike("drop", request, now)) {
      if (request.operation === "flush") this.#destageAll();
      else this.#write(request, now);
    }
    this.#options.log?.add(request);
    return { ok: true };
  }

  #read({ lba, blocks }: SimulatedRequest): Uint8Array {
    const data = new Uint8Array(blocks * BLOCK_SIZE);
    for (let index = 0; index < blocks;) {
      const { bytes, at } = this.#cache.get(lba + index);
      // Blocks that were written together are copied together.
      let end = index + 1;
      for (; end < blocks; end++) {
        const next = this.#cache.get(lba + end);
        if (next.bytes !== bytes || next.at !== at + (end - index) * BLOCK_SIZE) break;
      }
      const length = (end - index) * BLOCK_SIZE;
      if (bytes !== ZEROES.bytes) data.set(bytes.subarray(at, at + length), index * BLOCK_SIZE);
      index = end;
    }
    return data;
  }

  /** Of the blocks to be read, the first that is not in the cache rots, when it is its time. */
  #rot(request: SimulatedRequest, now: number): void {
    if (this.#faults.plan.faults.length === 0) return;
    const end = request.lba + request.blocks;
    let { lba } = request;
    while (lba < end && this.#cache.has(lba)) lba++;
    if (lba === end || !this.#faults.strike("rot", request, now)) return;
    const bit = this.#options.chooser.choose({ kind: "bit", ways: BLOCK_SIZE * 8 });
    const bytes = bytesOf(this.#platter.get(lba)).slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    this.#platter.set(lba, { bytes, at: 0 });
  }

  #write(request: SimulatedRequest, now: number): void {
    const { lba, blocks, data } = request;
    if (!data) {
      this.#cache.drop(lba, blocks);
      this.#platter.zero(lba, blocks);
      return;
    }
    const astray = this.#faults.strike("misdirect", request, now);
    const by = astray ? astray.by ?? 1 : 0;
    const first = lba + (by % this.blocks) + this.blocks;
    for (let at = 0; at < data.length; at += BLOCK_SIZE) {
      const place = (first + at / BLOCK_SIZE) % this.blocks;
      this.#cache.put(place, { bytes: data, at });
      if (request.fua) this.#cache.destage(place);
      else if (this.#cache.size > this.#cacheBlocks) this.#cache.destageOlder();
    }
  }

  #destageAll(): void {
    for (const lba of this.#cache.lbas) this.#cache.destage(lba);
  }

  /** What the arm and the bus need; the blocks that leave the cache go in one sweep of the arm. */
  #duration({ operation, lba, blocks, data, fua }: SimulatedRequest, now: number): number {
    const { mechanics } = this.#options;
    if (!mechanics || !this.arm) return 0;
    const { size } = this.#cache;
    if (operation === "flush") return this.#sweep(now);
    const cached = operation === "read"
      ? [...Array(blocks).keys()].every((index) => this.#cache.has(lba + index))
      : !data || (!fua && size + blocks <= this.#cacheBlocks);
    return cached ? blocks * mechanics.busNs : this.arm.serve(lba, blocks, now);
  }

  #sweep(now: number): number {
    let tookNs = 0;
    for (const lba of this.#cache.lbas.sort((a, b) => a - b)) {
      tookNs += this.arm!.serve(lba, 1, now + tookNs);
    }
    return tookNs;
  }
}
