/**
 * Registers as tables that read like the manual's. A table is data: peripherals, traces that decode
 * accesses, and generated tests all read the same one.
 */

/** A bit, or the lowest and the highest bit of a field. */
export type FieldSpec = number | readonly [lsb: number, msb: number];

/**
 * What a write does to the register that is stored: `rw` sets it, `ro` nothing, `w1s` sets the bits
 * that are 1, `w1c` clears them. `wo` is stored as written and reads as 0.
 */
export type Access = "rw" | "ro" | "wo" | "w1s" | "w1c";

export interface RegisterSpec<Name extends string = string> {
  readonly offset: number;
  /** Default: `rw`. */
  readonly access?: Access;
  /** After reset. Default: 0. */
  readonly reset?: number;
  /** Bits that a write can change. Default: all. */
  readonly writable?: number;
  readonly fields?: Readonly<Record<string, FieldSpec>>;
  /** This is another view of that register: it stores nothing of its own. */
  readonly of?: Name;
  /** An array of so many registers, `stride` (default 4) bytes apart. */
  readonly count?: number;
  readonly stride?: number;
  /** Where a mode of the peripheral decides what lies at an offset: modes that show this one. */
  readonly banks?: readonly string[];
}

/** A register as found at an offset. */
export interface RegisterAt<Name extends string = string> {
  readonly name: Name;
  /** Which of the table's names, in its order. */
  readonly id: number;
  /** Which one of an array; 0 for a single register. */
  readonly n: number;
  /** Where its value is stored in the bank. */
  readonly slot: number;
  readonly access: Access;
  readonly writable: number;
  readonly spec: RegisterSpec;
}

export interface RegisterTable<Name extends string = string> {
  readonly specs: Readonly<Record<Name, RegisterSpec>>;
  /** Slot of each register's value in a bank; of an array its first: `regs[R.ILR + 5]`. */
  readonly index: Readonly<Record<Name, number>>;
  /** The number of slots. */
  readonly slots: number;
  /** Names of banks, in the order in which the table names them; one when it names none. */
  readonly banks: readonly string[];
  /**
   * The register at a byte offset (its word's), or undefined. Where the table has one that is `ro`
   * and one that is `wo`, the former is read and the latter written.
   *
   * @param bank by its place in `banks`
   */
  at(offset: number, write?: boolean, bank?: number): RegisterAt<Name> | undefined;
  /** Reset values, by slot. */
  readonly resets: Uint32Array;
}

/**
 * @throws RangeError when two registers lie at one offset, or `of` names none
 * @example
 * ```ts ignore
 * const DMTIMER = defineRegisters({
 *   IRQSTATUS_RAW: { offset: 0x24, access: "w1s", fields: { MAT: 0, OVF: 1, TCAR: 2 } },
 *   IRQSTATUS: { offset: 0x28, access: "w1c", of: "IRQSTATUS_RAW" },
 *   TCRR: { offset: 0x3c },
 * });
 * ```
 */
export function defineRegisters<const Specs extends Readonly<Record<string, RegisterSpec>>>(
  specs: Specs,
): RegisterTable<keyof Specs & string> {
  type Name = keyof Specs & string;
  const names = Object.keys(specs) as Name[];
  const index = {} as Record<Name, number>;
  let slots = 0;
  for (const name of names) {
    if (specs[name]!.of !== undefined) continue;
    index[name] = slots;
    slots += specs[name]!.count ?? 1;
  }
  const resets = new Uint32Array(slots);
  const banks = [...new Set(names.flatMap((name) => specs[name]!.banks ?? []))];
  if (banks.length === 0) banks.push("");
  const reads = banks.map((): Words<Name> => []);
  const writes = banks.map((): Words<Name> => []);
  for (const [id, name] of names.entries()) {
    const spec: RegisterSpec = specs[name]!;
    if (spec.of !== undefined) index[name] = slotOf(specs, index, name);
    for (let n = 0; n < (spec.count ?? 1); n++) {
      const slot = index[name] + n;
      if (spec.of === undefined) resets[slot] = spec.reset ?? 0;
      const access = spec.access ?? "rw";
      const at = { name, id, n, slot, access, writable: (spec.writable ?? -1) >>> 0, spec };
      const word = (spec.offset + n * (spec.stride ?? 4)) >>> 2;
      for (const [bank, called] of banks.entries()) {
        if (!(spec.banks?.includes(called) ?? true)) continue;
        if (access !== "wo") place(at, reads[bank]!, word);
        if (access !== "ro") place(at, writes[bank]!, word);
      }
    }
  }
  for (const bank of banks.keys()) fillGaps(reads[bank]!, writes[bank]!);
  return {
    specs,
    index,
    slots,
    banks,
    resets,
    at: (offset, write = false, bank = 0) => (write ? writes : reads)[bank]![offset >>> 2],
  };
}

type Words<Name extends string> = (RegisterAt<Name> | undefined)[];

function place<Name extends string>(at: RegisterAt<Name>, words: Words<Name>, word: number): void {
  if (words[word]) {
    throw new RangeError(
      `Cannot define register "${at.name}": "${words[word].name}" lies at the same offset`,
    );
  }
  words[word] = at;
}

/** What can only be read is found on a write too, and the other way: there it does nothing. */
function fillGaps<Name extends string>(reads: Words<Name>, writes: Words<Name>): void {
  for (let word = 0; word < Math.max(reads.length, writes.length); word++) {
    reads[word] ??= writes[word];
    writes[word] ??= reads[word];
  }
}

function slotOf(
  specs: Readonly<Record<string, RegisterSpec>>,
  index: Readonly<Record<string, number>>,
  name: string,
): number {
  const of = specs[name]!.of!;
  const slot = index[of];
  if (slot === undefined || specs[of]!.of !== undefined) {
    throw new RangeError(`Cannot define register "${name}": "${of}" is no register of its own`);
  }
  return slot;
}

/** The value of a field within a register's value. */
export function fieldOf(value: number, field: FieldSpec): number {
  const [lsb, msb] = typeof field === "number" ? [field, field] : field;
  return ((value >>> lsb) & (2 ** (msb - lsb + 1) - 1)) >>> 0;
}

/** A register's value with a field set. */
export function withField(value: number, field: FieldSpec, to: number): number {
  const [lsb, msb] = typeof field === "number" ? [field, field] : field;
  const mask = 2 ** (msb - lsb + 1) - 1;
  return ((value & ~(mask << lsb)) | ((to & mask) << lsb)) >>> 0;
}

/** "TCLR = 0x2b: ST 1, AR 1, PTV 2, PRE 1": fields that are 0 are left out. */
export function describeRegister(at: RegisterAt, value: number): string {
  const fields = Object.entries(at.spec.fields ?? {}).map(([name, field]) =>
    [name, fieldOf(value, field)] as const
  ).filter(([, value]) => value !== 0).map(([name, value]) => `${name} ${value}`);
  const name = at.spec.count === undefined ? at.name : `${at.name}[${at.n}]`;
  return `${name} = 0x${(value >>> 0).toString(16)}${
    fields.length ? `: ${fields.join(", ")}` : ""
  }`;
}
