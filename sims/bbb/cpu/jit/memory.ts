/**
 * Translates loads and stores. The short way is inline: a word of the soft TLB, aligned, no code
 * where is stored (layout.ts). Single registers go the long way by a call, which may end the run
 * behind the instruction (time is over, something wants attention) or before it (an abort). What
 * transfers several goes the long way by leaving: the interpreter executes it.
 */
import { CODE_LINE_SHIFT, CODE_MAP, STATE } from "../layout.ts";
import { Access, Form, Indexing, Op } from "../op.ts";
import { pushShifted } from "./data.ts";
import {
  amount,
  type Decoded,
  type Instruction,
  itState,
  literalAddress,
  op,
  ra,
  rd,
  rm,
  rn,
} from "./instruction.ts";
import type { Access as WasmAccess } from "./wasm_code.ts";
import type { Import, RegionWriter } from "./writer.ts";

interface Single {
  readonly bytes: 1 | 2 | 4;
  readonly slow: Import;
  readonly fast: WasmAccess;
  /** Narrows what the long way has read. */
  readonly narrow?: (w: RegionWriter) => unknown;
}

const LOADS: Partial<Record<Access, Single>> = {
  [Access.LDR]: { bytes: 4, slow: "read32", fast: "load" },
  [Access.LDRB]: {
    ...{ bytes: 1, slow: "read8", fast: "load8_u" },
    narrow: ({ code }) => code.i32(0xff).op("and"),
  },
  [Access.LDRH]: {
    ...{ bytes: 2, slow: "read16", fast: "load16_u" },
    narrow: ({ code }) => code.i32(0xffff).op("and"),
  },
  [Access.LDRSB]: {
    ...{ bytes: 1, slow: "read8", fast: "load8_s" },
    narrow: ({ code }) => code.op("extend8_s"),
  },
  [Access.LDRSH]: {
    ...{ bytes: 2, slow: "read16", fast: "load16_s" },
    narrow: ({ code }) => code.op("extend16_s"),
  },
};

const STORES: Partial<Record<Access, Single>> = {
  [Access.STR]: { bytes: 4, slow: "write32", fast: "store" },
  [Access.STRB]: { bytes: 1, slow: "write8", fast: "store8" },
  [Access.STRH]: { bytes: 2, slow: "write16", fast: "store16" },
};

export const accessOf = (i: Decoded): Access => op(i) - Op.MEMORY >> 3 as Access;
const formOf = (i: Decoded): Form => (op(i) - Op.MEMORY & 7) as Form;

export const unprivileged = (i: Decoded): boolean =>
  formOf(i) === Form.OTHER && (i.w3 & Indexing.UNPRIVILEGED) !== 0;

export const writesBase = (i: Decoded): boolean =>
  formOf(i) === Form.PRE || formOf(i) === Form.POST ||
  formOf(i) === Form.OTHER && (i.w3 & (Indexing.POST | Indexing.WRITE_BACK)) !== 0;

/** A load or store of one register, or LDRD or STRD. */
export function writeMemory(w: RegionWriter, i: Instruction): void {
  const access = accessOf(i);
  const base = pushAddress(w, i);
  w.code.set(w.temp.address);
  const finish = () => {
    if (base !== undefined) w.code.get(base), w.write(rn(i));
  };
  if (access === Access.LDRD || access === Access.STRD) return writeDouble(w, i, finish);
  const load = LOADS[access];
  if (load) writeLoad(w, i, { ...load, finish });
  else writeStore(w, i, { ...STORES[access]!, finish });
}

/** Pushes the address; gives the local that is going to be the base, if it is written back. */
function pushAddress(w: RegionWriter, i: Instruction): number | undefined {
  const { code, temp: { address, b } } = w;
  const form = formOf(i);
  if (form === Form.LITERAL) {
    code.i32(literalAddress(i));
    return undefined;
  }
  const extras = form === Form.OTHER ? i.w3 : 0;
  const post = form === Form.POST || (extras & Indexing.POST) !== 0;
  w.read(rn(i), i);
  if (form === Form.REGISTER) w.read(rm(i), i).code.i32(amount(i)).op("shl", "add");
  else if (extras & Indexing.REGISTER) {
    pushShifted(w, i, false);
    code.op(extras & Indexing.SUBTRACT ? "sub" : "add");
  } else if (i.w2 !== 0) code.i32(i.w2).op("add");
  if (post) {
    code.set(b);
    w.read(rn(i), i);
    return extras === 0 || extras & Indexing.WRITE_BACK ? b : undefined;
  }
  return form === Form.PRE || extras & Indexing.WRITE_BACK ? address : undefined;
}

/** Pushes the word of the soft TLB for the address; it stays in local `host`. */
function pushTranslation(w: RegionWriter, tlb: number): void {
  w.code.get(w.temp.address).i32(12).op("shr_u").i32(2).op("shl").memory("load", tlb);
  w.code.tee(w.temp.host);
}

/** Pushes whether the line of the host address on the stack, plus `offset`, has code. */
function pushHasCode(w: RegionWriter, offset: number): void {
  w.code.get(w.temp.host);
  if (offset !== 0) w.code.i32(offset).op("add");
  w.code.i32(CODE_LINE_SHIFT).op("shr_u").memory("load8_u", CODE_MAP);
}

interface SingleOf extends Single {
  /** Writes the base back. */
  readonly finish: () => void;
}

