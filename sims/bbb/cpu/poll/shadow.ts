/**
 * Follows instructions that are really executed, and keeps in a {@link RoundState} what becomes of
 * what they work on in other rounds of the loop. It knows what loops that poll consist of; at anything
 * else it gives up, which is always right.
 */
import type { Core } from "../core.ts";
import { matchIt } from "../interpreter_helpers.ts";
import { step } from "../interpreter_step.ts";
import { Mark, Op, W1 } from "../op.ts";
import { PSR, WORD } from "../psr.ts";
import { followData, type Words } from "./follow_data.ts";
import { followLoads, followSingle, followStores } from "./follow_memory.ts";
import { GIVE_UP } from "./give_up.ts";
import { type DeviceReads, reached, RoundState } from "./round_state.ts";

const PC = 15;

/** The ops of one Rd that is made of other registers, none of which may change: fields of w1. */
const RN = 1, RM = 2, RA = 4, RD = 8;
const PLAIN: { readonly [op: number]: number } = {
  [Op.MUL]: RN | RM,
  [Op.MLA]: RN | RM | RA,
  [Op.MLS]: RN | RM | RA,
  [Op.SXTB]: RM,
  [Op.SXTH]: RM,
  [Op.UXTB]: RM,
  [Op.UXTH]: RM,
  [Op.BFC]: RD,
  [Op.BFI]: RN | RD,
  [Op.SBFX]: RN,
  [Op.UBFX]: RN,
  [Op.CLZ]: RM,
  [Op.RBIT]: RM,
  [Op.REV]: RM,
  [Op.REV16]: RM,
  [Op.REVSH]: RM,
  [Op.MOVT]: RD,
  [Op.ADR]: 0,
};
/** S of these sets N and Z. */
const MULTIPLIES: readonly number[] = [Op.MUL, Op.MLA];

export class Shadow {
  readonly state: RoundState;
  readonly #core: Core;

  constructor(core: Core, reads: DeviceReads) {
    this.#core = core;
    this.state = new RoundState(core, reads);
  }

  /** Executes one instruction. @throws GiveUp before or after it: either way it is executed whole */
  step(): void {
    const { i32, cache: { records } } = this.#core;
    const at = this.#decode();
    const op = records[at]! & Mark.OP;
    const w1 = records[at + 1]!;
    const after = this.state.passes(w1 >>> W1.COND & 15)
      ? this.#follow(op, [w1, records[at + 2]!, records[at + 3]!])
      : undefined;
    const mode = i32[WORD.CPSR]! & PSR.MODE;
    step(this.#core);
    if ((i32[WORD.CPSR]! & PSR.MODE) !== mode) throw GIVE_UP; // an exception
    after?.();
  }

  #decode(): number {
    const { i32, mmu, cache } = this.#core;
    const address = i32[PC]!;
    const it = i32[WORD.IT]!;
    const thumb = (i32[WORD.CPSR]! & PSR.T) !== 0;
    const host = reached(() => mmu.fetchPage(address)) + (address & 0xfff);
    const place = { thumb, it };
    matchIt(cache.records, cache.decodeAt(host, place), it);
    return cache.decodeAt(host, place);
  }

  /** What the instruction will do; what it returns is done once it is executed. */
  #follow(op: number, words: Words): (() => void) | undefined {
    const { state } = this;
    const [w1] = words;
    if (op >= Op.DATA && op < Op.ADR) return followData(state, op - Op.DATA, words);
    if (op >= Op.MEMORY && op < Op.LDM) return followSingle(state, op - Op.MEMORY, words);
    const plain = PLAIN[op];
    if (plain !== undefined) return this.#plain(op, w1, plain);
    switch (op) {
      case Op.NOP:
      case Op.BARRIER:
      case Op.ISB:
      case Op.IT:
      case Op.B:
      case Op.B_NEAR:
        return undefined;
      case Op.BL:
      case Op.BL_NEAR:
      case Op.BLX_IMMEDIATE:
        return () => state.set(14, undefined);
      case Op.BX:
        return void state.need(w1 >>> W1.RM & 15);
      case Op.BLX:
        state.need(w1 >>> W1.RM & 15);
        return () => state.set(14, undefined);
      case Op.CBZ:
      case Op.CBNZ:
        return void state.compareWithZero(w1 >>> W1.RN & 15);
      case Op.LDM:
      case Op.LDM_PC:
        return followLoads(state, words);
      case Op.STM:
        return void followStores(state, words);
    }
    throw GIVE_UP;
  }

  #plain(op: number, w1: number, fields: number): () => void {
    const { state } = this;
    const d = w1 >>> W1.RD & 15;
    if (fields & RN) state.need(w1 >>> W1.RN & 15);
    if (fields & RM) state.need(w1 >>> W1.RM & 15);
    if (fields & RA) state.need(w1 >>> W1.RA & 15);
    if (fields & RD) state.need(d);
    return () => {
      state.set(d, undefined);
      if (MULTIPLIES.includes(op) && (w1 >>> W1.S & 1) !== 0) state.setNz(undefined);
    };
  }
}
