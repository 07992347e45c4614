/**
 * Random programs that end: straight code, conditional skips, counted loops, IT blocks, and calls into
 * either instruction set. R6, R7 and SP point into the scratch, R5 is a small index, R4 counts loops;
 * what is computed goes into the others.
 */

import { Random } from "hil/time/mod.ts";
import { EncodingSet, SETS } from "./case.ts";
import type { Compiled } from "./encoding.ts";
import { MODE, PLACE, randomWord, type State } from "./state.ts";

export interface Program {
  readonly seed: string;
  readonly index: number;
  readonly thumb: boolean;
  readonly before: State;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** The address of the last instruction, an undefined one. */
  readonly end: number;
}

const FREE = [0, 1, 2, 3, 8, 9, 10, 11, 12];
const LOW = [0, 1, 2, 3];
/** Of pairs, without the lowest bit: R0, R2, R8, R10. */
const EVEN = [0, 1, 4, 5];
const SOURCES = [...FREE, 4, 5, 6, 7];
const BASES = [6, 7];
const INDEX = 5;
/** Control flow, system and what is compared apart. */
const NOT_HERE = new RegExp(
  "^(B|BL|BLX|BX|BXJ|CBZ|IT|SVC|BKPT|SMC|UDF|MSR|MRS|CPS|SETEND|SRS|RFE|SUBS|ENTERX|TBB|POP|hint|" +
    "control|LDM exception|memory hint|exclusive space|barrier|MCR|CDP|LDC|MRC2|LDC2|VFP|NEON|p14|" +
    "CLREX|LDREX[BHD]?|STREX[BHD]?|ADD SP|SUB SP|SP-relative|STM T1|LDM T1|PUSH)\\b|user registers|unconditional|UNPRED|undefined| PC$|unallocated",
);
/** Registers that a field names, by letter, when it is wide enough to. */
const TARGETS = "dthas";

/** Code is emitted as halfwords; of ARM two for each. */
class Writer {
  readonly halves: number[] = [];

  constructor(readonly thumb: boolean) {}

  get length(): number {
    return 2 * this.halves.length;
  }

  arm(word: number): void {
    this.halves.push(word & 0xffff, word >>> 16);
  }

  narrow(half: number): void {
    this.halves.push(half & 0xffff);
  }

  wide(word: number): void {
    this.halves.push(word >>> 16, word & 0xffff);
  }

  append(other: Writer): void {
    this.halves.push(...other.halves);
  }
}

/** At 4-aligned places in the lower half of the code, in turn, so that caches see change. */
export function makeProgram(seed: string, index: number): Program {
  const random = new Random(`${seed}/program/${index}`);
  const thumb = (random.next() & 1) === 1;
  const main = new Writer(thumb);
  const blocks = 2 + random.below(6);
  // A function of either instruction set, in front of the program: bit 0 of its place says Thumb.
  const other = random.chance(0.5) ? thumb : !thumb;
  const callee = functionOf(random, other);
  for (let i = 0; i < blocks; i++) {
    block(main, random);
    if (random.chance(0.3)) call(main, callee, callee.length + main.length);
  }
  const address = PLACE.CODE + 0x2000 + 0x1000 * random.below(64) + 4 * random.below(0x400);
  const halves = [...callee.halves, ...main.halves, ...thumb ? [0xde00] : [0x00f0, 0xe7f0]];
  const start = address + callee.length;
  return {
    seed,
    index,
    thumb,
    before: stateOf(random, thumb, start),
    address,
    bytes: new Uint8Array(new Uint16Array(halves).buffer),
    end: start + main.length,
  };
}

function stateOf(random: Random, thumb: boolean, start: number): State {
  const r = new Uint32Array(16);
  for (let n = 0; n < 15; n++) r[n] = randomWord(random);
  const middle = () => PLACE.SCRATCH + 0x800 + 8 * random.below(0x200);
  r[4] = 0;
  r[INDEX] = 4 * random.below(16);
  for (const base of [...BASES, 13]) r[base] = middle();
  r[15] = start;
  const cpsr = (random.next() & 0xf80f_0000) | MODE.SYS | 0x1c0 | (thumb ? 0x20 : 0);
  return { r, cpsr: cpsr >>> 0, spsr: MODE.SYS };
}

function functionOf(random: Random, thumb: boolean): Writer {
  const writer = new Writer(thumb);
  straight(writer, random, 1 + random.below(4));
  if (thumb) {
    writer.narrow(0x4770); // bx lr
    if (writer.length % 4 !== 0) writer.narrow(0xbf00);
  } else writer.arm(0xe12f_ff1e);
  return writer;
}

