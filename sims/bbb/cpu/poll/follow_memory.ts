/** What loads and stores do to values that change from round to round. */
import { shifted } from "../interpreter_helpers.ts";
import { Access, Form, Indexing, W1 } from "../op.ts";
import type { Words } from "./follow_data.ts";
import { GIVE_UP } from "./give_up.ts";
import type { Linear } from "./linear.ts";
import type { RoundState } from "./round_state.ts";

const PC = 15;
const RRX = 4;

/** Bytes of a load. */
const WIDTHS: { readonly [access: number]: number } = {
  [Access.LDR]: 4,
  [Access.LDRB]: 1,
  [Access.LDRSB]: 1,
  [Access.LDRH]: 2,
  [Access.LDRSH]: 2,
};

/** An instruction of `kind` = Op - Op.MEMORY; what it returns is done once it is executed. */
export function followSingle(state: RoundState, kind: number, [w1, w2, w3]: Words): () => void {
  const access = kind >>> 3, form = kind & 7;
  if (form === Form.OTHER && (w3 & Indexing.UNPRIVILEGED) !== 0) throw GIVE_UP;
  const { address, base } = addressOf(state, form, [w1, w2, w3]);
  const n = w1 >>> W1.RN & 15, t = w1 >>> W1.RD & 15, t2 = w1 >>> W1.RA & 15;
  const writeBack = () => {
    if (base !== undefined) state.set(n, undefined);
  };
  switch (access) {
    case Access.STR:
    case Access.STRD:
      state.store(address, state.affine(t).linear);
      if (access === Access.STRD) state.store(address + 4, state.affine(t2).linear);
      return writeBack;
    case Access.STRB:
    case Access.STRH:
      state.need(t);
      state.storePart(address, access === Access.STRB ? 1 : 2);
      return writeBack;
    case Access.LDRD: {
      const first = state.loadWord(address), second = state.loadWord(address + 4);
      return () => {
        writeBack();
        state.set(t, first);
        state.set(t2, second);
      };
    }
  }
  const load = state.load(address, WIDTHS[access]!);
  return () => {
    writeBack();
    state.set(t, load());
  };
}

/** Where the access is, and what the base becomes. */
function addressOf(
  state: RoundState,
  form: number,
  [w1, w2, w3]: Words,
): { address: number; base?: number } {
  const { i32 } = state.core;
  const rm = () => state.need(w1 >>> W1.RM & 15);
  if (form === Form.LITERAL) return { address: (state.pc & ~3) + w2 | 0 };
  const rn = state.need(w1 >>> W1.RN & 15);
  switch (form) {
    case Form.OFFSET:
      return { address: rn + w2 | 0 };
    case Form.REGISTER:
      return { address: rn + (rm() << (w1 >>> W1.AMOUNT & 63)) | 0 };
    case Form.PRE:
      return { address: rn + w2 | 0, base: rn + w2 | 0 };
    case Form.POST:
      return { address: rn, base: rn + w2 | 0 };
  }
  if ((w3 & Indexing.REGISTER) !== 0) {
    rm();
    if ((w1 >>> W1.RM & 15) === PC) throw GIVE_UP;
    if ((w1 >>> W1.TYPE & 7) === RRX) state.carry();
  }
  const offset = (w3 & Indexing.REGISTER) === 0 ? w2 : shifted(i32, w1);
  const sum = rn + ((w3 & Indexing.SUBTRACT) === 0 ? offset : -offset) | 0;
  const address = (w3 & Indexing.POST) === 0 ? sum : rn;
  return (w3 & Indexing.WRITE_BACK) === 0 ? { address } : { address, base: sum };
}

export function followLoads(state: RoundState, [w1, w2, w3]: Words): () => void {
  const n = w1 >>> W1.RN & 15;
  let address = state.need(n) + (w3 >> 8) | 0;
  const loads: [r: number, linear: Linear][] = [];
  for (let r = 0; r < 16; r++) {
    if ((w2 >>> r & 1) === 0) continue;
    loads.push([r, state.loadWord(address)]);
    address = address + 4 | 0;
  }
  return () => {
    for (const [r, linear] of loads) state.set(r, linear);
  };
}

export function followStores(state: RoundState, [w1, w2, w3]: Words): void {
  let address = state.need(w1 >>> W1.RN & 15) + (w3 >> 8) | 0;
  for (let r = 0; r < 16; r++) {
    if ((w2 >>> r & 1) === 0) continue;
    state.store(address, state.affine(r).linear);
    address = address + 4 | 0;
  }
}
