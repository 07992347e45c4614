// deno-fmt-ignore-file
// deno-lint-ignore-file
/**
 * The interpreter's loop. Written by interpreter_generator.ts: change that, and run it.
 *
 * `o` is the index of the record that executes, `base` that of its page's first, `page` the virtual
 * address of the page, `sh` 1 in Thumb state: so the address is page + (o - base >> sh). A case of the
 * switch ends in `break done`: go on with the next record; or in `break`: execute it the long way.
 * There is one loop, not one in another: V8 would have to give up its code at each end of the inner.
 */
import type { Core } from "./core.ts";
import { ENTER } from "./decode/cache.ts";
import { EXECUTE } from "./execute/mod.ts";
import { NONE, step, takeFault } from "./interpreter_step.ts";
import { loadMultiple, matchIt, shifted, shiftedByRegister, shiftedWithCarry, storeMultiple, upperProduct } from "./interpreter_helpers.ts";
import { CODE_LINE_SHIFT, CODE_MAP } from "./layout.ts";
import { Mark } from "./op.ts";
import { advanceIt, conditionPassed } from "./psr.ts";

/** Ops that have a short way. */
export const SHORT_WAYS: readonly number[] = [3, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 24, 25, 26, 27, 28, 29, 32, 33, 34, 35, 36, 37, 40, 41, 42, 43, 44, 45, 48, 49, 50, 51, 52, 53, 56, 57, 58, 59, 60, 61, 64, 65, 66, 67, 68, 69, 81, 83, 85, 89, 91, 93, 97, 99, 101, 105, 107, 109, 112, 113, 114, 115, 116, 117, 120, 121, 122, 123, 124, 125, 126, 128, 129, 130, 131, 132, 133, 136, 137, 138, 139, 140, 141, 144, 145, 146, 147, 148, 149, 152, 153, 160, 161, 162, 163, 165, 168, 169, 170, 171, 173, 176, 177, 178, 179, 181, 184, 185, 186, 187, 189, 192, 193, 194, 195, 197, 200, 201, 202, 203, 208, 209, 210, 211, 216, 217, 218, 219, 240, 241, 242, 248, 249, 250, 251, 254, 272, 273, 275, 276, 286, 287, 288, 290, 340];

/**
 * Executes until the budget is used up, or an instruction has faulted. When `tiered`, also until one
 * that may lead to translated code: a call, a return, a branch backwards or to another page.
 */
