/**
 * What is translated when: counts how often code is entered that is not translated, and has regions
 * of what is hot compiled, several together.
 */
import type { DecodeCache } from "../decode/cache.ts";
import { CODE_LINE_SHIFT } from "../layout.ts";
import { Mark, Op, W1 } from "../op.ts";
import { type Instruction, itState } from "./instruction.ts";
import { instructionOf } from "./kind.ts";
import type { Linker } from "./linker.ts";
import { contentsOf, findRegion, type Region } from "./region.ts";
import { linesOf, type Place, type Regions, type Translated } from "./regions.ts";
import { translate } from "./translate.ts";

export interface HotCodeOptions {
  /** Entries that make an address hot. */
  readonly hot: number;
  /** Regions that are compiled together, unless one of them is awaited. */
  readonly batch: number;
}

export interface HotCodeParts {
  readonly cache: DecodeCache;
  readonly linker: Linker;
  readonly regions: Regions;
  /** Virtual time, in nanoseconds; it may go back. */
  now(): number;
}

/** Counters of entries, shared by addresses that are far apart. */
const COUNTERS = 1 << 16;
/** What waits for others to be compiled with is awaited when it was entered so many times `hot`. */
const PATIENCE = 2;
/**
 * Translated code in a line may be overwritten so often in a stretch of virtual time; then the line
 * stays with the interpreter until the stretch ends. So code that changes itself all the time costs
 * few translations, and programs that are loaded one after another are all translated. Measured: to
 * translate a small region takes as long as to interpret 10,000 instructions: 10 us.
 */
const REWRITES = 16;
const STRETCH_NS = 1_000_000;
const PAGE = 0x1000;

interface Waiting extends Translated {
  readonly region: Region;
  /** See {@linkcode contentsOf}. */
  readonly contents: string;
  readonly thumb: boolean;
  readonly privileged: boolean;
  readonly counter: number;
}

export class HotCode {
  readonly #cache: DecodeCache;
  readonly #linker: Linker;
  readonly #regions: Regions;
  readonly #options: HotCodeOptions;
  readonly #counters = new Uint16Array(COUNTERS);
  /** How often, by line, in the present stretch. */
  readonly #rewrites = new Map<number, number>();
  readonly #now: () => number;
  #stretch = 0;
  #waiting: Waiting[] = [];
  #translated = 0;
  #compiled = 0;

  constructor(parts: HotCodeParts, options: HotCodeOptions) {
    this.#cache = parts.cache;
    this.#linker = parts.linker;
    this.#regions = parts.regions;
    this.#now = parts.now;
    this.#options = options;
  }

  /** Regions that were put in place since the beginning. */
  get translated(): number {
    return this.#translated;
  }

  /** Those of them that had not been there before, or so long ago that it is forgotten. */
  get compiled(): number {
    return this.#compiled;
  }

  /**
   * An entry of code that is not translated; the jump to it if that makes it so, or 0.
   *
   * @param full called when there is no place for another region: has to drop all
   */
  entered(place: Place, full: () => void): number {
    const { hot, batch } = this.#options;
    const at = counterOf(place);
    const count = ++this.#counters[at]!;
    if (count < hot) return 0;
    if (count === hot && this.#queue(place, full)) return this.#regions.find(place);
    if (this.#waiting.length < batch && count < PATIENCE * hot) return 0;
    this.#counters[at] = 0;
    this.#compile();
    return this.#regions.find(place);
  }

  /** The line changes: what waits is not what is there any more. */
  dropLine(line: number): void {
    if (this.#waiting.length === 0) return;
    for (const waiting of this.#waiting) {
      if (linesOf(waiting).has(line)) this.#linker.release(waiting.slot);
    }
    this.#waiting = this.#waiting.filter((waiting) => !linesOf(waiting).has(line));
  }

  /** The line, in which translated code was, is written. */
  noteRewrite(line: number): void {
    this.#startStretch();
    this.#rewrites.set(line, (this.#rewrites.get(line) ?? 0) + 1);
  }

  /** Forgets what was overwritten in another stretch than the present one. */
  #startStretch(): void {
    const stretch = Math.floor(this.#now() / STRETCH_NS);
    if (stretch === this.#stretch) return;
    this.#stretch = stretch;
    this.#rewrites.clear();
  }

  /** True when the region is there at once, since it was there before. */
  #queue(place: Place, full: () => void): boolean {
    this.#startStretch();
    const source = (address: number, it: number) => this.#instruction(place, address, it);
    const region = findRegion(source, place.pc & ~1);
    if (region.blocks.length === 0) return false;
    const waiting = waitingOf(region, place);
    const again = this.#linker.takeAgain(waiting.contents);
    if (again !== undefined) {
      this.#add({ ...waiting, slot: again });
      return true;
    }
    const slot = this.#linker.take();
    if (slot !== undefined) this.#waiting.push({ ...waiting, slot });
    else {
      this.#compile();
      full();
    }
    return false;
  }

  #compile(): void {
    if (this.#waiting.length === 0) return;
    this.#linker.link(this.#waiting.map((waiting) => ({
      ...{ slot: waiting.slot, contents: waiting.contents },
      body: translate(waiting.region, waiting),
    })));
    for (const waiting of this.#waiting) this.#add(waiting);
    this.#compiled += this.#waiting.length;
    this.#waiting = [];
  }

  #add(waiting: Waiting): void {
    this.#regions.add(waiting);
    this.#counters[waiting.counter] = 0;
    this.#translated++;
  }

  /** What has been decoded of the page of `place`. */
  #instruction({ pc, host }: Place, address: number, it: number): Instruction | undefined {
    if (((address ^ pc) & -PAGE) !== 0) return undefined;
    const thumb = (pc & 1) !== 0;
    const offset = address & PAGE - 1;
    const line = (host & -PAGE | offset) >>> CODE_LINE_SHIFT;
    if ((this.#rewrites.get(line) ?? 0) >= REWRITES) return undefined;
    const { records } = this.#cache;
    const at = this.#cache.page(host, thumb) + (thumb ? 2 * offset : offset);
    const w0 = records[at]!, w1 = records[at + 1]!;
    const op = w0 & Mark.OP;
    if (op === Op.UNDECODED || op === Op.STRADDLE || op === Op.END_OF_PAGE) return undefined;
    const size = thumb && (w1 >>> W1.WIDE & 1) === 0 ? 2 : 4;
    const w2 = records[at + 2]!, w3 = records[at + 3]!;
    const i = instructionOf({ address, thumb, size, w0, w1, w2, w3 });
    return itState(i) === it ? i : undefined;
  }
}

const counterOf = ({ host }: Place): number => host >>> 1 & COUNTERS - 1;

/** A region around `place`, in the page of which it is. */
function waitingOf(region: Region, place: Place): Omit<Waiting, "slot"> {
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
    ...{ region, thumb, privileged: place.privileged, entries, hosts },
    contents: contentsOf(region, { thumb, privileged: place.privileged }),
    counter: counterOf(place),
  };
}
