/** Both CPUs with the same memory, ready to be compared. */

import { Random } from "hil/time/mod.ts";
import { disassemble } from "../disassemble.ts";
import { WasmTier } from "../jit/mod.ts";
import { VfpNeon } from "../simd/mod.ts";
import type { Case } from "./case.ts";
import { Comparer } from "./compare.ts";
import { Ours } from "./ours.ts";
import type { Disassemble } from "./report.ts";
import { ExtensionRegisters } from "./simd_case.ts";
import { itOf } from "./state.ts";
import { Unicorn } from "./unicorn.ts";

export interface Pair {
  readonly ours: Ours;
  readonly unicorn: Unicorn;
  /** Gives code and scratch their first contents, the same each time. */
  readonly fill: (words: Uint32Array) => void;
}

export interface Opened extends Pair {
  readonly comparer: Comparer;
  readonly disassemble: Disassemble;
}

/** @throws UnicornMissing */
export function pair(): Pair {
  const unicorn = Unicorn.open();
  const random = new Random("memory");
  return {
    ours: new Ours(),
    unicorn,
    fill: (words) => {
      for (let i = 0; i < words.length; i++) words[i] = random.next();
    },
  };
}

/** @throws UnicornMissing */
export function openComparer(): Opened {
  const both = pair();
  const comparer = new Comparer(both.ours, both.unicorn, both.fill);
  return { ...both, comparer, disassemble: (test) => text(both.ours, test) };
}

/** What is entered twice is translated. @throws UnicornMissing */
export function openTranslatedComparer(): Opened & { readonly tier: WasmTier } {
  const opened = openComparer();
  const tier = new WasmTier(opened.ours.cpu.core, { hot: 1, batch: 1 });
  opened.ours.cpu.tier = tier;
  return { ...opened, tier };
}

/** With VFP and Advanced SIMD on. @throws UnicornMissing */
export function openSimdComparer(): Opened {
  const opened = openComparer();
  opened.ours.cpu.simd = new VfpNeon(opened.ours.cpu.core);
  opened.comparer.extra = new ExtensionRegisters(opened.ours, opened.unicorn);
  return opened;
}

/** Put where the instruction was, for its text depends on its address. */
function text(ours: Ours, { set, word, address, before }: Case): string {
  const halves = set === "arm"
    ? [word & 0xffff, word >>> 16]
    : set === "thumb16"
    ? [word]
    : [word >>> 16, word & 0xffff];
  ours.load(address, new Uint8Array(new Uint16Array(halves).buffer));
  const host = ours.memory.hostOf(address);
  const thumb = set !== "arm";
  return disassemble(ours.memory, { host, address, thumb, it: itOf(before.cpsr) }).text;
}
