/** Whole programs on both CPUs: registers, flags and memory when they have ended. */

import type { Ours } from "./ours.ts";
import type { Program } from "./program.ts";
import { hex, PLACE, type State } from "./state.ts";
import { CORE, type Unicorn } from "./unicorn.ts";

/** More than any program executes. */
const LIMIT = 100_000;

export class ProgramComparer {
  readonly #ours: Ours;
  readonly #unicorn: Unicorn;
  readonly #code: Uint8Array;
  readonly #scratch: Int32Array;

  /** `code` and `scratch` are what unicorn sees at those places. */
  constructor(
    { ours, unicorn, code, scratch }: {
      readonly ours: Ours;
      readonly unicorn: Unicorn;
      readonly code: Uint8Array;
      readonly scratch: Int32Array;
    },
  ) {
    this.#ours = ours;
    this.#unicorn = unicorn;
    this.#code = code;
    this.#scratch = scratch;
  }

  /** Undefined: both end in the same state. */
  run(program: Program): string | undefined {
    const { bytes, address, before, thumb } = program;
    this.#code.set(bytes, address - PLACE.CODE);
    this.#unicorn.forgetCodeAt(address, bytes.length);
    this.#ours.load(address, bytes);
    this.#ours.scratch.set(this.#scratch);
    const { core } = this.#unicorn;
    core[CORE.CPSR] = before.cpsr;
    core[CORE.SPSR] = before.spsr;
    core.set(before.r, CORE.R);
    this.#unicorn.writeCore();
    this.#unicorn.clearExclusive(PLACE.CODE);
    this.#unicorn.writeCore();
    this.#unicorn.run(before.r[15]! | (thumb ? 1 : 0), LIMIT);
    this.#unicorn.readCore();
    const ours = this.#ours.runToException(before, LIMIT);
    const differences = ours === undefined ? ["ours did not end"] : this.#differences(ours);
    return differences.length === 0 ? undefined : this.#report(program, differences);
  }

  #differences(ours: State): string[] {
    const { core } = this.#unicorn;
    const what: string[] = [];
    for (let n = 0; n < 16; n++) {
      const a = ours.r[n]!, b = core[CORE.R + n]!;
      if (a !== b) what.push(`R${n} ${hex(a)}, but ${hex(b)}`);
    }
    if (ours.cpsr !== core[CORE.CPSR]) {
      what.push(`CPSR ${hex(ours.cpsr)}, but ${hex(core[CORE.CPSR]!)}`);
    }
    this.#ours.scratch.forEach((a, i) => {
      const b = this.#scratch[i]!;
      if (a !== b) what.push(`memory at ${hex(PLACE.SCRATCH + 4 * i)} ${hex(a)}, but ${hex(b)}`);
    });
    return what;
  }

  #report(program: Program, differences: readonly string[]): string {
    const { seed, index, thumb, address, before, bytes, end } = program;
    const words = [...new Uint16Array(bytes.buffer)].map((half) =>
      half.toString(16).padStart(4, "0")
    );
    return [
      `program ${index} (${thumb ? "Thumb" : "ARM"}) at ${hex(address)}, from ` +
      `${hex(before.r[15]!)} to ${hex(end)}`,
      `  differs: ${differences.slice(0, 8).join("; ")}`,
      `  halfwords: ${words.join(" ")}`,
      `  before: ${[...before.r].map(hex).join(" ")} cpsr ${hex(before.cpsr)}`,
      `  replay: deno run --allow-ffi --allow-read sims/bbb/cpu/proof/main.ts --programs ` +
      `--seed ${seed} --index ${index}`,
    ].join("\n");
  }
}
