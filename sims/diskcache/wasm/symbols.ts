/** What is where in the module's memory, from the map that wasm-ld writes (`--Map`). */

export interface DataSymbol {
  readonly name: string;
  /** "cache.c" */
  readonly file: string;
  readonly address: number;
  readonly size: number;
}

/** Sorted by address. */
export type Symbols = readonly DataSymbol[];

/** A section of an object: "  600  0  4   cache.o:(.bss.list)"; a symbol in it is indented more. */
const ROW = /^ *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+)( +)(\S+)$/;
const SYMBOL_INDENT = 17;
const SECTION = /^(.+)\.o:\((\.\S+)\)$/;

export function parseLinkMap(map: string): Symbols {
  const symbols: DataSymbol[] = [];
  let file: string | undefined;
  for (const line of map.split("\n")) {
    const [, address, size, indent, name] = line.match(ROW) ?? [];
    if (!name) continue;
    if (indent!.length < SYMBOL_INDENT) {
      file = name.match(SECTION)?.[1];
    } else if (file) {
      const place = { address: parseInt(address!, 16), size: parseInt(size!, 16) };
      symbols.push({ name, file: `${file}.c`, ...place });
    }
  }
  return symbols.sort((a, b) => a.address - b.address);
}

/** "entries+0x58 (fixed_array.c)"; undefined where the C has nothing. */
export function symbolAt(symbols: Symbols, address: number): string | undefined {
  const found = symbols.findLast((symbol) => symbol.address <= address);
  if (!found || address >= found.address + found.size) return undefined;
  const offset = address - found.address;
  return `${found.name}${offset ? `+0x${offset.toString(16)}` : ""} (${found.file})`;
}
