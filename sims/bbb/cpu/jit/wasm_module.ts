/**
 * Writes a WebAssembly module (WebAssembly core specification 2.0, section 5.5) of functions that
 * use a memory, a table and functions of the host, and that enter themselves in that table.
 */
import { Bytes, I32 } from "./wasm_code.ts";

/** Functions take and give 32-bit integers: how many parameters, how many results. */
export interface FunctionType {
  readonly parameters: number;
  readonly results: 0 | 1;
}

export interface ModuleParts {
  readonly types: readonly FunctionType[];
  /** Functions of the host, which have the first function indices; each names its type's index. */
  readonly imports: readonly { readonly name: string; readonly type: number }[];
  readonly functions: readonly {
    readonly type: number;
    /** As {@linkcode Code.encode} gives it. */
    readonly body: Uint8Array;
    /** Where the function enters itself in the table. */
    readonly slot?: number;
    readonly exported?: string;
  }[];
  /** Least sizes of the memory, in pages of 64 KiB, and of the table. */
  readonly memoryPages: number;
  readonly tableSize: number;
}

/** Names under which the module imports: `env.memory`, `env.table`, and those of `imports`. */
export const ENVIRONMENT = "env";

const FUNCTION = 0, TABLE = 1, MEMORY = 2;
const FUNCREF = 0x70, TYPE_FUNCTION = 0x60;
const I32_CONST = 0x41, END = 0x0b;

/** Bytes of the module. */
export function encodeModule(parts: ModuleParts): Uint8Array<ArrayBuffer> {
  const out = new Bytes().append(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  const section = (id: number, count: number, items: Bytes) => {
    if (count > 0) out.byte(id).sized(new Bytes().unsigned(count).append(items.view).view);
  };
  section(1, parts.types.length, types(parts));
  section(2, parts.imports.length + 2, imports(parts));
  const functions = new Bytes();
  for (const { type } of parts.functions) functions.unsigned(type);
  section(3, parts.functions.length, functions);
  section(7, parts.functions.filter(({ exported }) => exported).length, exports(parts));
  section(9, parts.functions.filter(({ slot }) => slot !== undefined).length, elements(parts));
  const code = new Bytes();
  for (const { body } of parts.functions) code.sized(body);
  section(10, parts.functions.length, code);
  return out.view;
}

function types(parts: ModuleParts): Bytes {
  const out = new Bytes();
  for (const { parameters, results } of parts.types) {
    out.byte(TYPE_FUNCTION).unsigned(parameters);
    for (let i = 0; i < parameters; i++) out.byte(I32);
    out.unsigned(results);
    if (results) out.byte(I32);
  }
  return out;
}

function imports(parts: ModuleParts): Bytes {
  const out = new Bytes();
  for (const { name, type } of parts.imports) {
    out.name(ENVIRONMENT).name(name).byte(FUNCTION).unsigned(type);
  }
  out.name(ENVIRONMENT).name("table").byte(TABLE).byte(FUNCREF).byte(0).unsigned(parts.tableSize);
  return out.name(ENVIRONMENT).name("memory").byte(MEMORY).byte(0).unsigned(parts.memoryPages);
}

function exports(parts: ModuleParts): Bytes {
  const out = new Bytes();
  for (const [i, { exported }] of parts.functions.entries()) {
    if (exported) out.name(exported).byte(FUNCTION).unsigned(parts.imports.length + i);
  }
  return out;
}

/** One active segment a function: slots need not be neighbours. */
function elements(parts: ModuleParts): Bytes {
  const out = new Bytes();
  for (const [i, { slot }] of parts.functions.entries()) {
    if (slot === undefined) continue;
    out.unsigned(0).byte(I32_CONST).signed(slot).byte(END);
    out.unsigned(1).unsigned(parts.imports.length + i);
  }
  return out;
}