function writeLoad(w: RegionWriter, i: Instruction, what: SingleOf): void {
  const { code, temp: { address, host, value } } = w;
  const done = code.block();
  const slow = code.block();
  pushTranslation(w, w.tlbRead);
  code.op("eqz").brIf(slow);
  if (what.bytes > 1) code.get(address).i32(what.bytes - 1).op("and").brIf(slow);
  code.get(address).get(host).op("add").memory(what.fast).set(value).br(done).end();
  if (rd(i) === 15) w.punt(i);
  else {
    const finish = () => {
      what.finish();
      code.get(value);
      w.write(rd(i));
    };
    writeSlow(w, i, finish, () => {
      code.get(address);
      w.callImport(what.slow);
      what.narrow?.(w);
      code.set(value);
    });
  }
  code.end();
  what.finish();
  code.get(value);
  if (rd(i) === 15) code.set(w.pc).br(w.labels.lookup);
  else w.write(rd(i));
}

function writeStore(w: RegionWriter, i: Instruction, what: SingleOf): void {
  const { code, temp: { address, host } } = w;
  const done = code.block();
  const slow = code.block();
  pushTranslation(w, w.tlbWrite);
  code.op("eqz").brIf(slow);
  if (what.bytes > 1) code.get(address).i32(what.bytes - 1).op("and").brIf(slow);
  code.get(address).get(host).op("add").set(host);
  pushHasCode(w, 0);
  code.brIf(slow).get(host);
  w.read(rd(i), i).code.memory(what.fast).br(done).end();
  writeSlow(w, i, what.finish, () => {
    code.get(address);
    w.read(rd(i), i).callImport(what.slow);
  });
  code.end();
  what.finish();
}

/** The long way: the budget in the state is exact while `call` runs, which may change it. */
function writeSlow(w: RegionWriter, i: Instruction, finish: () => void, call: () => void): void {
  const { code, budget, rest } = w;
  w.executing(i);
  code.i32(0).get(budget).i32(rest).op("add").memory("store", STATE.BUDGET);
  call();
  w.load(STATE.BUDGET).code.i32(rest).op("sub").tee(budget).i32(0).op("lt_s");
  w.load(STATE.ATTENTION).code.op("or").if();
  w.load(STATE.FAULT).code.brIf(w.labels.out);
  finish();
  w.behind(i);
  code.br(w.labels.out).end();
  if (itState(i) !== 0) w.storeConstant(STATE.IT, 0);
}

/** Leaves before the instruction, unless `words` words from the address are in one known page. */
function puntUnlessNear(
  w: RegionWriter,
  i: Instruction,
  { words, store }: { words: number; store: boolean },
): void {
  const { code, temp: { address, host } } = w;
  const near = code.block();
  const far = code.block();
  code.get(address).i32(3).op("and").brIf(far);
  if (words > 1) {
    code.get(address).get(address).i32(4 * words - 4).op("add", "xor");
    code.i32(12).op("shr_u").brIf(far);
  }
  pushTranslation(w, store ? w.tlbWrite : w.tlbRead);
  code.op("eqz").brIf(far).get(address).get(host).op("add").set(host);
  if (store) {
    pushHasCode(w, 0);
    if (words > 1) {
      pushHasCode(w, 4 * words - 4);
      code.op("or");
    }
    code.brIf(far);
  }
  code.br(near).end();
  w.punt(i);
  code.end();
}

function writeDouble(w: RegionWriter, i: Instruction, finish: () => void): void {
  const { code, temp: { host } } = w;
  const store = accessOf(i) === Access.STRD;
  puntUnlessNear(w, i, { words: 2, store });
  if (!store) finish();
  // Rd last: so a pair of one register (UNPREDICTABLE) is what it is to the interpreter.
  for (const [offset, register] of [[4, ra(i)], [0, rd(i)]] as const) {
    code.get(host);
    if (store) w.read(register, i).code.memory("store", offset);
    else code.memory("load", offset), w.write(register);
  }
  if (store) finish();
}

/** LDM, LDM_PC and STM. */
export function writeBlock(w: RegionWriter, i: Instruction): void {
  const { code, temp: { address, host } } = w;
  const store = op(i) === Op.STM;
  const list = registersOf(i.w2 & 0xffff);
  w.read(rn(i), i).code.i32(i.w3 >> 8).op("add").set(address);
  puntUnlessNear(w, i, { words: list.length, store });
  const moved = i.w2 >> 16;
  const finish = () => {
    if (moved !== 0) w.read(rn(i), i).code.i32(moved).op("add"), w.write(rn(i));
  };
  if (!store) finish();
  for (const [at, register] of list.entries()) {
    code.get(host);
    if (store) w.read(register, i).code.memory("store", 4 * at);
    else {
      code.memory("load", 4 * at);
      if (register === 15) code.set(w.pc).br(w.labels.lookup);
      else w.write(register);
    }
  }
  if (store) finish();
}

/** TBB and TBH: pushes what the table has. */
export function writeTableOffset(w: RegionWriter, i: Instruction): void {
  const { code, temp: { address, host } } = w;
  const half = op(i) === Op.TBH;
  w.read(rn(i), i).read(rm(i), i);
  if (half) code.i32(1).op("shl");
  code.op("add").set(address);
  pushTranslation(w, w.tlbRead);
  code.op("eqz");
  if (half) code.get(address).i32(1).op("and", "or");
  code.if();
  w.punt(i);
  code.end().get(address).get(host).op("add").memory(half ? "load16_u" : "load8_u");
}

function registersOf(list: number): number[] {
  return Array.from({ length: 16 }, (_, i) => i).filter((i) => list >>> i & 1);
}
