/**
 * The second tier: what the interpreter has entered often is translated to WebAssembly, region by
 * region, and runs from then on, until time is over, a device wants attention, or something comes
 * that only the interpreter does. What is translated, and when, changes neither the guest's state
 * nor its time.
 */
import type { Core } from "../core.ts";
import type { Tier } from "../cpu.ts";
import { step, takeFault } from "../interpreter_step.ts";
import { CODE_LINE_SHIFT, STATE, TLB } from "../layout.ts";
import { Mark, Op, W1 } from "../op.ts";
import { PSR } from "../psr.ts";
import { type Instruction, itState } from "./instruction.ts";
import { JumpCache } from "./jumps.ts";
import { instructionOf } from "./kind.ts";
import { type Host, Linker } from "./linker.ts";
import { findRegion, type Region } from "./region.ts";
import { linesOf, type Place, Regions, type Translated } from "./regions.ts";
import { translate } from "./translate.ts";
import { LEFT } from "./writer.ts";

export interface TierOptions {
  /** Entries that make an address hot. */
  readonly hot?: number;
  /** Regions that are compiled together, unless one of them is awaited. */
  readonly batch?: number;
  /** Regions at most; when there are more, all are dropped. */
  readonly regions?: number;
}

/** Counters of entries, shared by addresses that are far apart. */
const COUNTERS = 1 << 16;
/** What waits for others to be compiled with is awaited when it was entered so many times `hot`. */
const PATIENCE = 2;
/** Code in a line that was written so often, beside code, stays with the interpreter. */
const REWRITES = 16;
const PAGE = 0x1000;
/** Index of a record of no page. */
const LOOSE = 0;
const PC = STATE.R / 4 + 15;
const BUDGET = STATE.BUDGET / 4;
const CPSR = STATE.CPSR / 4, IT = STATE.IT / 4;
const FAULT = STATE.FAULT / 4, ATTENTION = STATE.ATTENTION / 4;
const TLB_READ = STATE.TLB_READ / 4;

interface Waiting extends Translated {
  readonly region: Region;
  readonly thumb: boolean;
  readonly privileged: boolean;
  readonly counter: number;
}

const counterOf = ({ host }: Place): number => host >>> 1 & COUNTERS - 1;

export class WasmTier implements Tier {
  readonly #core: Core;
  readonly #i32: Int32Array;
  readonly #hot: number;
  readonly #batch: number;
  readonly #linker: Linker;
  readonly #regions = new Regions();
  readonly #privilegedJumps: JumpCache;
  readonly #userJumps: JumpCache;
  readonly #counters = new Uint16Array(COUNTERS);
  /** How often regions were dropped because of a line. */
  readonly #rewrites = new Map<number, number>();
  #waiting: Waiting[] = [];
  #epoch = -1;
  #running = false;
  #translated = 0;
  #error: unknown;

  constructor(core: Core, options: TierOptions = {}) {
    const { hot = 200, batch = 8, regions = 2048 } = options;
    this.#core = core;
    this.#i32 = core.i32;
    this.#hot = hot;
    this.#batch = batch;
    this.#linker = new Linker(core.memory.wasm, this.#host(), regions);
    this.#privilegedJumps = new JumpCache(this.#i32, true);
    this.#userJumps = new JumpCache(this.#i32, false);
  }

  /** Regions that have been translated. */
  get translated(): number {
    return this.#translated;
  }

  /**
   * Runs translated code from R15 on, if there is any. False when the interpreter has to go on, by
   * an instruction at least: where there is none, and where that has come to what it does not do.
   */
  enter(): boolean {
    const i32 = this.#i32;
    if (i32[IT] !== 0) return false;
    if (this.#epoch !== this.#core.mmu.epoch) this.#remap();
    const jump = this.#jump();
    if (jump === 0) return false;
    this.#run(jump);
    return i32[BUDGET]! <= 0;
  }

  /** The instructions of a line of memory are about to change. */
  dropLine(line: number): void {
    for (const waiting of this.#waiting) {
      if (linesOf(waiting).has(line)) this.#linker.release(waiting.slot);
    }
    this.#waiting = this.#waiting.filter((waiting) => !linesOf(waiting).has(line));
    const dropped = this.#regions.drop(line);
    if (dropped.length === 0) return;
    this.#rewrites.set(line, (this.#rewrites.get(line) ?? 0) + 1);
    this.#release(dropped);
  }

  /** Nothing is translated any more. */
  flush(): void {
    for (const { slot } of this.#waiting) this.#linker.release(slot);
    this.#waiting = [];
    this.#release(this.#regions.dropAll());
    this.#counters.fill(0);
    this.#rewrites.clear();
  }

  // Running.

  #run(first: number): void {
    const i32 = this.#i32;
    this.#running = true;
    for (let jump = first; jump !== 0;) {
      if (this.#linker.enter(jump) === LEFT.STOPPED) break;
      jump = this.#jump();
    }
    this.#running = false;
    i32[ATTENTION] = 0;
    if (i32[FAULT] !== 0) this.#fault();
  }

  /** An access has thrown: the instruction that R15 reads as did not happen. */
  #fault(): void {
    const core = this.#core;
    this.#i32[FAULT] = 0;
    // ITSTATE is that of the instruction, as if this loose record were it.
    core.cache.records[LOOSE] = Op.UNDECODED;
    takeFault(core, this.#error, { at: LOOSE, address: core.address });
    this.#error = undefined;
  }

  #host(): Host {
    const { mmu } = this.#core;
    const guarded = (access: (va: number, value: number) => number | void) => {
      return (va: number, value: number) => {
        try {
          return access(va, value);
        } catch (error) {
          this.#error = error;
          this.#i32[FAULT] = this.#i32[ATTENTION] = 1;
          return 0;
        }
      };
    };
    return {
      read8: guarded((va) => mmu.read(va, 1)),
      read16: guarded((va) => mmu.read(va, 2)),
      read32: guarded((va) => mmu.read(va, 4)),
      write8: guarded((va, value) => mmu.write(va, value, 1)),
      write16: guarded((va, value) => mmu.write(va, value, 2)),
      write32: guarded((va, value) => mmu.write(va, value, 4)),
      step: (next) => this.#step(next!),
    };
  }

  /** 1 when the CPU is then at `next`, as it was before, and nothing wants attention. */
  #step(next: number): number {
    const i32 = this.#i32;
    const status = i32[CPSR];
    step(this.#core);
    return i32[PC] === next && i32[CPSR] === status && i32[ATTENTION] === 0 ? 1 : 0;
  }

  // What is at R15.

  /** The jump to R15, if there is translated code; else that may be made. */
  #jump(): number {
    const i32 = this.#i32;
    const privileged = i32[TLB_READ] === TLB.READ_PRIVILEGED;
    const pc = i32[PC]! | ((i32[CPSR]! & PSR.T) !== 0 ? 1 : 0);
    const jumps = privileged ? this.#privilegedJumps : this.#userJumps;
    const known = jumps.find(pc);
    if (known !== 0) return known;
    const page = this.#pageOf(pc & ~1);
    if (page < 0) return 0;
    const place = { pc, host: page + (pc & PAGE - 2), privileged };
    const jump = this.#regions.find(place) || this.#heat(place);
    if (jump !== 0) jumps.enter(pc, jump);
    return jump;
  }

