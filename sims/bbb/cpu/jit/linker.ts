/**
 * Makes regions' functions callable: compiles several in one WebAssembly module (a module costs
 * more than a function in it: 80 us alone, 4 to 9 us among many) and puts them in one table.
 */
import { MEMORY_SIZE } from "../layout.ts";
import { SLOT_SHIFT } from "./jumps.ts";
import { Code } from "./wasm_code.ts";
import { encodeModule, ENVIRONMENT } from "./wasm_module.ts";
import { type Import, IMPORTS, LEFT, TYPE, TYPES } from "./writer.ts";

/** What translated code asks of the host: it never throws through WebAssembly. */
export type Host = Readonly<Record<Import, (...args: number[]) => number | void>>;

/** Runs the region at a slot from a block on; gives why it came back: see {@linkcode LEFT}. */
export type Enter = (jump: number) => number;

const IMPORT_TYPES: Readonly<Record<Import, number>> = {
  read8: TYPE.READ,
  read16: TYPE.READ,
  read32: TYPE.READ,
  write8: TYPE.WRITE,
  write16: TYPE.WRITE,
  write32: TYPE.WRITE,
  step: TYPE.STEP,
};
const IMPORTED = IMPORTS.map((name) => ({ name, type: IMPORT_TYPES[name] }));

export class Linker {
  readonly enter: Enter;
  readonly #table: WebAssembly.Table;
  readonly #imports: WebAssembly.Imports;
  // deno-lint-ignore ban-types
  readonly #nothing: Function;
  readonly #free: number[] = [];

  /** @param slots places for regions; slot 0 is none of them */
  constructor(memory: WebAssembly.Memory, host: Host, readonly slots: number) {
    this.#table = new WebAssembly.Table({ initial: slots, element: "anyfunc" });
    this.#imports = {
      [ENVIRONMENT]: { memory, table: this.#table, ...host } as WebAssembly.ModuleImports,
    };
    const nothing = new Code(1).i32(LEFT.MISSED).encode();
    const enter = new Code(1).get(0).i32((1 << SLOT_SHIFT) - 1).op("and")
      .get(0).i32(SLOT_SHIFT).op("shr_u").callIndirect(TYPE.REGION).encode();
    const exports = this.#instantiate([
      { type: TYPE.REGION, body: nothing, slot: 0 },
      { type: TYPE.REGION, body: enter, exported: "enter" },
    ]);
    this.enter = exports.enter as Enter;
    this.#nothing = this.#table.get(0)!;
    for (let slot = slots - 1; slot > 0; slot--) {
      this.#free.push(slot);
      this.#table.set(slot, this.#nothing);
    }
  }

  /** A slot that is not taken; undefined when all are. */
  take(): number | undefined {
    return this.#free.pop();
  }

  /** What is in the slot is not called again, and may be forgotten. */
  release(slot: number): void {
    this.#table.set(slot, this.#nothing);
    this.#free.push(slot);
  }

  link(functions: readonly { readonly slot: number; readonly body: Uint8Array }[]): void {
    this.#instantiate(functions.map(({ slot, body }) => ({ type: TYPE.REGION, slot, body })));
  }

  #instantiate(functions: Parameters<typeof encodeModule>[0]["functions"]): WebAssembly.Exports {
    const bytes = encodeModule({
      types: TYPES,
      imports: IMPORTED,
      functions,
      memoryPages: MEMORY_SIZE >>> 16,
      tableSize: this.slots,
    });
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), this.#imports).exports;
  }
}
