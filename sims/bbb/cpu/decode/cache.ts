/**
 * Decoded pages, by physical page and instruction set. Each instruction that is decoded sets its
 * line's byte in CODE_MAP, so that a store to it comes to {@link DecodeCache.dropLine}.
 */
import type { GuestMemory } from "../../memory.ts";
import { CODE_LINE_SHIFT, CODE_MAP, MEMORY_SIZE } from "../layout.ts";
import { AL, Op, RECORD_WORDS } from "../op.ts";
import { armCondition, decodeArm } from "./arm.ts";
import { type Instruction, pack, UNDEFINED } from "./instruction.ts";
import { decodeThumb16 } from "./thumb16.ts";
import { decodeThumb32, isWide } from "./thumb32.ts";

const PAGE = 0x1000;
const PAGE_SHIFT = 12;
const LINE = 1 << CODE_LINE_SHIFT;
/** Words of a decoded page: its instructions, and behind the last two records that end it. */
const ARM_WORDS = (PAGE / 4 + 2) * RECORD_WORDS;
const THUMB_WORDS = (PAGE / 2 + 2) * RECORD_WORDS;
/** Words of all decoded pages (32 MiB). When they are full, all are dropped. */
const POOL_WORDS = 8 << 20;

/** Records that belong to no page: of an instruction that is half in the next one, and Op.ENTER. */
export const LOOSE = 0;
export const ENTER: number = LOOSE + RECORD_WORDS;
const FIRST_PAGE = ENTER + RECORD_WORDS;

export class DecodeCache {
  /** All records: four words each (op.ts). */
  readonly records: Int32Array;
  readonly #memory: GuestMemory;
  /** For each page of linear memory, ARM then Thumb: index of its first record; 0: none. */
  readonly #bases = new Int32Array(2 * MEMORY_SIZE / PAGE);
  #used = FIRST_PAGE;

  constructor(memory: GuestMemory, { words = POOL_WORDS }: { readonly words?: number } = {}) {
    this.#memory = memory;
    this.records = new Int32Array(words);
    pack(this.records, ENTER, { op: Op.ENTER }, ALWAYS);
  }

  /**
   * Index of the first record of the page at byte offset `host`; those of an ARM page are 4 words for
   * 4 bytes, of a Thumb page for 2. May drop all other pages, so indices got before are void.
   */
  page(host: number, thumb: boolean): number {
    const slot = 2 * (host >>> PAGE_SHIFT) + (thumb ? 1 : 0);
    return this.#bases[slot] || this.#newPage(slot, thumb);
  }

  #newPage(slot: number, thumb: boolean): number {
    const words = thumb ? THUMB_WORDS : ARM_WORDS;
    if (this.#used + words > this.records.length) this.flush();
    const base = this.#used;
    this.#used += words;
    this.#bases[slot] = base;
    const end = base + words - 2 * RECORD_WORDS;
    pack(this.records, end, { op: Op.END_OF_PAGE }, ALWAYS);
    pack(this.records, end + RECORD_WORDS, { op: Op.END_OF_PAGE }, ALWAYS);
    return base;
  }

  /** Index of the decoded record of the instruction at byte offset `host`, under an ITSTATE. */
  decodeAt(host: number, { thumb, it = 0 }: { thumb: boolean; it?: number }): number {
    const base = this.page(host, thumb);
    const offset = host & (PAGE - 1);
    const at = base + (thumb ? 2 * offset : offset);
    if (this.records[at] === Op.UNDECODED) this.decode(at, { base, host, thumb, it });
    return at;
  }

  /** Decodes the record at index `at` of the page that starts at `base` and holds offset `host`. */
  decode(
    at: number,
    page: { readonly base: number; readonly host: number; readonly thumb: boolean; it: number },
  ): void {
    const host = page.host & -PAGE;
    const offset = page.thumb ? (at - page.base) >>> 1 : at - page.base;
    if (page.thumb) this.#decodeThumb(at, host + offset, page.it);
    else this.#decodeArm(at, host + offset);
  }

