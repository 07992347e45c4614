/** Executes any decoded instruction: one function for each op. */
import { Op } from "../op.ts";
import { BRANCH } from "./branch.ts";
import { COPROCESSOR } from "./coprocessor.ts";
import { DATA } from "./data.ts";
import { EXCLUSIVES } from "./exclusive.ts";
import type { Execute } from "./handler.ts";
import { MEDIA } from "./media.ts";
import { MEMORY } from "./memory.ts";
import { MULTIPLE } from "./multiple.ts";
import { MULTIPLY } from "./multiply.ts";
import { PARALLELS } from "./parallel.ts";
import { SYSTEM } from "./system.ts";

export type { Execute } from "./handler.ts";

const all = {
  ...DATA,
  ...BRANCH,
  ...MEMORY,
  ...MULTIPLE,
  ...EXCLUSIVES,
  ...MULTIPLY,
  ...MEDIA,
  ...PARALLELS,
  ...SYSTEM,
  ...COPROCESSOR,
};

/** By {@link Op}. Those that no instruction has, and those of the interpreter itself, are undefined. */
export const EXECUTE: readonly Execute[] = Array.from(
  { length: Op.COUNT },
  (_, op) => all[op] ?? SYSTEM[Op.UNDEFINED]!,
);
