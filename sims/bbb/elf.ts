/** Names for addresses: the symbol table of a 32-bit ELF file (System V ABI, chapter 4). */

export class ElfError extends Error {
  override readonly name = "ElfError";
}

interface Symbol {
  readonly address: number;
  readonly size: number;
  readonly name: string;
}

/** Offsets within the file header, a section header and a symbol. */
const HEADER = { SHOFF: 0x20, SHENTSIZE: 0x2e, SHNUM: 0x30 } as const;
const SECTION = { TYPE: 4, OFFSET: 16, SIZE: 20, LINK: 24 } as const;
const SYMBOL = { NAME: 0, VALUE: 4, SIZE: 8, INFO: 12, SECTION: 14, BYTES: 16 } as const;
const SHT_SYMTAB = 2;
/** Symbol types that name a place: none given, object, function. */
const NAMED = [0, 1, 2];
/** Mapping symbols ($a, $t, $d) tell where ARM, Thumb and data begin, and are no names. */
const MAPPING = /^\$[atd]/;

export class Symbols {
  readonly #sorted: readonly Symbol[];

  constructor(symbols: readonly Symbol[]) {
    this.#sorted = [...symbols].sort((a, b) => a.address - b.address);
  }

  get count(): number {
    return this.#sorted.length;
  }

  /** "main+0x12"; undefined where no symbol is near. */
  at(address: number): string | undefined {
    let low = 0, high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    const symbol = this.#sorted[low - 1];
    if (!symbol) return undefined;
    const offset = address - symbol.address;
    // Without a size it reaches to the next symbol.
    if (symbol.size > 0 && offset >= symbol.size) return undefined;
    return offset === 0 ? symbol.name : `${symbol.name}+0x${offset.toString(16)}`;
  }

  /** Undefined when there is no such symbol. */
  addressOf(name: string): number | undefined {
    return this.#sorted.find((symbol) => symbol.name === name)?.address;
  }
}

/**
 * Reads the symbols of an ELF file; there may be none, if it is stripped.
 *
 * @param name for messages
 * @throws ElfError when it is no 32-bit little-endian ELF file, or is damaged
 */
export function readSymbols(file: Uint8Array, name: string): Symbols {
  try {
    return new Symbols([...symbolsOf(file)]);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const why = error.message.startsWith("it ") ? error.message : "it is truncated or damaged";
    throw new ElfError(
      `Cannot read symbols of "${name}": ${why}; give the ELF file that was linked for the board`,
      { cause: error },
    );
  }
}

function* symbolsOf(file: Uint8Array): Generator<Symbol> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 6 || view.getUint32(0) !== 0x7f45_4c46) {
    throw new RangeError("it is no ELF file");
  }
  if (view.getUint16(4) !== 0x0101) throw new RangeError("it is not of 32 bits, little-endian");
  const start = view.getUint32(HEADER.SHOFF, true);
  const size = view.getUint16(HEADER.SHENTSIZE, true);
  const word = (section: number, offset: number) =>
    view.getUint32(start + section * size + offset, true);
  for (let section = 0; section < view.getUint16(HEADER.SHNUM, true); section++) {
    if (word(section, SECTION.TYPE) !== SHT_SYMTAB) continue;
    const strings = word(word(section, SECTION.LINK), SECTION.OFFSET);
    const from = word(section, SECTION.OFFSET), end = from + word(section, SECTION.SIZE);
    for (let at = from; at + SYMBOL.BYTES <= end; at += SYMBOL.BYTES) {
      const info = view.getUint8(at + SYMBOL.INFO);
      const nameAt = view.getUint32(at + SYMBOL.NAME, true);
      if (!NAMED.includes(info & 0xf) || nameAt === 0) continue;
      if (view.getUint16(at + SYMBOL.SECTION, true) === 0) continue;
      const name = textAt(file, strings + nameAt);
      if (MAPPING.test(name)) continue;
      // Bit 0 of a Thumb function's address says Thumb.
      const value = view.getUint32(at + SYMBOL.VALUE, true);
      const address = (info & 0xf) === 2 ? value & ~1 : value;
      yield { address: address >>> 0, size: view.getUint32(at + SYMBOL.SIZE, true), name };
    }
  }
}

function textAt(file: Uint8Array, at: number): string {
  const end = file.indexOf(0, at);
  if (at >= file.length || end < 0) throw new RangeError("a name lies outside");
  return new TextDecoder().decode(file.subarray(at, end));
}