  #decodeArm(at: number, host: number): void {
    const word = this.#memory.i32[host >>> 2]!;
    const instruction = near(decodeArm(word) ?? UNDEFINED(word), host & (PAGE - 1), 4);
    pack(this.records, at, instruction, { cond: armCondition(word), wide: false, it: 0 });
    this.#memory.u8[CODE_MAP + (host >>> CODE_LINE_SHIFT)] = 1;
  }

  #decodeThumb(at: number, host: number, it: number): void {
    const offset = host & (PAGE - 1);
    const halfword = this.#memory.u16[host >>> 1]!;
    const wide = isWide(halfword);
    this.#memory.u8[CODE_MAP + (host >>> CODE_LINE_SHIFT)] = 1;
    if (wide && offset === PAGE - 2) {
      return pack(this.records, at, { op: Op.STRADDLE }, { ...ALWAYS, wide });
    }
    const raw = wide ? halfword << 16 | this.#memory.u16[(host >>> 1) + 1]! : halfword;
    if (wide) this.#memory.u8[CODE_MAP + ((host + 2) >>> CODE_LINE_SHIFT)] = 1;
    packThumb(this.records, at, { raw, wide, it, offset });
  }

  /** The line's bytes are about to change, or have. */
  dropLine(hostLine: number): void {
    const host = hostLine * LINE;
    const slot = 2 * (host >>> PAGE_SHIFT);
    const offset = host & (PAGE - 1);
    const arm = this.#bases[slot]!, thumb = this.#bases[slot + 1]!;
    if (arm !== 0) this.records.fill(0, arm + offset, arm + offset + LINE);
    if (thumb === 0) return;
    // Also a 32-bit instruction that begins before the line and ends in it.
    const first = Math.max(0, offset - 2);
    this.records.fill(0, thumb + 2 * first, thumb + 2 * (offset + LINE));
  }

  flush(): void {
    this.records.fill(0, FIRST_PAGE, this.#used);
    this.#bases.fill(0);
    this.#used = FIRST_PAGE;
  }
}

const ALWAYS = { cond: AL, wide: false, it: 0 };

interface ThumbRaw {
  readonly raw: number;
  readonly wide: boolean;
  readonly it: number;
  /** In its page. */
  readonly offset: number;
}

/** Decodes one Thumb instruction to a record. */
export function packThumb(
  records: Int32Array,
  at: number,
  { raw, wide, it, offset }: ThumbRaw,
): void {
  const governed = it !== 0;
  const decoded = wide ? decodeThumb32(raw) : decodeThumb16(raw, { offset, governed });
  const possible = decoded && (it & 7) !== 0 && BRANCHES.has(decoded.op) ? undefined : decoded;
  const instruction = near(possible ?? UNDEFINED(raw), offset, 2);
  const cond = governed && instruction.op !== Op.BKPT ? it >>> 4 : AL;
  pack(records, at, instruction, { cond, wide, it });
}

/** UNPREDICTABLE in an IT block, but as its last instruction: undefined here. */
// deno-fmt-ignore
const BRANCHES: ReadonlySet<number> = new Set([
  Op.B, Op.BL, Op.BLX_IMMEDIATE, Op.BX, Op.BLX, Op.CBZ, Op.CBNZ, Op.TBB, Op.TBH, Op.LDM_PC,
]);

const NEAR: { readonly [op: number]: number } = {
  [Op.B]: Op.B_NEAR,
  [Op.BL]: Op.BL_NEAR,
  [Op.CBZ]: Op.CBZ,
  [Op.CBNZ]: Op.CBNZ,
};

/** A branch within its page says how many records it is to its target. */
function near(instruction: Instruction, offset: number, unit: 2 | 4): Instruction {
  const op = NEAR[instruction.op];
  if (op === undefined) return instruction;
  const target = offset + instruction.immediate!;
  if (target < 0 || target >= PAGE) return instruction;
  const words = instruction.immediate! / unit * RECORD_WORDS;
  return { ...instruction, op, extra: words << 8 };
}
