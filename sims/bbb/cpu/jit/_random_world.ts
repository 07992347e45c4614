/** For tests: what random programs run in: their registers and data, and how memory is mapped. */
import type { Random } from "sims/engine/mod.ts";
import { pageDescriptor, sectionDescriptor } from "../_mmu_fixture.ts";
import { PSR } from "../psr.ts";
import { DEVICE, type Machine } from "./_lockstep.ts";
import {
  LOOP_BYTES,
  PROGRAM_BYTES,
  type ProgramOptions,
  randomProgram,
} from "./_random_program.ts";

const CODE = 0x8010_0000;
const DATA = 0x8030_0000;
const DATA_BYTES = 0x3000;
/** Where the same code is mapped a second time. */
const ALIAS = 0x1000_0000;
const TABLE = 0x9f00_0000, CODE_PAGES = 0x9f00_4000, DATA_PAGES = 0x9f00_4400;
/** Across the end of a page. */
const PROGRAM = CODE + 0x1000 - PROGRAM_BYTES / 2;
const THUMB = 1;
/** Each vector is a branch to itself. */
const VECTORS = new Uint8Array(new Uint32Array(8).fill(0xeaff_fffe).buffer);
/** Where shifts and comparisons have their edges. */
const SMALL = [0, 1, 2, 7, 8, 16, 31, 32, 33, 63, 64, 255, 256, -1, 0x8000_0000, 0x7fff_ffff];
const MODES = [0x13, 0x10, 0x1f, 0x12];
const STRONGLY_ORDERED = 0;

export interface WorldOptions extends ProgramOptions {
  /** The MMU is on, and mappings change. */
  readonly mapped: boolean;
}

/** What happens to two machines, alike. */
export class World {
  readonly #programs: Uint8Array[] = [];

  constructor(
    private readonly random: Random,
    private readonly machines: readonly Machine[],
    private readonly options: WorldOptions,
  ) {
    this.#write(0, VECTORS);
    this.#write(PROGRAM, this.#program());
    this.#write(DATA, Uint8Array.from({ length: DATA_BYTES }, () => random.next()));
    if (options.mapped) this.#map();
  }

  /** Between two slices of time. */
  change(): void {
    const { random, machines } = this;
    const at = machines[0]!.cpu.pc;
    const runs = [PROGRAM, PROGRAM - CODE + ALIAS].some((start) =>
      at - start >>> 0 < PROGRAM_BYTES
    );
    if (!runs || random.below(this.options.loops ? 2 : 6) === 0) this.#start();
    if (random.below(60) === 0) this.#write(PROGRAM, this.#program());
    if (this.options.mapped && random.below(20) === 0) this.#remap();
  }

  /** A new one, or one that was there before. */
  #program(): Uint8Array {
    const { random } = this;
    const programs = this.#programs;
    if (programs.length > 0 && random.below(2)) return programs[random.below(programs.length)]!;
    const program = randomProgram(random, this.options);
    programs.push(program);
    return program;
  }

  /** New registers, mode and place in the program. */
  #start(): void {
    const { random, options: { thumb } } = this;
    const registers = Array.from({ length: 15 }, (_, r) => {
      if (r === 6 || r === 7 || r === 14) return this.#place() + (thumb ? THUMB : 0);
      if (r >= 8) return this.#pointer();
      return [SMALL[random.below(SMALL.length)]!, this.#pointer(), random.next()][random.below(3)]!;
    });
    const pc = this.#place();
    const psr = random.next() & 0xf80f_0000 | MODES[random.below(4)]! | (thumb ? PSR.T : 0) |
      PSR.F |
      (random.below(2) ? PSR.I : 0);
    for (const { cpu: { core } } of this.machines) {
      core.cpsr = psr | 0;
      for (const [r, value] of registers.entries()) core.i32[r] = value;
      core.i32[15] = pc;
      core.jumped = false;
    }
  }

  /** An address in the program. */
  #place(): number {
    const { random } = this;
    const alias = this.options.mapped && random.below(3) === 0 ? ALIAS - CODE : 0;
    const unit = this.options.loops ? LOOP_BYTES : 4;
    return PROGRAM + alias + unit * random.below(PROGRAM_BYTES / unit);
  }

  #pointer(): number {
    const { random } = this;
    const kind = random.below(20);
    if (kind < 11) return DATA + random.below(DATA_BYTES - 0x1000) & ~3;
    if (kind < 15) return DATA + 0x1000 - 8 + random.below(16);
    if (kind < 17) return DEVICE + random.below(0x100) & ~3;
    return kind < 19 ? this.#place() : random.next();
  }

  #write(pa: number, bytes: Uint8Array): void {
    for (const machine of this.machines) machine.write(pa, bytes);
  }

  #words(pa: number, ...words: number[]): void {
    this.#write(pa, new Uint8Array(new Uint32Array(words).buffer));
  }

  #map(): void {
    const section = (va: number, pa: number, type?: number) =>
      this.#words(TABLE + 4 * (va >>> 20), sectionDescriptor(pa, "section", { type }));
    section(0, 0);
    section(DEVICE, DEVICE & -0x10_0000, STRONGLY_ORDERED);
    this.#words(TABLE + 4 * (CODE >>> 20), CODE_PAGES | 1);
    this.#words(TABLE + 4 * (ALIAS >>> 20), CODE_PAGES | 1);
    this.#words(TABLE + 4 * (DATA >>> 20), DATA_PAGES | 1);
    for (let page = 0; page < 4; page++) {
      this.#words(CODE_PAGES + 4 * page, pageDescriptor(CODE + 0x1000 * page, "small", {}));
      this.#words(DATA_PAGES + 4 * page, pageDescriptor(DATA + 0x1000 * page, "small", {}));
    }
    for (const { cpu: { cp15, mmu } } of this.machines) {
      cp15.set("TTBR0", TABLE);
      cp15.set("DACR", 0x5555_5555);
      cp15.set("SCTLR", cp15.get("SCTLR") | 1);
      mmu.flush();
      mmu.domainsChanged();
    }
  }

  /** Another page, other rights, or none. */
  #remap(): void {
    const { random } = this;
    const [table, base] = random.below(2) ? [CODE_PAGES, CODE] : [DATA_PAGES, DATA];
    const page = random.below(3);
    const to = base + 0x1000 * (random.below(4) ? page : random.below(3));
    const ap = [3, 3, 3, 1, 2, 7][random.below(6)]!;
    const descriptor = random.below(8) === 0 ? 0 : pageDescriptor(to, "small", { ap });
    this.#words(table + 4 * page, descriptor);
    for (const { cpu: { mmu } } of this.machines) mmu.flush();
  }
}
