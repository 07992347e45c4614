/** Loads and stores (ARM Architecture Reference Manual DDI 0406C, sections A4.6 and A4.7). */
import type { Core } from "../core.ts";
import { Access, Form, Indexing, memoryOp } from "../op.ts";
import { WORD } from "../psr.ts";
import { amountOf, type Execute, type Executes, ra, rd, rm, rn, typeOf } from "./handler.ts";
import { shift } from "./shift.ts";

/** Moves the register or registers between `address` and w1's. */
type Move = (core: Core, w1: number, address: number) => void;
type Width = 1 | 2 | 4;

const load = (width: Width, extend: (value: number) => number): Move => (core, w1, address) =>
  core.loadRegister(rd(w1), extend(core.mmu.read(address, width)));

const store = (width: Width): Move => (core, w1, address) =>
  core.mmu.write(address, core.i32[rd(w1)]!, width);

const plain = (value: number) => value | 0;
const signed8 = (value: number) => value << 24 >> 24;
const signed16 = (value: number) => value << 16 >> 16;

const MOVES: { readonly [access: number]: Move } = {
  [Access.LDR]: (core, w1, address) => core.loadRegister(rd(w1), core.read32(address)),
  [Access.LDRB]: load(1, plain),
  [Access.LDRH]: load(2, plain),
  [Access.LDRSB]: load(1, signed8),
  [Access.LDRSH]: load(2, signed16),
  [Access.STR]: (core, w1, address) => core.write32(address, core.i32[rd(w1)]!),
  [Access.STRB]: store(1),
  [Access.STRH]: store(2),
  [Access.LDRD]: (core, w1, address) => {
    core.requireAligned(address, 4, "read");
    const first = core.read32(address);
    core.i32[ra(w1)] = core.read32(address + 4);
    core.i32[rd(w1)] = first;
  },
  [Access.STRD]: (core, w1, address) => {
    core.requireAligned(address, 4, "write");
    core.write32(address, core.i32[rd(w1)]!);
    core.write32(address + 4, core.i32[ra(w1)]!);
  },
};

/** What LDRT and its kin do: no access to the PC, and no doubleword. */
const UNPRIVILEGED_MOVES: { readonly [access: number]: Move } = {
  [Access.LDR]: unprivilegedLoad(4, plain),
  [Access.LDRB]: unprivilegedLoad(1, plain),
  [Access.LDRH]: unprivilegedLoad(2, plain),
  [Access.LDRSB]: unprivilegedLoad(1, signed8),
  [Access.LDRSH]: unprivilegedLoad(2, signed16),
  [Access.STR]: unprivilegedStore(4),
  [Access.STRB]: unprivilegedStore(1),
  [Access.STRH]: unprivilegedStore(2),
};

function unprivilegedLoad(width: Width, extend: (value: number) => number): Move {
  return (core, w1, address) =>
    core.loadRegister(rd(w1), extend(core.mmu.readUnprivileged(address, width)));
}

function unprivilegedStore(width: Width): Move {
  return (core, w1, address) => core.mmu.writeUnprivileged(address, core.i32[rd(w1)]!, width);
}

function isLoad(access: number): boolean {
  return access <= Access.LDRSH || access === Access.LDRD;
}

/**
 * The base is written back after the access, so that an abort leaves it; a register that is loaded
 * and written back (UNPREDICTABLE) keeps what was loaded.
 */
function writeBack(core: Core, w1: number, access: number, base: number): void {
  const n = rn(w1);
  const loaded = isLoad(access) && (n === rd(w1) || access >= Access.LDRD && n === ra(w1));
  if (!loaded) core.i32[n] = base;
}

function offsetOf({ i32 }: Core, w1: number, w2: number, w3: number): number {
  if ((w3 & Indexing.REGISTER) === 0) return w2;
  const how = { type: typeOf(w1), amount: amountOf(w1), carry: i32[WORD.CF]! };
  const { value } = shift(i32[rm(w1)]!, how);
  return (w3 & Indexing.SUBTRACT) === 0 ? value : -value;
}

function forms(access: number): readonly (readonly [Form, Execute])[] {
  const move = MOVES[access]!;
  const unprivileged = UNPRIVILEGED_MOVES[access] ?? move;
  return [
    [Form.OFFSET, (core, w1, w2) => move(core, w1, core.i32[rn(w1)]! + w2 | 0)],
    [Form.REGISTER, (core, w1) => {
      const offset = core.i32[rm(w1)]! << amountOf(w1);
      move(core, w1, core.i32[rn(w1)]! + offset | 0);
    }],
    [Form.PRE, (core, w1, w2) => {
      const address = core.i32[rn(w1)]! + w2 | 0;
      move(core, w1, address);
      writeBack(core, w1, access, address);
    }],
    [Form.POST, (core, w1, w2) => {
      const address = core.i32[rn(w1)]!;
      move(core, w1, address);
      writeBack(core, w1, access, address + w2 | 0);
    }],
    [Form.OTHER, (core, w1, w2, w3) => {
      const base = core.i32[rn(w1)]!, sum = base + offsetOf(core, w1, w2, w3) | 0;
      const address = (w3 & Indexing.POST) === 0 ? sum : base;
      ((w3 & Indexing.UNPRIVILEGED) === 0 ? move : unprivileged)(core, w1, address);
      if ((w3 & Indexing.WRITE_BACK) !== 0) writeBack(core, w1, access, sum);
    }],
    [Form.LITERAL, (core, w1, w2) => move(core, w1, (core.address & ~3) + w2 | 0)],
  ];
}

function table(): Executes {
  const executes: Record<number, Execute> = {};
  for (const access of Object.values(Access)) {
    for (const [form, execute] of forms(access)) {
      executes[memoryOp(access, form)] = execute;
    }
  }
  return executes;
}

export const MEMORY: Executes = table();
