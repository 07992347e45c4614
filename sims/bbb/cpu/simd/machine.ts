/** What an encoding is built for. */

import type { Core } from "../core.ts";
import { Arithmetic } from "./arithmetic.ts";
import { Registers } from "./registers.ts";

export class Machine {
  readonly registers: Registers;
  readonly arithmetic: Arithmetic;

  constructor(readonly core: Core) {
    this.registers = new Registers(core);
    this.arithmetic = new Arithmetic(this.registers);
  }
}
