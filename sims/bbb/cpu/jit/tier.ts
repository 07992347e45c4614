/**
 * The second tier: what the interpreter has entered often is translated to WebAssembly, region by
 * region, and runs from then on, until time is over, a device wants attention, or something comes
 * that only the interpreter does. What is translated, and when, changes neither the guest's state
 * nor its time.
 */
import type { Core } from "../core.ts";
import { COST } from "../cost.ts";
import type { Tier } from "../cpu.ts";
import { EXECUTE } from "../execute/mod.ts";
import { step, takeFault } from "../interpreter_step.ts";
import { STATE, TLB } from "../layout.ts";
import { Op } from "../op.ts";
import { PSR } from "../psr.ts";
import { HotCode, type HotCodeOptions } from "./hot_code.ts";
import { JumpCache } from "./jumps.ts";
import { type Host, Linker } from "./linker.ts";
import { Regions } from "./regions.ts";
import { LEFT } from "./writer.ts";

export interface TierOptions extends Partial<HotCodeOptions> {
  /** Regions at most; when there are more, all are dropped. */
  readonly regions?: number;
}

type Words = readonly [w1: number, w2: number, w3: number];

const PAGE = 0x1000;
/** Index of a record of no page. */
const LOOSE = 0;
const PC = STATE.R / 4 + 15;
const BUDGET = STATE.BUDGET / 4;
const CPSR = STATE.CPSR / 4, IT = STATE.IT / 4;
const FAULT = STATE.FAULT / 4, ATTENTION = STATE.ATTENTION / 4;
const TLB_READ = STATE.TLB_READ / 4;

export class WasmTier implements Tier {
  readonly #core: Core;
  readonly #i32: Int32Array;
  readonly #linker: Linker;
  readonly #regions = new Regions();
  readonly #hotCode: HotCode;
  readonly #privilegedJumps: JumpCache;
  readonly #userJumps: JumpCache;
  /** Of the MMU, when the jumps were right. */
  #epoch = -1;
  #running = false;
  /** What an access has thrown. */
  #error: unknown;
  /** What a step has thrown, which is no fault of the guest: it goes on to who runs the CPU. */
  #defect: unknown;

  constructor(core: Core, options: TierOptions = {}) {
    const { hot = 400, batch = 8, regions = 4096 } = options;
    this.#core = core;
    this.#i32 = core.i32;
    this.#linker = new Linker(core.memory.wasm, this.#host(), regions);
    const parts = { cache: core.cache, linker: this.#linker, regions: this.#regions };
    const now = () => core.countdown.now();
    this.#hotCode = new HotCode({ ...parts, now }, { hot, batch });
    this.#privilegedJumps = new JumpCache(this.#i32, true);
    this.#userJumps = new JumpCache(this.#i32, false);
  }

  /** Regions that were put in place since the beginning. */
  get translated(): number {
    return this.#hotCode.translated;
  }

  /** Those of them that had not been there before, or so long ago that it is forgotten. */
  get compiled(): number {
    return this.#hotCode.compiled;
  }

  /**
   * Runs translated code from R15 on, if there is any. False when the interpreter has to go on, by
   * an instruction at least: where there is none, and where that has come to what it does not do.
   */
  enter(): boolean {
    const i32 = this.#i32;
    if (i32[IT] !== 0) return false;
    if (this.#epoch !== this.#core.mmu.epoch) this.flush();
    const jump = this.#jump();
    if (jump === 0) return false;
    this.#run(jump);
    return i32[BUDGET]! <= 0;
  }

  /** The instructions of a line of memory are about to change, or have. */
  dropLine(line: number): void {
    this.#hotCode.dropLine(line);
    const dropped = this.#regions.drop(line);
    if (dropped.length === 0) return;
    this.#release(dropped);
    this.#hotCode.noteRewrite(line);
    if (this.#running) this.#i32[ATTENTION] = 1;
  }

  /**
   * Addresses may mean other memory than before. What is translated stays: {@link dropLine} tells
   * of each line that changes, also when a snapshot is restored.
   */
  flush(): void {
    this.#epoch = this.#core.mmu.epoch;
    this.#emptyJumps();
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
    if (this.#defect !== undefined) this.#throwDefect();
  }

  #throwDefect(): never {
    const defect = this.#defect;
    this.#defect = undefined;
    throw defect;
  }

  /** An access has thrown: the instruction that R15 reads as did not happen. */
  #fault(): void {
    const core = this.#core;
    const error = this.#error;
    this.#error = undefined;
    this.#i32[FAULT] = 0;
    this.#takeFault(error, core.address);
  }

  /** The instruction at an address, whose ITSTATE is in the state, did not happen. */
  #takeFault(error: unknown, address: number): void {
    // As if this loose record were it: one that leaves ITSTATE as it is.
    this.#core.cache.records[LOOSE] = Op.UNDECODED;
    takeFault(this.#core, error, { at: LOOSE, address });
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
      step: (next, op, w1, w2, w3) => this.#step(next!, op!, [w1!, w2!, w3!]),
    };
  }

  /**
   * Executes an instruction without a condition, or with op 0 whatever R15 is at. 1 when the CPU is
   * then at `next`, as it was before, and nothing wants attention.
   */
  #step(next: number, op: number, words: Words): number {
    const i32 = this.#i32;
    const status = i32[CPSR];
    try {
      if (op === Op.UNDECODED) step(this.#core);
      else this.#execute(next, op, words);
    } catch (error) {
      this.#defect = error;
      return 0;
    }
    return i32[PC] === next && i32[CPSR] === status && i32[ATTENTION] === 0 ? 1 : 0;
  }

  /** As the interpreter's step, but for looking up what there is to do. */
  #execute(next: number, op: number, [w1, w2, w3]: Words): void {
    const core = this.#core, i32 = this.#i32;
    const address = i32[PC]!;
    i32[PC] = address + ((i32[CPSR]! & PSR.T) !== 0 ? 4 : 8) | 0;
    core.countdown.charge(COST.INSTRUCTION);
    try {
      EXECUTE[op]!(core, w1, w2, w3);
    } catch (error) {
      this.#takeFault(error, address);
      return;
    }
    if (core.jumped) core.jumped = false;
    else i32[PC] = next;
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
    const jump = this.#regions.find(place) ||
      this.#hotCode.entered(place, () => this.#release(this.#regions.dropAll()));
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

  // Forgetting.

  #release(regions: readonly { readonly slot: number }[]): void {
    for (const { slot } of regions) this.#linker.release(slot);
    this.#emptyJumps();
  }

  #emptyJumps(): void {
    this.#privilegedJumps.empty();
    this.#userJumps.empty();
  }
}
