/** Both CPUs with the same memory, ready to be compared. */

import { Random } from "hil/time/mod.ts";
import { Comparer } from "./compare.ts";
import { Ours } from "./ours.ts";
import type { Disassemble } from "./report.ts";
import { Unicorn } from "./unicorn.ts";

export interface Opened {
  readonly comparer: Comparer;
  readonly disassemble: Disassemble;
  readonly unicorn: Unicorn;
}

/** @throws UnicornMissing */
export function openComparer(): Opened {
  const unicorn = Unicorn.open();
  const random = new Random("memory");
  const comparer = new Comparer(new Ours(), unicorn, (words) => {
    for (let i = 0; i < words.length; i++) words[i] = random.next();
  });
  return { comparer, disassemble: ({ compiled }) => compiled?.encoding.name ?? "?", unicorn };
}
