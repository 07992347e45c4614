/**
 * Makes regions' functions callable: compiles several in one WebAssembly module (a module costs
 * more than a function in it: 80 us alone, 4 to 9 us among many) and puts them in one table.
 *
 * A slot that is released keeps its function until it is given another one: a program that is loaded
 * again, after another one or after the power was off, has what was compiled and optimized of it.
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

/** A region's function; its contents are all that makes it, beside its slot. */
interface Compiled {
  readonly contents: string;
  // deno-lint-ignore ban-types
  readonly function: Function;
}

interface Linked {
  readonly slot: number;
  readonly contents: string;
  readonly body: Uint8Array;
}

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
  /** The one that was released first comes first. */
  readonly #free = new Set<number>();
  /** By slot, also of those that are free. */
  readonly #compiled = new Map<number, Compiled>();
  /** By contents: where such a region was compiled last. */
  readonly #slots = new Map<string, number>();

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
    for (let slot = 1; slot < slots; slot++) this.release(slot);
  }

  /** A slot that is not taken; undefined when all are. */
  take(): number | undefined {
    const [slot] = this.#free;
    if (slot !== undefined) this.#free.delete(slot);
    return slot;
  }

  /** A slot that was released with the function of such a region, which is there again. */
  takeAgain(contents: string): number | undefined {
    const slot = this.#slots.get(contents);
    if (slot === undefined || !this.#free.delete(slot)) return undefined;
    this.#table.set(slot, this.#compiled.get(slot)!.function);
    return slot;
  }

  /** What is in the slot is not called, unless it is taken again. */
  release(slot: number): void {
    this.#table.set(slot, this.#nothing);
    this.#free.add(slot);
  }

  link(regions: readonly Linked[]): void {
    this.#instantiate(regions.map(({ slot, body }) => ({ type: TYPE.REGION, slot, body })));
    for (const { slot, contents } of regions) {
      const before = this.#compiled.get(slot)?.contents;
      if (before !== undefined && this.#slots.get(before) === slot) this.#slots.delete(before);
      this.#compiled.set(slot, { contents, function: this.#table.get(slot)! });
      this.#slots.set(contents, slot);
    }
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