  /** Byte offset of the page; -1 when it cannot be executed. */
  #pageOf(va: number): number {
    try {
      return this.#core.mmu.fetchPage(va);
    } catch {
      return -1; // The interpreter meets the same, and takes the abort.
    }
  }

  /** An entry of what is not translated; the jump to it if that makes it so. */
  #heat(place: Place): number {
    const at = counterOf(place);
    const count = ++this.#counters[at]!;
    if (count < this.#hot) return 0;
    if (count === this.#hot) this.#queue(place);
    if (this.#waiting.length < this.#batch && count < PATIENCE * this.#hot) return 0;
    this.#counters[at] = 0;
    this.#compile();
    return this.#regions.find(place);
  }

  #queue(place: Place): void {
    const slot = this.#linker.take();
    if (slot === undefined) return this.flush();
    const region = findRegion(
      (address, it) => this.#instruction(place, address, it),
      place.pc & ~1,
    );
    if (region.blocks.length === 0) this.#linker.release(slot);
    else this.#waiting.push(waitingOf(region, place, slot));
  }

  #compile(): void {
    if (this.#waiting.length === 0) return;
    this.#linker.link(this.#waiting.map((waiting) => ({
      slot: waiting.slot,
      body: translate(waiting.region, waiting),
    })));
    for (const waiting of this.#waiting) {
      this.#regions.add(waiting);
      this.#counters[waiting.counter] = 0;
    }
    this.#translated += this.#waiting.length;
    this.#waiting = [];
  }

  /** What has been decoded of the page of `place`. */
  #instruction({ pc, host }: Place, address: number, it: number): Instruction | undefined {
    if (((address ^ pc) & -PAGE) !== 0) return undefined;
    const { cache } = this.#core;
    const thumb = (pc & 1) !== 0;
    const offset = address & PAGE - 1;
    const line = (host & -PAGE | offset) >>> CODE_LINE_SHIFT;
    if ((this.#rewrites.get(line) ?? 0) >= REWRITES) return undefined;
    const at = cache.page(host, thumb) + (thumb ? 2 * offset : offset);
    const { records } = cache;
    const w0 = records[at]!, w1 = records[at + 1]!;
    const op = w0 & Mark.OP;
    if (op === Op.UNDECODED || op === Op.STRADDLE || op === Op.END_OF_PAGE) return undefined;
    const size = thumb && (w1 >>> W1.WIDE & 1) === 0 ? 2 : 4;
    const w2 = records[at + 2]!, w3 = records[at + 3]!;
    const i = instructionOf({ address, thumb, size, w0, w1, w2, w3 });
    return itState(i) === it ? i : undefined;
  }

  // Forgetting.

  #release(regions: readonly { readonly slot: number }[]): void {
    if (regions.length === 0) return;
    for (const { slot } of regions) this.#linker.release(slot);
    this.#emptyJumps();
    if (this.#running) this.#i32[ATTENTION] = 1;
  }

  /** Addresses may mean other memory than before. */
  #remap(): void {
    this.#epoch = this.#core.mmu.epoch;
    this.#emptyJumps();
  }

  #emptyJumps(): void {
    this.#privilegedJumps.empty();
    this.#userJumps.empty();
  }
}

/** A region around `place`, in the page of which it is. */
function waitingOf(region: Region, place: Place, slot: number): Waiting {
  const page = place.host & -PAGE;
  const hostOf = (i: Instruction) => page + (i.address & PAGE - 1);
  const thumb = (place.pc & 1) !== 0;
  const entries = region.blocks.flatMap(({ instructions: [first] }, block) => {
    if (itState(first!) !== 0) return [];
    const pc = first!.address | (thumb ? 1 : 0);
    return [{ pc, host: hostOf(first!), privileged: place.privileged, block }];
  });
  const hosts = region.blocks.flatMap(({ instructions }) => instructions.map(hostOf));
  return {
    ...{ region, thumb, privileged: place.privileged, slot, entries, hosts },
    counter: counterOf(place),
  };
}
