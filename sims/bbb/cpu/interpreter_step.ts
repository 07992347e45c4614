/**
 * One instruction, the long way: what the interpreter's loop, traces and the translator fall back to,
 * and what all of them must agree with. And how an instruction ends that faults.
 */
import type { Core } from "./core.ts";
import { COST } from "./cost.ts";
import { LOOSE, packThumb } from "./decode/cache.ts";
import { enterException } from "./exceptions.ts";
import { EXECUTE } from "./execute/mod.ts";
import { Abort, Undefined } from "./fault.ts";
import { matchIt } from "./interpreter_helpers.ts";
import { Mark, Op, W1 } from "./op.ts";
import { advanceIt, conditionPassed, PSR, WORD } from "./psr.ts";

const PC = 15;
const PAGE_MASK = 0xfff;
/** Instead of a record: the instruction could not be fetched. */
export const NONE = -1;

/**
 * Executes the instruction at R15, or takes the exception that it causes. Charges its nanosecond.
 * Interrupts are not looked at.
 */
export function step(core: Core): void {
  const { i32 } = core;
  const address = i32[PC]!;
  let at = NONE;
  try {
    at = fetch(core, address);
    core.countdown.charge(COST.INSTRUCTION);
    execute(core, at, address);
  } catch (error) {
    takeFault(core, error, { at, address });
  }
}

/** The index of the decoded record. @throws Abort */
function fetch(core: Core, address: number): number {
  const { i32, cache, mmu } = core;
  const thumb = (i32[WORD.CPSR]! & PSR.T) !== 0;
  const it = i32[WORD.IT]!;
  const host = mmu.fetchPage(address) + (address & PAGE_MASK);
  let at = cache.decodeAt(host, { thumb, it });
  if (cache.records[at] === Op.STRADDLE) return fetchStraddling(core, address, host);
  matchIt(cache.records, at, it);
  at = cache.decodeAt(host, { thumb, it });
  return at;
}

function fetchStraddling({ i32, u16, cache, mmu }: Core, address: number, host: number): number {
  const second = mmu.fetchPage(address + 2 | 0);
  const raw = u16[host >>> 1]! << 16 | u16[second >>> 1]!;
  const place = { raw, wide: true, it: i32[WORD.IT]!, offset: PAGE_MASK - 1 };
  packThumb(cache.records, LOOSE, place);
  return LOOSE;
}

function execute(core: Core, at: number, address: number): void {
  const { i32, cache: { records } } = core;
  const w0 = records[at]!, w1 = records[at + 1]!;
  const thumb = (i32[WORD.CPSR]! & PSR.T) !== 0;
  const next = address + (thumb && (w1 >>> W1.WIDE & 1) === 0 ? 2 : 4) | 0;
  if ((w0 & Mark.GOVERNED) !== 0) i32[WORD.IT] = advanceIt(i32[WORD.IT]!);
  if (!conditionPassed(i32, w1 >>> W1.COND & 15)) {
    i32[PC] = next;
    return;
  }
  i32[PC] = address + (thumb ? 4 : 8) | 0;
  EXECUTE[w0 & Mark.OP]!(core, w1, records[at + 2]!, records[at + 3]!);
  if (core.jumped) core.jumped = false;
  else i32[PC] = next;
}

/**
 * The instruction at `address`, whose record is `at` (-1: it was not fetched), did not happen: enters
 * the exception.
 *
 * @throws what is no fault of the guest
 */
export function takeFault(
  core: Core,
  error: unknown,
  { at, address }: { at: number; address: number },
): void {
  if (!(error instanceof Abort) && !(error instanceof Undefined)) {
    core.i32[PC] = address;
    throw error;
  }
  // A fetch that fails costs as much as an instruction: so time passes where nothing else happens.
  if (at === NONE) core.countdown.charge(COST.INSTRUCTION);
  else restoreIt(core, at);
  if (error instanceof Undefined) enterException(core, "undefined", address);
  else {
    core.onFault?.(error, address);
    core.cp15.noteAbort(error);
    enterException(core, error.kind === "data" ? "data abort" : "prefetch abort", address);
  }
  core.jumped = false;
}

/** ITSTATE was advanced before the instruction. */
function restoreIt({ i32, cache: { records } }: Core, at: number): void {
  if ((records[at]! & Mark.GOVERNED) !== 0) i32[WORD.IT] = records[at + 3]! & 0xff;
}
