/**
 * Parameter sets of EDMA3: what one event moves, and what the set is after it (AM335x TRM SPRUH73,
 * sections 11.3.3 to 11.3.7).
 */
import { fieldOf, withField } from "sims/engine/mod.ts";

/** Words of a set. */
export const WORDS = 8;
const OPT = 0, SRC = 1, A_B_CNT = 2, DST = 3, BIDX = 4, LINK_BCNTRLD = 5, CIDX = 6, CCNT = 7;

// deno-fmt-ignore
export const OPT_FIELDS = {
  SAM: 0, DAM: 1, SYNCDIM: 2, STATIC: 3, FWID: [8, 10], TCCMODE: 11, TCC: [12, 17], TCINTEN: 20,
  ITCINTEN: 21, TCCHEN: 22, ITCCHEN: 23, PRIVID: [24, 27], PRIV: 31,
} as const;
/** No other set follows. */
const NULL_LINK = 0xffff;

/** A transfer request: one array of ACNT bytes, or BCNT of them. */
export interface TransferRequest {
  readonly opt: number;
  readonly source: number;
  readonly destination: number;
  readonly acnt: number;
  readonly bcnt: number;
  readonly sourceStep: number;
  readonly destinationStep: number;
  /** The last of its set. */
  readonly final: boolean;
}

const low = (word: number) => word & 0xffff;
const high = (word: number) => word >>> 16;
/** Steps are signed. */
const signed = (half: number) => half << 16 >> 16;

/** `null`: all counts are 0, an error; `dummy`: one is, and nothing is moved. */
export function kindOf(set: Uint32Array): "null" | "dummy" | "real" {
  const counts = [low(set[A_B_CNT]!), high(set[A_B_CNT]!), low(set[CCNT]!)];
  if (counts.every((count) => count === 0)) return "null";
  return counts.includes(0) ? "dummy" : "real";
}

/** What an event makes of a real set. */
export function requestOf(set: Uint32Array): TransferRequest {
  const opt = set[OPT]!;
  const wholeFrame = fieldOf(opt, OPT_FIELDS.SYNCDIM) === 1;
  const bcnt = high(set[A_B_CNT]!), ccnt = low(set[CCNT]!);
  return {
    opt,
    source: set[SRC]!,
    destination: set[DST]!,
    acnt: low(set[A_B_CNT]!),
    bcnt: wholeFrame ? bcnt : 1,
    sourceStep: signed(low(set[BIDX]!)),
    destinationStep: signed(high(set[BIDX]!)),
    final: ccnt === 1 && (wholeFrame || bcnt === 1),
  };
}

/** Moves a set on after a request was made of it; `link` gives the set that follows it. */
export function advance(set: Uint32Array, link: (offset: number) => Uint32Array | undefined): void {
  const opt = set[OPT]!;
  if (fieldOf(opt, OPT_FIELDS.STATIC) === 1) return;
  if (kindOf(set) === "dummy" || requestOf(set).final) return follow(set, link);
  const bcnt = high(set[A_B_CNT]!);
  const step = (by: number) => {
    set[SRC] = set[SRC]! + signed(low(set[by]!));
    set[DST] = set[DST]! + signed(high(set[by]!));
  };
  if (fieldOf(opt, OPT_FIELDS.SYNCDIM) === 0 && bcnt > 1) {
    set[A_B_CNT] = withField(set[A_B_CNT]!, [16, 31], bcnt - 1);
    return step(BIDX);
  }
  if (fieldOf(opt, OPT_FIELDS.SYNCDIM) === 0) {
    set[A_B_CNT] = withField(set[A_B_CNT]!, [16, 31], high(set[LINK_BCNTRLD]!));
  }
  set[CCNT] = withField(set[CCNT]!, [0, 15], low(set[CCNT]!) - 1);
  step(CIDX);
}

function follow(set: Uint32Array, link: (offset: number) => Uint32Array | undefined): void {
  const offset = low(set[LINK_BCNTRLD]!);
  const next = offset === NULL_LINK ? undefined : link(offset);
  if (next) set.set(next);
  else {
    // A null set, which has no successor either.
    set.fill(0);
    set[LINK_BCNTRLD] = NULL_LINK;
  }
}