export function runLoop(core: Core, tiered: boolean): void {
  const { i32, u8, u16, mmu, cache } = core;
  const { records } = cache;
  let budget = i32[24]!;
  let o = ENTER, host = 0, base = 0, page = 0, sh = 0, reads = 0, writes = 0;
  try {
    for (;;) {
      if (budget <= 0) {
        if (o !== ENTER) i32[15] = page + (o - base >> sh);
        i32[24] = budget;
        return;
      }
      budget--;
      let op = records[o]!;
      const w1 = records[o + 1]!;
      if ((op & Mark.GOVERNED) !== 0) {
        const it = i32[23]!;
        if (it !== (records[o + 3]! & 0xff)) {
          budget++;
          records[o] = 0;
          continue;
        }
        const next = advanceIt(it);
        i32[23] = next;
        if (next !== 0) matchIt(records, o + 4 + (w1 >>> 28 & 4), next);
        op ^= Mark.GOVERNED;
      }
      done: {
        if ((w1 & 0xf_0000) !== 0xe_0000 && op !== 0 && !conditionPassed(i32, w1 >>> 16 & 15)) break done;
        switch (op) {
        case 0: // not decoded yet
          budget++;
          core.cache.decode(o, { base, host, thumb: sh === 1, it: i32[23]! });
          continue;
        case 1: // end of the page
          budget++;
          i32[15] = page + (o - base >> sh);
          if (tiered) {
            i32[24] = budget;
            return;
          }
          o = ENTER;
          continue;
        case 2: // half in the next page
          budget++;
          i32[15] = page + (o - base >> sh);
          i32[24] = budget;
          step(core);
          budget = i32[24]!;
          o = ENTER;
          continue;
        case 3: // NOP
          break done;
        case 5: // B
          i32[15] = page + (o - base >> sh) + records[o + 2]!;
          if (tiered) {
            i32[24] = budget;
            return;
          }
          o = ENTER;
          continue;
        case 6: { // B near
          const d = records[o + 3]! >> 8;
          if (tiered && d < 0) {
            i32[15] = page + (o + d - base >> sh);
            i32[24] = budget;
            return;
          }
          o += d;
          continue;
        }
        case 7: // BL
          i32[14] = page + (o - base >> sh) + (sh === 0 ? 4 : (w1 >>> 29 & 2) + 3);
          i32[15] = page + (o - base >> sh) + records[o + 2]!;
          if (tiered) {
            i32[24] = budget;
            return;
          }
          o = ENTER;
          continue;
        case 8: { // BL near
          const d = records[o + 3]! >> 8;
          i32[14] = page + (o - base >> sh) + (sh === 0 ? 4 : (w1 >>> 29 & 2) + 3);
          if (tiered) {
            i32[15] = page + (o + d - base >> sh);
            i32[24] = budget;
            return;
          }
          o += d;
          continue;
        }
        case 10: { // BX
          const target = i32[w1 >>> 8 & 15]!;
          if (!tiered && (target & 1) === sh && (target ^ page) >>> 12 === 0) {
            o = base + ((target & (0xffc | sh << 1)) << sh);
            continue;
          }
          core.branchExchange(target);
          core.jumped = false;
          if (tiered) {
            i32[24] = budget;
            return;
          }
          o = ENTER;
          continue;
        }
        case 11: { // BLX
          const target = i32[w1 >>> 8 & 15]!;
          i32[14] = page + (o - base >> sh) + (sh === 0 ? 4 : (w1 >>> 29 & 2) + 3);
          if (!tiered && (target & 1) === sh && (target ^ page) >>> 12 === 0) {
            o = base + ((target & (0xffc | sh << 1)) << sh);
            continue;
          }
          core.branchExchange(target);
          core.jumped = false;
          if (tiered) {
            i32[24] = budget;
            return;
          }
          o = ENTER;
          continue;
        }
        case 12: { // CBZ
          if (i32[w1 >>> 4 & 15]! !== 0) break done;
          const d = records[o + 3]! >> 8;
          if (d === 0) break;
          o += d;
          continue;
        }
        case 13: { // CBNZ
          if (i32[w1 >>> 4 & 15]! === 0) break done;
          const d = records[o + 3]! >> 8;
          if (d === 0) break;
          o += d;
          continue;
        }
        case 16: { // AND immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          i32[w1 & 15] = a & b;
          break done;
        }
        case 17: { // ANDS immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a & b;
          i32[16] = r;
          i32[17] = r;
          if ((records[o + 3]! & 0x200) !== 0) i32[18] = records[o + 3]! >>> 8 & 1;
          i32[w1 & 15] = r;
          break done;
        }
        case 18: { // AND register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = a & b;
          break done;
        }
        case 19: { // ANDS register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a & b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 20: { // AND shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          i32[w1 & 15] = a & b;
          break done;
        }
        case 21: { // ANDS shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shiftedWithCarry(i32, w1);
          const r = a & b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 24: { // EOR immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          i32[w1 & 15] = a ^ b;
          break done;
        }
        case 25: { // EORS immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a ^ b;
          i32[16] = r;
          i32[17] = r;
          if ((records[o + 3]! & 0x200) !== 0) i32[18] = records[o + 3]! >>> 8 & 1;
          i32[w1 & 15] = r;
          break done;
        }
        case 26: { // EOR register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = a ^ b;
          break done;
        }
        case 27: { // EORS register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a ^ b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 28: { // EOR shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          i32[w1 & 15] = a ^ b;
          break done;
        }
        case 29: { // EORS shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shiftedWithCarry(i32, w1);
          const r = a ^ b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 32: { // SUB immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          i32[w1 & 15] = a - b | 0;
          break done;
        }
        case 33: { // SUBS immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a - b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (a >>> 0 >= b >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (a ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 34: { // SUB register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = a - b | 0;
          break done;
        }
        case 35: { // SUBS register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a - b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (a >>> 0 >= b >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (a ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 36: { // SUB shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          i32[w1 & 15] = a - b | 0;
          break done;
        }
        case 37: { // SUBS shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          const r = a - b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (a >>> 0 >= b >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (a ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 40: { // RSB immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          i32[w1 & 15] = b - a | 0;
          break done;
        }
        case 41: { // RSBS immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = b - a | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (b >>> 0 >= a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (b ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 42: { // RSB register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = b - a | 0;
          break done;
        }
        case 43: { // RSBS register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = b - a | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (b >>> 0 >= a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (b ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 44: { // RSB shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          i32[w1 & 15] = b - a | 0;
          break done;
        }
        case 45: { // RSBS shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          const r = b - a | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (b >>> 0 >= a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (b ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 48: { // ADD immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          i32[w1 & 15] = a + b | 0;
          break done;
        }
        case 49: { // ADDS immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a + b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (r >>> 0 < a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ r) & (b ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 50: { // ADD register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = a + b | 0;
          break done;
        }
        case 51: { // ADDS register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a + b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (r >>> 0 < a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ r) & (b ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 52: { // ADD shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          i32[w1 & 15] = a + b | 0;
          break done;
        }
        case 53: { // ADDS shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          const r = a + b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (r >>> 0 < a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ r) & (b ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 56: { // ADC immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          i32[w1 & 15] = a + b + i32[18]! | 0;
          break done;
        }
        case 57: { // ADCS immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a + b + i32[18]! | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (i32[18] === 0 ? r >>> 0 < a >>> 0 : r >>> 0 <= a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ r) & (b ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 58: { // ADC register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = a + b + i32[18]! | 0;
          break done;
        }
        case 59: { // ADCS register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a + b + i32[18]! | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (i32[18] === 0 ? r >>> 0 < a >>> 0 : r >>> 0 <= a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ r) & (b ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 60: { // ADC shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          i32[w1 & 15] = a + b + i32[18]! | 0;
          break done;
        }
        case 61: { // ADCS shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          const r = a + b + i32[18]! | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (i32[18] === 0 ? r >>> 0 < a >>> 0 : r >>> 0 <= a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ r) & (b ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 64: { // SBC immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          i32[w1 & 15] = a - b - 1 + i32[18]! | 0;
          break done;
        }
        case 65: { // SBCS immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a - b - 1 + i32[18]! | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (i32[18] === 0 ? a >>> 0 > b >>> 0 : a >>> 0 >= b >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (a ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 66: { // SBC register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = a - b - 1 + i32[18]! | 0;
          break done;
        }
        case 67: { // SBCS register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a - b - 1 + i32[18]! | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (i32[18] === 0 ? a >>> 0 > b >>> 0 : a >>> 0 >= b >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (a ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 68: { // SBC shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          i32[w1 & 15] = a - b - 1 + i32[18]! | 0;
          break done;
        }
        case 69: { // SBCS shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          const r = a - b - 1 + i32[18]! | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (i32[18] === 0 ? a >>> 0 > b >>> 0 : a >>> 0 >= b >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (a ^ r)) >>> 31;
          i32[w1 & 15] = r;
          break done;
        }
        case 81: { // TST immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a & b;
          i32[16] = r;
          i32[17] = r;
          if ((records[o + 3]! & 0x200) !== 0) i32[18] = records[o + 3]! >>> 8 & 1;
          break done;
        }
        case 83: { // TST register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a & b;
          i32[16] = r;
          i32[17] = r;
          break done;
        }
        case 85: { // TST shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shiftedWithCarry(i32, w1);
          const r = a & b;
          i32[16] = r;
          i32[17] = r;
          break done;
        }
        case 89: { // TEQ immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a ^ b;
          i32[16] = r;
          i32[17] = r;
          if ((records[o + 3]! & 0x200) !== 0) i32[18] = records[o + 3]! >>> 8 & 1;
          break done;
        }
        case 91: { // TEQ register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a ^ b;
          i32[16] = r;
          i32[17] = r;
          break done;
        }
        case 93: { // TEQ shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shiftedWithCarry(i32, w1);
          const r = a ^ b;
          i32[16] = r;
          i32[17] = r;
          break done;
        }
        case 97: { // CMP immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a - b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (a >>> 0 >= b >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (a ^ r)) >>> 31;
          break done;
        }
        case 99: { // CMP register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a - b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (a >>> 0 >= b >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (a ^ r)) >>> 31;
          break done;
        }
        case 101: { // CMP shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          const r = a - b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (a >>> 0 >= b >>> 0) ? 1 : 0;
          i32[19] = ((a ^ b) & (a ^ r)) >>> 31;
          break done;
        }
        case 105: { // CMN immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a + b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (r >>> 0 < a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ r) & (b ^ r)) >>> 31;
          break done;
        }
        case 107: { // CMN register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a + b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (r >>> 0 < a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ r) & (b ^ r)) >>> 31;
          break done;
        }
        case 109: { // CMN shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          const r = a + b | 0;
          i32[16] = r;
          i32[17] = r;
          i32[18] = (r >>> 0 < a >>> 0) ? 1 : 0;
          i32[19] = ((a ^ r) & (b ^ r)) >>> 31;
          break done;
        }
        case 112: { // ORR immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          i32[w1 & 15] = a | b;
          break done;
        }
        case 113: { // ORRS immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a | b;
          i32[16] = r;
          i32[17] = r;
          if ((records[o + 3]! & 0x200) !== 0) i32[18] = records[o + 3]! >>> 8 & 1;
          i32[w1 & 15] = r;
          break done;
        }
        case 114: { // ORR register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = a | b;
          break done;
        }
        case 115: { // ORRS register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a | b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 116: { // ORR shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          i32[w1 & 15] = a | b;
          break done;
        }
        case 117: { // ORRS shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shiftedWithCarry(i32, w1);
          const r = a | b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 120: { // MOV immediate
          const b = records[o + 2]!;
          i32[w1 & 15] = b;
          break done;
        }
        case 121: { // MOVS immediate
          const b = records[o + 2]!;
          const r = b;
          i32[16] = r;
          i32[17] = r;
          if ((records[o + 3]! & 0x200) !== 0) i32[18] = records[o + 3]! >>> 8 & 1;
          i32[w1 & 15] = r;
          break done;
        }
        case 122: { // MOV register
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = b;
          break done;
        }
        case 123: { // MOVS register
          const b = i32[w1 >>> 8 & 15]!;
          const r = b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 124: { // MOV shifted
          const b = shifted(i32, w1);
          i32[w1 & 15] = b;
          break done;
        }
        case 125: { // MOVS shifted
          const b = shiftedWithCarry(i32, w1);
          const r = b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 126: { // MOV register_shifted
          const b = shiftedByRegister(i32, w1);
          i32[w1 & 15] = b;
          break done;
        }
        case 128: { // BIC immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          i32[w1 & 15] = a & ~b;
          break done;
        }
        case 129: { // BICS immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a & ~b;
          i32[16] = r;
          i32[17] = r;
          if ((records[o + 3]! & 0x200) !== 0) i32[18] = records[o + 3]! >>> 8 & 1;
          i32[w1 & 15] = r;
          break done;
        }
        case 130: { // BIC register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = a & ~b;
          break done;
        }
        case 131: { // BICS register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a & ~b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 132: { // BIC shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          i32[w1 & 15] = a & ~b;
          break done;
        }
        case 133: { // BICS shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shiftedWithCarry(i32, w1);
          const r = a & ~b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 136: { // MVN immediate
          const b = records[o + 2]!;
          i32[w1 & 15] = ~b;
          break done;
        }
        case 137: { // MVNS immediate
          const b = records[o + 2]!;
          const r = ~b;
          i32[16] = r;
          i32[17] = r;
          if ((records[o + 3]! & 0x200) !== 0) i32[18] = records[o + 3]! >>> 8 & 1;
          i32[w1 & 15] = r;
          break done;
        }
        case 138: { // MVN register
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = ~b;
          break done;
        }
        case 139: { // MVNS register
          const b = i32[w1 >>> 8 & 15]!;
          const r = ~b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 140: { // MVN shifted
          const b = shifted(i32, w1);
          i32[w1 & 15] = ~b;
          break done;
        }
        case 141: { // MVNS shifted
          const b = shiftedWithCarry(i32, w1);
          const r = ~b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 144: { // ORN immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          i32[w1 & 15] = a | ~b;
          break done;
        }
        case 145: { // ORNS immediate
          const a = i32[w1 >>> 4 & 15]!;
          const b = records[o + 2]!;
          const r = a | ~b;
          i32[16] = r;
          i32[17] = r;
          if ((records[o + 3]! & 0x200) !== 0) i32[18] = records[o + 3]! >>> 8 & 1;
          i32[w1 & 15] = r;
          break done;
        }
        case 146: { // ORN register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = a | ~b;
          break done;
        }
        case 147: { // ORNS register
          const a = i32[w1 >>> 4 & 15]!;
          const b = i32[w1 >>> 8 & 15]!;
          const r = a | ~b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 148: { // ORN shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shifted(i32, w1);
          i32[w1 & 15] = a | ~b;
          break done;
        }
        case 149: { // ORNS shifted
          const a = i32[w1 >>> 4 & 15]!;
          const b = shiftedWithCarry(i32, w1);
          const r = a | ~b;
          i32[16] = r;
          i32[17] = r;
          i32[w1 & 15] = r;
          break done;
        }
        case 152: // ADR
          i32[w1 & 15] = (page + (o - base >> sh) & ~3) + records[o + 2]!;
          break done;
        case 153: // MOVT
          i32[w1 & 15] = i32[w1 & 15]! & 0xffff | records[o + 2]! << 16;
          break done;
        case 154: { // R15 says where to go on
          budget++;
          const pc = i32[15]!;
          i32[24] = budget;
          host = mmu.fetchPage(pc);
          sh = i32[22]! >>> 5 & 1;
          page = pc & ~0xfff;
          base = cache.page(host, sh === 1);
          o = base + ((pc & 0xfff) << sh);
          reads = i32[26]! >>> 2;
          writes = i32[27]! >>> 2;
          if (i32[23] !== 0) matchIt(records, o, i32[23]!);
          continue;
        }
        case 160: { // LDR offset
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 3) !== 0) break;
          i32[w1 & 15] = i32[h >>> 2]!;
          break done;
        }
        case 161: { // LDR register
          const a = i32[w1 >>> 4 & 15]! + (i32[w1 >>> 8 & 15]! << (w1 >>> 21 & 63)) | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 3) !== 0) break;
          i32[w1 & 15] = i32[h >>> 2]!;
          break done;
        }
        case 162: { // LDR pre
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 3) !== 0) break;
          i32[w1 >>> 4 & 15] = a;
          i32[w1 & 15] = i32[h >>> 2]!;
          break done;
        }
        case 163: { // LDR post
          const a = i32[w1 >>> 4 & 15]!;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 3) !== 0) break;
          i32[w1 >>> 4 & 15] = a + records[o + 2]!;
          i32[w1 & 15] = i32[h >>> 2]!;
          break done;
        }
        case 165: { // LDR literal
          const a = (page + (o - base >> sh) & ~3) + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 3) !== 0) break;
          i32[w1 & 15] = i32[h >>> 2]!;
          break done;
        }
        case 168: { // LDRB offset
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          i32[w1 & 15] = u8[h]!;
          break done;
        }
        case 169: { // LDRB register
          const a = i32[w1 >>> 4 & 15]! + (i32[w1 >>> 8 & 15]! << (w1 >>> 21 & 63)) | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          i32[w1 & 15] = u8[h]!;
          break done;
        }
        case 170: { // LDRB pre
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          i32[w1 >>> 4 & 15] = a;
          i32[w1 & 15] = u8[h]!;
          break done;
        }
        case 171: { // LDRB post
          const a = i32[w1 >>> 4 & 15]!;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          i32[w1 >>> 4 & 15] = a + records[o + 2]!;
          i32[w1 & 15] = u8[h]!;
          break done;
        }
        case 173: { // LDRB literal
          const a = (page + (o - base >> sh) & ~3) + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          i32[w1 & 15] = u8[h]!;
          break done;
        }
        case 176: { // LDRH offset
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          i32[w1 & 15] = u16[h >>> 1]!;
          break done;
        }
        case 177: { // LDRH register
          const a = i32[w1 >>> 4 & 15]! + (i32[w1 >>> 8 & 15]! << (w1 >>> 21 & 63)) | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          i32[w1 & 15] = u16[h >>> 1]!;
          break done;
        }
        case 178: { // LDRH pre
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          i32[w1 >>> 4 & 15] = a;
          i32[w1 & 15] = u16[h >>> 1]!;
          break done;
        }
        case 179: { // LDRH post
          const a = i32[w1 >>> 4 & 15]!;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          i32[w1 >>> 4 & 15] = a + records[o + 2]!;
          i32[w1 & 15] = u16[h >>> 1]!;
          break done;
        }
        case 181: { // LDRH literal
          const a = (page + (o - base >> sh) & ~3) + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          i32[w1 & 15] = u16[h >>> 1]!;
          break done;
        }
        case 184: { // LDRSB offset
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          i32[w1 & 15] = u8[h]! << 24 >> 24;
          break done;
        }
        case 185: { // LDRSB register
          const a = i32[w1 >>> 4 & 15]! + (i32[w1 >>> 8 & 15]! << (w1 >>> 21 & 63)) | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          i32[w1 & 15] = u8[h]! << 24 >> 24;
          break done;
        }
        case 186: { // LDRSB pre
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          i32[w1 >>> 4 & 15] = a;
          i32[w1 & 15] = u8[h]! << 24 >> 24;
          break done;
        }
        case 187: { // LDRSB post
          const a = i32[w1 >>> 4 & 15]!;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          i32[w1 >>> 4 & 15] = a + records[o + 2]!;
          i32[w1 & 15] = u8[h]! << 24 >> 24;
          break done;
        }
        case 189: { // LDRSB literal
          const a = (page + (o - base >> sh) & ~3) + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          i32[w1 & 15] = u8[h]! << 24 >> 24;
          break done;
        }
        case 192: { // LDRSH offset
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          i32[w1 & 15] = u16[h >>> 1]! << 16 >> 16;
          break done;
        }
        case 193: { // LDRSH register
          const a = i32[w1 >>> 4 & 15]! + (i32[w1 >>> 8 & 15]! << (w1 >>> 21 & 63)) | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          i32[w1 & 15] = u16[h >>> 1]! << 16 >> 16;
          break done;
        }
        case 194: { // LDRSH pre
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          i32[w1 >>> 4 & 15] = a;
          i32[w1 & 15] = u16[h >>> 1]! << 16 >> 16;
          break done;
        }
        case 195: { // LDRSH post
          const a = i32[w1 >>> 4 & 15]!;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          i32[w1 >>> 4 & 15] = a + records[o + 2]!;
          i32[w1 & 15] = u16[h >>> 1]! << 16 >> 16;
          break done;
        }
        case 197: { // LDRSH literal
          const a = (page + (o - base >> sh) & ~3) + records[o + 2]! | 0;
          const t = i32[reads + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          i32[w1 & 15] = u16[h >>> 1]! << 16 >> 16;
          break done;
        }
        case 200: { // STR offset
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 3) !== 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          i32[h >>> 2] = i32[w1 & 15]!;
          break done;
        }
        case 201: { // STR register
          const a = i32[w1 >>> 4 & 15]! + (i32[w1 >>> 8 & 15]! << (w1 >>> 21 & 63)) | 0;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 3) !== 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          i32[h >>> 2] = i32[w1 & 15]!;
          break done;
        }
        case 202: { // STR pre
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 3) !== 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          i32[h >>> 2] = i32[w1 & 15]!;
          i32[w1 >>> 4 & 15] = a;
          break done;
        }
        case 203: { // STR post
          const a = i32[w1 >>> 4 & 15]!;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 3) !== 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          i32[h >>> 2] = i32[w1 & 15]!;
          i32[w1 >>> 4 & 15] = a + records[o + 2]!;
          break done;
        }
        case 208: { // STRB offset
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          u8[h] = i32[w1 & 15]!;
          break done;
        }
        case 209: { // STRB register
          const a = i32[w1 >>> 4 & 15]! + (i32[w1 >>> 8 & 15]! << (w1 >>> 21 & 63)) | 0;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          u8[h] = i32[w1 & 15]!;
          break done;
        }
        case 210: { // STRB pre
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          u8[h] = i32[w1 & 15]!;
          i32[w1 >>> 4 & 15] = a;
          break done;
        }
        case 211: { // STRB post
          const a = i32[w1 >>> 4 & 15]!;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          u8[h] = i32[w1 & 15]!;
          i32[w1 >>> 4 & 15] = a + records[o + 2]!;
          break done;
        }
        case 216: { // STRH offset
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          u16[h >>> 1] = i32[w1 & 15]!;
          break done;
        }
        case 217: { // STRH register
          const a = i32[w1 >>> 4 & 15]! + (i32[w1 >>> 8 & 15]! << (w1 >>> 21 & 63)) | 0;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          u16[h >>> 1] = i32[w1 & 15]!;
          break done;
        }
        case 218: { // STRH pre
          const a = i32[w1 >>> 4 & 15]! + records[o + 2]! | 0;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          u16[h >>> 1] = i32[w1 & 15]!;
          i32[w1 >>> 4 & 15] = a;
          break done;
        }
        case 219: { // STRH post
          const a = i32[w1 >>> 4 & 15]!;
          const t = i32[writes + (a >>> 12)]!;
          const h = a + t >>> 0;
          if (t === 0 || (a & 1) !== 0) break;
          if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;
          u16[h >>> 1] = i32[w1 & 15]!;
          i32[w1 >>> 4 & 15] = a + records[o + 2]!;
          break done;
        }
        case 240: // LDM
          if (loadMultiple(i32, reads, records, o)) break done;
          break;
        case 241: { // LDM to the PC
          if (!loadMultiple(i32, reads, records, o)) break;
          const target = i32[15]!;
          if (!tiered && (target & 1) === sh && (target ^ page) >>> 12 === 0) {
            o = base + ((target & (0xffc | sh << 1)) << sh);
            continue;
          }
          core.branchExchange(target);
          core.jumped = false;
          if (tiered) {
            i32[24] = budget;
            return;
          }
          o = ENTER;
          continue;
        }
        case 242: // STM
          i32[15] = page + (o - base >> sh) + (8 >> sh);
          if (storeMultiple(core, writes, records, o)) break done;
          break;
        case 248: { // MUL
          const r = Math.imul(i32[w1 >>> 4 & 15]!, i32[w1 >>> 8 & 15]!);
          i32[w1 & 15] = r;
          if ((w1 & 0x10_0000) !== 0) {
          i32[16] = r;
          i32[17] = r;
          }
          break done;
        }
        case 249: { // MLA
          const r = i32[w1 >>> 12 & 15]! + Math.imul(i32[w1 >>> 4 & 15]!, i32[w1 >>> 8 & 15]!) | 0;
          i32[w1 & 15] = r;
          if ((w1 & 0x10_0000) !== 0) {
          i32[16] = r;
          i32[17] = r;
          }
          break done;
        }
        case 250: // MLS
          i32[w1 & 15] = i32[w1 >>> 12 & 15]! - Math.imul(i32[w1 >>> 4 & 15]!, i32[w1 >>> 8 & 15]!);
          break done;
        case 251: { // UMULL
          if ((w1 & 0x10_0000) !== 0) break;
          const n = i32[w1 >>> 4 & 15]!, m = i32[w1 >>> 8 & 15]!;
          i32[w1 >>> 12 & 15] = Math.imul(n, m);
          i32[w1 & 15] = upperProduct(n, m);
          break done;
        }
        case 254: { // SMULL
          if ((w1 & 0x10_0000) !== 0) break;
          const n = i32[w1 >>> 4 & 15]!, m = i32[w1 >>> 8 & 15]!;
          i32[w1 >>> 12 & 15] = Math.imul(n, m);
          i32[w1 & 15] = upperProduct(n, m) - (n < 0 ? m : 0) - (m < 0 ? n : 0);
          break done;
        }
        case 272: { // SXTB
          const m = i32[w1 >>> 8 & 15]!, by = w1 >>> 21 & 31;
          const r = m >>> by | m << (32 - by);
          i32[w1 & 15] = r << 24 >> 24;
          break done;
        }
        case 273: { // SXTH
          const m = i32[w1 >>> 8 & 15]!, by = w1 >>> 21 & 31;
          const r = m >>> by | m << (32 - by);
          i32[w1 & 15] = r << 16 >> 16;
          break done;
        }
        case 275: { // UXTB
          const m = i32[w1 >>> 8 & 15]!, by = w1 >>> 21 & 31;
          const r = m >>> by | m << (32 - by);
          i32[w1 & 15] = r & 0xff;
          break done;
        }
        case 276: { // UXTH
          const m = i32[w1 >>> 8 & 15]!, by = w1 >>> 21 & 31;
          const r = m >>> by | m << (32 - by);
          i32[w1 & 15] = r & 0xffff;
          break done;
        }
        case 286: { // SBFX
          const f = records[o + 2]!, up = 32 - (f & 31) - (f >>> 8);
          if (up < 0) break;
          i32[w1 & 15] = i32[w1 >>> 4 & 15]! << up >> 32 - (f >>> 8);
          break done;
        }
        case 287: { // UBFX
          const f = records[o + 2]!, up = 32 - (f & 31) - (f >>> 8);
          if (up < 0) break;
          i32[w1 & 15] = i32[w1 >>> 4 & 15]! << up >>> 32 - (f >>> 8);
          break done;
        }
        case 288: // CLZ
          i32[w1 & 15] = Math.clz32(i32[w1 >>> 8 & 15]!);
          break done;
        case 290: { // REV
          const m = i32[w1 >>> 8 & 15]!;
          i32[w1 & 15] = m << 24 | m << 8 & 0xff_0000 | m >>> 8 & 0xff00 | m >>> 24;
          break done;
        }
        case 340: // DMB, DSB
          break done;
        case 342: // IT
          i32[23] = records[o + 2]!;
          matchIt(records, o + 4, records[o + 2]!);
          break done;
        }
        i32[15] = page + (o - base >> sh) + (8 >> sh);
        i32[24] = budget;
        EXECUTE[op & Mark.OP]!(core, w1, records[o + 2]!, records[o + 3]!);
        budget = i32[24]!;
        if (core.jumped) {
          core.jumped = false;
          if (tiered) return;
          o = ENTER;
          continue;
        }
      }
      o += 4 + (w1 >>> 28 & 4);
    }
  } catch (error) {
    if (o === ENTER) takeFault(core, error, { at: NONE, address: i32[15]! });
    else takeFault(core, error, { at: o, address: page + (o - base >> sh) | 0 });
  }
}
