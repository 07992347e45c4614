/** What a divergence looks like to who has to find its cause. */

import type { Divergence } from "./compare.ts";
import type { Case } from "./case.ts";
import { hex, itOf, type State } from "./state.ts";

/** Names an instruction; the disassembler of the CPU, when it is at hand. */
export type Disassemble = (test: Case) => string;

export function report({ test, what, ours, theirs }: Divergence, disassemble: Disassemble): string {
  const { set, word, compiled, fields, before, address } = test;
  const digits = set === "thumb16" ? 4 : 8;
  const values = Object.entries(fields).map(([letter, value]) => `${letter}=${value}`).join(" ");
  return [
    `${set} ${hex(word).slice(-digits)} at ${hex(address)}: ${disassemble(test)}`,
    `  encoding ${compiled?.encoding.name ?? "none"}  ${values}`,
    `  differs: ${what.join("; ")}`,
    `  before   ${stateText(before)}`,
    `  ours     ${stateText(ours.after, before)}  ${ours.exception}`,
    `  unicorn  ${stateText(theirs.after, before)}  ${theirs.exception}`,
    `  replay: ${replay(test)}`,
  ].join("\n");
}

export function replay({ seed, index }: Case): string {
  return `deno run --allow-ffi --allow-read sims/bbb/cpu/proof/main.ts --seed ${seed} ` +
    `--index ${index}`;
}

/** Registers by name; with `than`, only those that differ from it. */
function stateText(state: State, than?: State): string {
  const parts: string[] = [];
  state.r.forEach((value, n) => {
    if (value !== than?.r[n]) parts.push(`r${n} ${hex(value)}`);
  });
  if (state.cpsr !== than?.cpsr) {
    const it = itOf(state.cpsr);
    parts.push(`cpsr ${hex(state.cpsr)}${it === 0 ? "" : ` (it ${hex(it).slice(6)})`}`);
  }
  if (state.spsr !== than?.spsr) parts.push(`spsr ${hex(state.spsr)}`);
  return parts.length === 0 ? "as before" : parts.join(" ");
}
