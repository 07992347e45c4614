/**
 * Lines of C for places in a WebAssembly module: the line tables of its DWARF (version 4, section
 * 6.2), whose addresses count from the beginning of the code section's contents
 * (https://yurydelendik.github.io/webassembly-dwarf/).
 */

export interface Line {
  /** Offset in the module's file, as the engine's stack traces have it. */
  readonly offset: number;
  readonly file: string;
  readonly line: number;
  /** The first place after a function. */
  readonly isEnd: boolean;
}

const CODE_SECTION = 10;

/** Sorted by offset. Empty for a module without line tables. */
export function linesOf(module: Uint8Array<ArrayBuffer>): readonly Line[] {
  const [table] = WebAssembly.Module.customSections(new WebAssembly.Module(module), ".debug_line");
  if (!table) return [];
  const reader = new Reader(new DataView(table));
  const base = codeOffset(module);
  const lines: Line[] = [];
  while (!reader.isAtEnd) readUnit(reader, base, lines);
  return lines.sort((a, b) => a.offset - b.offset || Number(b.isEnd) - Number(a.isEnd));
}

/** "cache.c:312" */
export function lineAt(lines: readonly Line[], offset: number): string | undefined {
  const found = lines.findLast((line) => line.offset <= offset);
  return found && !found.isEnd ? `${found.file}:${found.line}` : undefined;
}

/** Where the contents of the code section begin. */
function codeOffset(module: Uint8Array<ArrayBuffer>): number {
  const reader = new Reader(new DataView(module.buffer), 8);
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const size = reader.unsigned();
    if (id === CODE_SECTION) return reader.at;
    reader.at += size;
  }
  return 0;
}

/** Opcodes (section 6.2.5.2 and 6.2.5.3) that do more than pass over their operands. */
const Opcode = {
  EXTENDED: 0,
  COPY: 1,
  ADVANCE_PC: 2,
  ADVANCE_LINE: 3,
  SET_FILE: 4,
  CONST_ADD_PC: 8,
  FIXED_ADVANCE_PC: 9,
} as const;
const Extended = { END_SEQUENCE: 1, SET_ADDRESS: 2 } as const;

interface Header {
  readonly end: number;
  readonly minimumLength: number;
  readonly lineBase: number;
  readonly lineRange: number;
  /** How many operands each standard opcode has, by its number. */
  readonly operands: readonly number[];
  readonly files: readonly string[];
}

/** Section 6.2.4. */
function readHeader(reader: Reader): Header {
  const end = reader.word() + reader.at;
  reader.at += 2; // The version: the build asks for 4.
  const program = reader.word() + reader.at;
  const minimumLength = reader.byte();
  reader.at += 2; // Operations of an instruction, and the first is_stmt.
  const lineBase = reader.byte() << 24 >> 24;
  const lineRange = reader.byte();
  const opcodeBase = reader.byte();
  const operands = [0];
  while (operands.length < opcodeBase) operands.push(reader.byte());
  while (reader.text() !== "") continue; // Folders.
  const files = [""];
  for (let name = reader.text(); name !== ""; name = reader.text()) {
    files.push(name);
    for (let i = 0; i < 3; i++) reader.unsigned(); // Folder, time and size.
  }
  reader.at = program;
  return { end, minimumLength, lineBase, lineRange, operands, files };
}

function readUnit(reader: Reader, base: number, lines: Line[]): void {
  const { end, minimumLength, lineBase, lineRange, operands, files } = readHeader(reader);
  const first = { address: 0, file: 1, line: 1 };
  let state = { ...first };
  const add = (isEnd: boolean) => {
    const file = files[state.file] ?? "";
    lines.push({ offset: base + state.address, file, line: state.line, isEnd });
  };
  const special = (opcode: number) => Math.floor((opcode - operands.length) / lineRange);
  while (reader.at < end) {
    const opcode = reader.byte();
    if (opcode >= operands.length) {
      state.address += special(opcode) * minimumLength;
      state.line += lineBase + (opcode - operands.length) % lineRange;
      add(false);
    } else if (opcode === Opcode.EXTENDED) {
      const next = reader.unsigned() + reader.at;
      const extended = reader.byte();
      if (extended === Extended.SET_ADDRESS) state.address = reader.word();
      if (extended === Extended.END_SEQUENCE) {
        add(true);
        state = { ...first };
      }
      reader.at = next;
    } else if (opcode === Opcode.COPY) add(false);
    else if (opcode === Opcode.ADVANCE_PC) state.address += reader.unsigned() * minimumLength;
    else if (opcode === Opcode.ADVANCE_LINE) state.line += reader.signed();
    else if (opcode === Opcode.SET_FILE) state.file = reader.unsigned();
    else if (opcode === Opcode.CONST_ADD_PC) state.address += special(255) * minimumLength;
    else if (opcode === Opcode.FIXED_ADVANCE_PC) state.address += reader.half();
    else for (let i = 0; i < operands[opcode]!; i++) reader.unsigned();
  }
}

class Reader {
  constructor(private readonly view: DataView, public at = 0) {}

  get isAtEnd(): boolean {
    return this.at >= this.view.byteLength;
  }

  byte(): number {
    return this.view.getUint8(this.at++);
  }

  half(): number {
    this.at += 2;
    return this.view.getUint16(this.at - 2, true);
  }

  word(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  /** LEB128. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value >>> 0;
    }
  }

  signed(): number {
    let value = 0;
    for (let shift = 0;;) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte & 0x80) continue;
      return shift < 32 && byte & 0x40 ? value | -1 << shift : value;
    }
  }

  text(): string {
    let text = "";
    for (let byte = this.byte(); byte !== 0; byte = this.byte()) text += String.fromCharCode(byte);
    return text;
  }
}
