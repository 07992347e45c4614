/** Exclusive accesses and SWP (ARM Architecture Reference Manual DDI 0406C, sections A3.4, A8.8). */
import type { Core } from "../core.ts";
import { STATE } from "../layout.ts";
import { Op } from "../op.ts";
import { type Execute, type Executes, ra, rd, rm, rn } from "./handler.ts";

const EXCLUSIVE = STATE.EXCLUSIVE >>> 2;
const EXCLUSIVE_ADDRESS = STATE.EXCLUSIVE_ADDRESS >>> 2;

function watch(core: Core, address: number): void {
  core.i32[EXCLUSIVE] = 1;
  core.i32[EXCLUSIVE_ADDRESS] = address;
}

/** Whether a store may happen: the monitor watches this address. It does not any more. */
function claim(core: Core, address: number): boolean {
  const watched = core.i32[EXCLUSIVE] === 1 && core.i32[EXCLUSIVE_ADDRESS] === address;
  core.i32[EXCLUSIVE] = 0;
  return watched;
}

const load = (width: 1 | 2 | 4): Execute => (core, w1, w2) => {
  const address = core.i32[rn(w1)]! + w2 | 0;
  if (width !== 1) core.requireAligned(address, width, "read");
  core.i32[rd(w1)] = core.mmu.read(address, width);
  watch(core, address);
};

const store = (width: 1 | 2 | 4): Execute => (core, w1, w2) => {
  const address = core.i32[rn(w1)]! + w2 | 0;
  if (width !== 1) core.requireAligned(address, width, "write");
  const may = claim(core, address);
  if (may) core.mmu.write(address, core.i32[rm(w1)]!, width);
  core.i32[rd(w1)] = may ? 0 : 1;
};

const LDREXD: Execute = (core, w1) => {
  const address = core.i32[rn(w1)]!;
  core.requireAligned(address, 8, "read");
  const first = core.read32(address);
  core.i32[ra(w1)] = core.read32(address + 4);
  core.i32[rd(w1)] = first;
  watch(core, address);
};

const STREXD: Execute = (core, w1) => {
  const address = core.i32[rn(w1)]!;
  core.requireAligned(address, 8, "write");
  const may = claim(core, address);
  if (may) {
    core.write32(address, core.i32[rm(w1)]!);
    core.write32(address + 4, core.i32[ra(w1)]!);
  }
  core.i32[rd(w1)] = may ? 0 : 1;
};

const swap = (width: 1 | 4): Execute => (core, w1) => {
  const address = core.i32[rn(w1)]!;
  if (width === 4) core.requireAligned(address, 4, "write");
  const old = core.mmu.read(address, width);
  core.mmu.write(address, core.i32[rm(w1)]!, width);
  core.i32[rd(w1)] = old;
};

export const EXCLUSIVES: Executes = {
  [Op.LDREX]: load(4),
  [Op.LDREXB]: load(1),
  [Op.LDREXH]: load(2),
  [Op.LDREXD]: LDREXD,
  [Op.STREX]: store(4),
  [Op.STREXB]: store(1),
  [Op.STREXH]: store(2),
  [Op.STREXD]: STREXD,
  [Op.CLREX]: ({ i32 }) => {
    i32[EXCLUSIVE] = 0;
  },
  [Op.SWP]: swap(4),
  [Op.SWPB]: swap(1),
};
