import { Random } from "sims/engine/mod.ts";
import { assertAlike, CODE, DATA, DEVICE, Machine } from "./_lockstep.ts";
import { PROGRAM_BYTES, randomProgram } from "./_random_program.ts";
import { PSR } from "../psr.ts";

/** Across the end of a page. */
const PROGRAM = CODE + 0x1000 - PROGRAM_BYTES / 2;
const THUMB = 1;
/** Each is a branch to itself. */
const VECTORS = new Uint8Array(new Uint32Array(8).fill(0xeaff_fffe).buffer);

function start(random: Random, machines: readonly Machine[], thumb: boolean): void {
  const base = () => {
    const kind = random.below(20);
    if (kind < 11) return DATA + random.below(0x2000) & ~3;
    if (kind < 15) return DATA + 0x1000 - 8 + random.below(16);
    if (kind < 17) return DEVICE + random.below(0x100) & ~3;
    if (kind < 19) return PROGRAM + random.below(PROGRAM_BYTES) & ~3;
    return random.next();
  };
  const code = () => PROGRAM + 4 * random.below(PROGRAM_BYTES / 4) + (thumb ? THUMB : 0);
  const registers = Array.from({ length: 15 }, (_, r) => {
    if (r === 6 || r === 7 || r === 14) return code();
    if (r >= 8) return base();
    return random.below(3) === 0
      ? random.below(64)
      : random.below(3) === 0
      ? base()
      : random.next();
  });
  const pc = code() & ~THUMB;
  const mode = [0x13, 0x10, 0x1f, 0x12][random.below(4)]!;
  const psr = random.next() & 0xf80f_0000 | mode | (thumb ? PSR.T : 0) | PSR.F |
    (random.below(2) ? PSR.I : 0);
  for (const { cpu: { core } } of machines) {
    core.cpsr = psr | 0;
    for (const [r, value] of registers.entries()) core.i32[r] = value;
    core.i32[15] = pc;
    core.jumped = false;
  }
}

/** Runs one program on both for some slices of time. */
function compare(seed: string, { thumb, slices }: { thumb: boolean; slices: number }): Machine {
  const random = new Random(seed);
  const plain = new Machine(), tiered = new Machine({ hot: 1 + random.below(3), batch: 1 });
  const machines = [plain, tiered];
  const write = (pa: number, bytes: Uint8Array) => machines.forEach((m) => m.write(pa, bytes));
  write(0, VECTORS);
  write(PROGRAM, randomProgram(random, thumb));
  const data = new Uint8Array(0x3000);
  for (let i = 0; i < data.length; i++) data[i] = random.next();
  write(DATA, data);
  for (let slice = 0; slice < slices; slice++) {
    const inCode = plain.cpu.core.i32[15]! - PROGRAM >>> 0 < PROGRAM_BYTES;
    if (!inCode || random.below(4) === 0) start(random, machines, thumb);
    if (random.below(40) === 0) write(PROGRAM, randomProgram(random, thumb));
    const until = plain.clock.now() + 1 + random.below(random.below(2) ? 100 : 8);
    for (const machine of machines) machine.clock.runTo(until);
    assertAlike(plain, tiered, `seed "${seed}", slice ${slice}`);
  }
  return tiered;
}

for (const thumb of [false, true]) {
  const set = thumb ? "Thumb" : "ARM";
  Deno.test(`random ${set} programs do the same, at the same time, with and without the tier`, () => {
    let regions = 0;
    for (let n = 0; n < 8; n++) {
      regions += compare(`${set} ${n}`, { thumb, slices: 400 }).tier!.count;
    }
    if (regions < 20) throw new Error(`only ${regions} regions were translated`);
  });
}