/** BL or BLX to `back` bytes before the end of what is written. */
function call(writer: Writer, callee: Writer, back: number): void {
  if (!writer.thumb) {
    const offset = -back - 8;
    if (callee.thumb) writer.arm((0xfa00_0000 | (offset >> 2 & 0xff_ffff)) >>> 0); // H is 0
    else writer.arm((0xeb00_0000 | (offset >> 2 & 0xff_ffff)) >>> 0);
    return;
  }
  if (!callee.thumb && writer.length % 4 !== 0) {
    writer.narrow(0xbf00);
    return call(writer, callee, back + 2);
  }
  const offset = -back - 4;
  const sign = 1, i1 = offset >>> 23 & 1, i2 = offset >>> 22 & 1;
  const j1 = 1 ^ i1 ^ sign, j2 = 1 ^ i2 ^ sign;
  const link = callee.thumb ? 0xd000 : 0xc000;
  const low = callee.thumb ? offset >>> 1 & 0x7ff : (offset >>> 2 & 0x3ff) << 1;
  writer.wide(
    (((0xf400 | (offset >>> 12 & 0x3ff)) << 16) | link | j1 << 13 | j2 << 11 | low) >>> 0,
  );
}

function block(writer: Writer, random: Random): void {
  const kind = random.below(writer.thumb ? 5 : 4);
  if (kind === 0) straight(writer, random, 1 + random.below(8));
  else if (kind === 1) skip(writer, random);
  else if (kind === 2) loop(writer, random);
  else if (kind === 3) exclusive(writer, random);
  else itBlock(writer, random);
}

function straight(writer: Writer, random: Random, count: number): void {
  for (let i = 0; i < count; i++) emit(writer, random, OUTSIDE);
}

function skip(writer: Writer, random: Random): void {
  const body = new Writer(writer.thumb);
  straight(body, random, 1 + random.below(4));
  const condition = random.below(14);
  const { length } = body;
  if (!writer.thumb) {
    writer.arm((condition << 28 | 0x0a00_0000 | ((length - 4) >> 2 & 0xff_ffff)) >>> 0);
  } else if (random.chance(0.3) && length >= 2) {
    const i = (length - 2) >> 1;
    writer.narrow(0xb100 | random.below(2) << 11 | (i >> 5) << 9 | (i & 31) << 3 | random.below(4));
  } else writer.narrow(0xd000 | condition << 8 | ((length - 2) >> 1 & 0xff));
  writer.append(body);
}

/**
 * A load and a store of the same address and size, as all else is UNPREDICTABLE (A3.4.5); now and then
 * with a CLREX between them, or after a store that has already had its turn.
 */
function exclusive(writer: Writer, random: Random): void {
  const base = BASES[random.below(2)]!;
  const [d, t, s] = [random.below(2), 2, 8 + 2 * random.below(2)];
  const size = random.below(4); // word, doubleword, byte, halfword
  const load = () => {
    if (!writer.thumb) writer.arm((0xe190_0f9f | size << 21 | base << 16 | t << 12) >>> 0);
    else if (size === 0) writer.wide((0xe850_0f00 | base << 16 | t << 12) >>> 0);
    else if (size === 1) writer.wide((0xe8d0_007f | base << 16 | t << 12 | 3 << 8) >>> 0);
    else writer.wide((0xe8d0_0f0f | base << 16 | t << 12 | THUMB_SIZE[size]!) >>> 0);
  };
  const store = () => {
    if (!writer.thumb) writer.arm((0xe180_0f90 | size << 21 | base << 16 | d << 12 | s) >>> 0);
    else if (size === 0) writer.wide((0xe840_0000 | base << 16 | s << 12 | d << 8) >>> 0);
    else if (size === 1) writer.wide((0xe8c0_0970 | base << 16 | s << 12 | 9 << 8 | d) >>> 0);
    else writer.wide((0xe8c0_0f00 | base << 16 | s << 12 | THUMB_SIZE[size]! | d) >>> 0);
  };
  load();
  if (random.chance(0.2)) writer.thumb ? writer.wide(0xf3bf_8f2f) : writer.arm(0xf57f_f01f);
  store();
  if (random.chance(0.2)) store();
}

/** Bits 7 to 4, by size as ARM numbers it. */
const THUMB_SIZE = [0, 0x70, 0x40, 0x50];

/** R4 counts down from 1 to 40: enough that some become hot. */
function loop(writer: Writer, random: Random): void {
  const body = new Writer(writer.thumb);
  straight(body, random, 1 + random.below(5));
  const count = random.chance(0.2) ? 1 + random.below(40) : 1 + random.below(4);
  if (writer.thumb) {
    writer.narrow(0x2400 | count);
    writer.append(body);
    writer.narrow(0x3c01);
    writer.narrow(0xd100 | ((-body.length - 6) >> 1 & 0xff));
  } else {
    writer.arm(0xe3a0_4000 | count);
    writer.append(body);
    writer.arm(0xe254_4001);
    writer.arm((0x1a00_0000 | ((-body.length - 12) >> 2 & 0xff_ffff)) >>> 0);
  }
}

