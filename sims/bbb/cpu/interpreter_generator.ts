/**
 * Writes interpreter_loop.ts: `deno run --allow-write=sims/bbb/cpu sims/bbb/cpu/interpreter_generator.ts`.
 *
 * The loop is one function with one switch whose labels are numbers, for V8 makes a jump table of
 * that and of nothing else; and each common op has its own short way for each form of its operands.
 * By hand that would be the same text a hundred times.
 */
import { type Case, INTERNAL, shortWays, W2, W3, word } from "./interpreter_cases.ts";
import { STATE } from "./layout.ts";

const IT = word(STATE.IT), BUDGET = word(STATE.BUDGET);

function caseText({ op, name, body }: Case): string {
  const scoped = /\bconst\b/.test(body);
  const indented = body.replaceAll(/^/gm, "          ");
  return `        case ${op}: ${scoped ? "{ " : ""}// ${name}\n${indented}${
    scoped ? "\n        }" : ""
  }`;
}

/** The text of interpreter_loop.ts. */
export function generate(): string {
  const byOp = (a: Case, b: Case) => a.op - b.op;
  const short = shortWays().toSorted(byOp);
  const cases = [...INTERNAL, ...short].sort(byOp);
  const ops = short.map(({ op }) => op);
  return TEMPLATE.replace("// CASES", cases.map(caseText).join("\n")).replace(
    "/* OPS */",
    ops.join(", "),
  );
}

const TEMPLATE = `// deno-fmt-ignore-file
// deno-lint-ignore-file
/**
 * The interpreter's loop. Written by interpreter_generator.ts: change that, and run it.
 *
 * \`o\` is the index of the record that executes, \`base\` that of its page's first, \`page\` the virtual
 * address of the page, \`sh\` 1 in Thumb state: so the address is page + (o - base >> sh). A case of the
 * switch ends in \`break done\`: go on with the next record; or in \`break\`: execute it the long way.
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
export const SHORT_WAYS: readonly number[] = [/* OPS */];

/**
 * Executes until the budget is used up, or an instruction has faulted. When \`tiered\`, also until one
 * that may lead to translated code: a call, a return, a branch backwards or to another page.
 */
export function runLoop(core: Core, tiered: boolean): void {
  const { i32, u8, u16, mmu, cache } = core;
  const { records } = cache;
  let budget = ${BUDGET}!;
  let o = ENTER, host = 0, base = 0, page = 0, sh = 0, reads = 0, writes = 0;
  try {
    for (;;) {
      if (budget <= 0) {
        if (o !== ENTER) i32[15] = page + (o - base >> sh);
        ${BUDGET} = budget;
        return;
      }
      budget--;
      let op = records[o]!;
      const w1 = records[o + 1]!;
      if ((op & Mark.GOVERNED) !== 0) {
        const it = ${IT}!;
        if (it !== (${W3} & 0xff)) {
          budget++;
          records[o] = 0;
          continue;
        }
        const next = advanceIt(it);
        ${IT} = next;
        if (next !== 0) matchIt(records, o + 4 + (w1 >>> 28 & 4), next);
        op ^= Mark.GOVERNED;
      }
      done: {
        if ((w1 & 0xf_0000) !== 0xe_0000 && op !== 0 && !conditionPassed(i32, w1 >>> 16 & 15)) break done;
        switch (op) {
// CASES
        }
        i32[15] = page + (o - base >> sh) + (8 >> sh);
        ${BUDGET} = budget;
        EXECUTE[op & Mark.OP]!(core, w1, ${W2}, ${W3});
        budget = ${BUDGET}!;
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
`;

if (import.meta.main) {
  Deno.writeTextFileSync(new URL("interpreter_loop.ts", import.meta.url), generate());
}
