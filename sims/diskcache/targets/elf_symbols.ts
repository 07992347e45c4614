/** Where things are in an image: the symbol table of an ELF file (System V ABI, chapter 4). */

export class ElfError extends Error {
  override readonly name = "ElfError";
}

const SHT_SYMTAB = 2;
const SYMBOL_SIZE = 24;

/**
 * Addresses of the named symbols of a 64-bit little-endian ELF file.
 *
 * @throws ElfError when it is none, or lacks one of them
 */
export function symbolsOf<Name extends string>(
  image: Uint8Array,
  names: readonly Name[],
): Record<Name, number> {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  try {
    if (view.getUint32(0) !== 0x7f454c46 || view.getUint16(4) !== 0x0201) {
      throw new RangeError("it is no 64-bit little-endian ELF file");
    }
    const found = new Map([...entriesOf(image, view)].map(({ name, value }) => [name, value]));
    const missing = names.find((name) => !found.has(name));
    if (missing !== undefined) throw new RangeError(`it has no symbol "${missing}"`);
    return Object.fromEntries(names.map((name) => [name, found.get(name)!])) as Record<
      Name,
      number
    >;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ElfError(
      `Cannot find "${names.join(", ")}" in the image: ${error.message}; build the guest anew`,
      { cause: error },
    );
  }
}

function* entriesOf(image: Uint8Array, view: DataView) {
  const section = (index: number) => {
    const at = Number(view.getBigUint64(40, true)) + index * view.getUint16(58, true);
    const field = (offset: number) => Number(view.getBigUint64(at + offset, true));
    return {
      type: view.getUint32(at + 4, true),
      offset: field(24),
      size: field(32),
      link: view.getUint32(at + 40, true),
    };
  };
  for (let index = 0; index < view.getUint16(60, true); index++) {
    const { type, offset, size, link } = section(index);
    if (type !== SHT_SYMTAB) continue;
    const strings = section(link).offset;
    for (let at = offset; at + SYMBOL_SIZE <= offset + size; at += SYMBOL_SIZE) {
      const from = strings + view.getUint32(at, true);
      const name = new TextDecoder().decode(image.subarray(from, image.indexOf(0, from)));
      yield { name, value: Number(view.getBigUint64(at + 8, true)) };
    }
  }
}