function itBlock(writer: Writer, random: Random): void {
  const count = 1 + random.below(4);
  const condition = random.below(14);
  const terminator = 1 << (4 - count);
  const mask = (random.below(16) & (0xf << (5 - count))) | terminator;
  writer.narrow(0xbf00 | condition << 4 | mask & 15);
  for (let i = 0; i < count; i++) emit(writer, random, i < count - 1 ? INSIDE : LAST);
}

const OUTSIDE = { noSpsr: true, user: false, it: false, itNotLast: false, halfword: false };
const INSIDE = { ...OUTSIDE, it: true, itNotLast: true };
const LAST = { ...OUTSIDE, it: true };

const USABLE = {
  arm: usable(SETS.arm),
  thumb16: usable(SETS.thumb16),
  thumb32: usable(SETS.thumb32),
} as const;

function usable(set: EncodingSet): readonly Compiled[] {
  return set.all.filter(({ encoding }) => {
    return encoding.apart === undefined && !NOT_HERE.test(encoding.name);
  });
}

function emit(writer: Writer, random: Random, situation: typeof OUTSIDE): void {
  for (;;) {
    const set = !writer.thumb ? "arm" : random.chance(0.5) ? "thumb16" : "thumb32";
    const all = USABLE[set];
    const compiled = all[random.below(all.length)]!;
    const word = withRegisters(compiled, random, set === "arm");
    if (word === undefined || SETS[set].find(word) !== compiled) continue;
    if (compiled.open(word, compiled.fields(word), situation) !== undefined) continue;
    if (set === "arm") writer.arm(word);
    else if (set === "thumb32") writer.wide(word);
    else writer.narrow(word);
    return;
  }
}

/** Random bits with registers by their roles; undefined: that encoding cannot have them. */
function withRegisters(compiled: Compiled, random: Random, arm: boolean): number | undefined {
  const { encoding } = compiled;
  let word = compiled.make(random.next());
  const pick = (from: readonly number[]) => from[random.below(from.length)]!;
  if (arm && compiled.size("c") === 4) {
    word = compiled.put(word, "c", random.chance(0.7) ? 14 : random.below(14));
  }
  const longMultiply = compiled.size("h") === 4;
  const pairs = compiled.size("T") === 1;
  for (const letter of longMultiply ? TARGETS + "l" : TARGETS) {
    const size = compiled.size(letter);
    if (size === 4) word = compiled.put(word, letter, pick(FREE));
    else if (size === 3) word = compiled.put(word, letter, pick(pairs ? EVEN : LOW));
  }
  for (const letter of "nm") {
    const size = compiled.size(letter);
    if (size >= 3) word = compiled.put(word, letter, pick(size === 3 ? LOW : SOURCES));
  }
  if (compiled.size("r") >= 8) word = compiled.put(word, "r", listOf(random, compiled.size("r")));
  if (encoding.base === undefined) return word;
  if (encoding.base !== "n") return undefined;
  word = compiled.put(word, "n", pick(BASES));
  if (encoding.index !== undefined) {
    word = compiled.put(word, encoding.index, INDEX);
    if (compiled.size("i") === 5) word = compiled.put(word, "i", 0); // LSL #0
    if (compiled.size("s") === 2) word = compiled.put(word, "s", 0);
  }
  if (compiled.size("i") === 12) word = compiled.put(word, "i", compiled.fields(word).i! & 0x7ff);
  // Bases stay where they are.
  if (compiled.size("P") === 1) word = compiled.put(word, "P", 1);
  if (compiled.size("W") === 1) word = compiled.put(word, "W", 0);
  const moves = /T( immediate| register)?$/.test(encoding.name) && arm;
  if (moves || /T4$/.test(encoding.name)) return undefined;
  return aligned(compiled, word, arm);
}

/** A list of registers that may be loaded. */
function listOf(random: Random, size: number): number {
  const list = random.next() & 0x1f0f;
  return (list & (2 ** Math.min(size, 13) - 1)) || 1;
}

/** Offsets of what has to be aligned are multiples of 4 or 8 by themselves, but not in ARM's LDRD. */
function aligned(compiled: Compiled, word: number, arm: boolean): number | undefined {
  const { aligned: alignment = 0 } = compiled.encoding;
  if (alignment >= 4 && arm && compiled.size("i") === 8) {
    return compiled.put(word, "i", (compiled.fields(word).i! & 0xf8) >>> 0);
  }
  return word;
}
