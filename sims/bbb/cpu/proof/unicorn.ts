/**
 * libunicorn (QEMU's translator as a library) as a second Cortex-A8 to hold ours against, through
 * Deno's foreign function interface. Only tests use it. Registers go in batches and memory is
 * shared, so that one instruction costs three foreign calls and about 5 µs.
 *
 * The names and numbers are those of unicorn 2.0's headers (unicorn/unicorn.h, unicorn/arm.h).
 */

const LIBRARY = "libunicorn.so.2";

const SYMBOLS = {
  uc_open: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  uc_close: { parameters: ["pointer"], result: "i32" },
  uc_strerror: { parameters: ["i32"], result: "pointer" },
  uc_version: { parameters: ["pointer", "pointer"], result: "u32" },
  uc_control: { name: "uc_ctl", parameters: ["pointer", "u32"], result: "i32" },
  uc_control_number: { name: "uc_ctl", parameters: ["pointer", "u32", "i32"], result: "i32" },
  uc_control_range: {
    name: "uc_ctl",
    parameters: ["pointer", "u32", "u64", "u64"],
    result: "i32",
  },
  uc_mem_map_ptr: { parameters: ["pointer", "u64", "usize", "u32", "buffer"], result: "i32" },
  uc_reg_write: { parameters: ["pointer", "i32", "buffer"], result: "i32" },
  uc_reg_read: { parameters: ["pointer", "i32", "buffer"], result: "i32" },
  uc_reg_write_batch: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "i32" },
  uc_reg_read_batch: { parameters: ["pointer", "buffer", "buffer", "i32"], result: "i32" },
  uc_emu_start: { parameters: ["pointer", "u64", "u64", "u64", "usize"], result: "i32" },
  uc_emu_stop: { parameters: ["pointer"], result: "i32" },
  uc_hook_add: {
    parameters: ["pointer", "buffer", "i32", "function", "pointer", "u64", "u64"],
    result: "i32",
  },
} as const;

const INTERRUPT = { parameters: ["pointer", "u32", "pointer"], result: "void" } as const;
const INVALID_MEMORY = {
  parameters: ["pointer", "i32", "u64", "i32", "i64", "pointer"],
  result: "bool",
} as const;

const ARCH_ARM = 1;
const CORTEX_A8 = 15;
const PROT_ALL = 7;
const HOOK_INTERRUPT = 1 << 0;
const HOOK_MEMORY_INVALID = 0x3f << 4;
/** uc_ctl requests: number | count of arguments << 26 | write << 30. */
const SET_CPU_MODEL = (7 | 1 << 26 | 1 << 30) >>> 0;
const FLUSH_TRANSLATIONS = (10 | 1 << 30) >>> 0;
const REMOVE_TRANSLATION = (9 | 2 << 26 | 1 << 30) >>> 0;

/** uc_mem_type. */
const FETCH_UNMAPPED = 21;
/** What a run ended with: uc_err by the names that can come out of uc_emu_start. */
export const ENDED = {
  OK: 0,
  READ_UNMAPPED: 6,
  WRITE_UNMAPPED: 7,
  FETCH_UNMAPPED: 8,
  UNDEFINED: 10,
  READ_UNALIGNED: 17,
  WRITE_UNALIGNED: 18,
  FETCH_UNALIGNED: 19,
  EXCEPTION: 21,
} as const;

/** Numbers of QEMU's ARM exceptions, as `exception` has them. */
export const EXCEPTION = { NONE: 0, SVC: 2, DATA_ABORT: 4, BKPT: 7, HVC: 11, SMC: 13 } as const;

const ID = { CPSR: 3, FPEXC: 4, FPSCR: 6, LR: 10, PC: 11, SP: 12, SPSR: 13, D0: 14, R0: 66 };
const CP_REG = 142;

/** Words of {@link Unicorn.core}: CPSR and SPSR first, as they choose the banks of the others. */
export const CORE = { CPSR: 0, SPSR: 1, R: 2, LENGTH: 18 } as const;

/** Thrown when the library cannot be loaded. */
export class UnicornMissing extends Error {}

/** @example `const unicorn = Unicorn.open(); unicorn.map(0x1_0000, new Uint8Array(4096));` */
export class Unicorn {
  /** CPSR, SPSR, R0 to R15: filled by `readCore`, sent by `writeCore`. */
  readonly core = new Uint32Array(CORE.LENGTH);
  /** D0 to D31, two words each, then FPSCR: filled by `readVfp`, sent by `writeVfp`. */
  readonly vfp = new Uint32Array(66);
  /** Of the last run: the exception (see {@link EXCEPTION}). */
  exception = 0;
  /** Of the last run: the first address that could not be read or written, or -1. */
  faultAddress = -1;

  readonly #library: Deno.DynamicLibrary<typeof SYMBOLS>;
  readonly #engine: Deno.PointerValue;
  readonly #core: Batch;
  readonly #vfp: Batch;
  readonly #kept: unknown[] = [];

  /** @throws UnicornMissing when the loader cannot find the library */
  static open(name = LIBRARY): Unicorn {
    let library: Deno.DynamicLibrary<typeof SYMBOLS>;
    try {
      library = Deno.dlopen(name, SYMBOLS);
    } catch (cause) {
      throw new UnicornMissing(
        `Cannot load the CPU to compare with "${name}": ${(cause as Error).message}; ` +
          `install Debian's package libunicorn2 and allow --allow-ffi`,
        { cause },
      );
    }
    return new Unicorn(library);
  }

  private constructor(library: Deno.DynamicLibrary<typeof SYMBOLS>) {
    this.#library = library;
    const handle = new BigUint64Array(1);
    this.#must("open", library.symbols.uc_open(ARCH_ARM, 0, handle));
    this.#engine = Deno.UnsafePointer.create(handle[0]!);
    const { uc_control_number } = library.symbols;
    this.#must("choose the Cortex-A8", uc_control_number(this.#engine, SET_CPU_MODEL, CORTEX_A8));
    const registers = [...Array(13).keys()].map((n) => ID.R0 + n);
    this.#core = batch([ID.CPSR, ID.SPSR, ...registers, ID.SP, ID.LR, ID.PC], this.core, 1);
    const doubles = [...Array(32).keys()].map((n) => ID.D0 + n);
    this.#vfp = batch([...doubles, ID.FPSCR], this.vfp, 2);
    this.#enableVfp();
    this.#addHooks();
  }

  /** "2.0.1" */
  get version(): string {
    const word = this.#library.symbols.uc_version(null, null);
    return [word >>> 24, word >>> 16 & 0xff, word >>> 8 & 0xff].join(".");
  }

  /** Shows `bytes` (whole pages of 4 KiB) at `address`. Both sides see each other's writes. */
  map(address: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#kept.push(bytes);
    const { uc_mem_map_ptr } = this.#library.symbols;
    const size = BigInt(bytes.byteLength);
    this.#must("map memory", uc_mem_map_ptr(this.#engine, BigInt(address), size, PROT_ALL, bytes));
  }

  /** Forgets all translated code: needed after code was changed where it had been run. Takes 30 ms. */
  forgetCode(): void {
    this.#must("flush", this.#library.symbols.uc_control(this.#engine, FLUSH_TRANSLATIONS));
  }

  /** Forgets what was translated from these bytes; much faster. */
  forgetCodeAt(address: number, length: number): void {
    const { uc_control_range } = this.#library.symbols;
    uc_control_range(
      this.#engine,
      REMOVE_TRANSLATION,
      BigInt(address),
      BigInt(address + length),
    );
  }

  writeCore(): void {
    const { ids, pointers } = this.#core;
    this.#library.symbols.uc_reg_write_batch(this.#engine, ids, pointers, ids.length);
  }

  readCore(): void {
    const { ids, pointers } = this.#core;
    this.#library.symbols.uc_reg_read_batch(this.#engine, ids, pointers, ids.length);
  }

  writeVfp(): void {
    const { ids, pointers } = this.#vfp;
    this.#library.symbols.uc_reg_write_batch(this.#engine, ids, pointers, ids.length);
  }

  readVfp(): void {
    const { ids, pointers } = this.#vfp;
    this.#library.symbols.uc_reg_read_batch(this.#engine, ids, pointers, ids.length);
  }

  /** Opens the exclusive monitor, by running a CLREX that stands at `address`. */
  clearExclusive(address: number): void {
    this.run(address, 1);
  }

  /**
   * Runs `count` instructions from `address` (odd: Thumb) and says how it ended ({@link ENDED}). In an
   * IT block it does not count, and may go on behind it.
   */
  run(address: number, count: number): number {
    this.exception = EXCEPTION.NONE;
    this.faultAddress = -1;
    const { uc_emu_start } = this.#library.symbols;
    const ended = uc_emu_start(this.#engine, BigInt(address), 0n, 0n, BigInt(count));
    if (ended === 0 && this.exception !== EXCEPTION.NONE) return ENDED.EXCEPTION;
    return ended;
  }

  /** What an end is called in unicorn's words. */
  describe(ended: number): string {
    const text = this.#library.symbols.uc_strerror(ended);
    return text === null ? `error ${ended}` : Deno.UnsafePointerView.getCString(text);
  }

  close(): void {
    this.#library.symbols.uc_close(this.#engine);
    for (const kept of this.#kept) if (kept instanceof Deno.UnsafeCallback) kept.close();
    this.#library.close();
  }

  /** Writes CP15's register `crn, 0, crm, op2`. */
  #writeSystem(crn: number, crm: number, op2: number, value: bigint): void {
    const register = new DataView(new ArrayBuffer(40));
    [15, 0, 0, crn, crm, 0, op2].forEach((word, i) => register.setUint32(4 * i, word, true));
    register.setBigUint64(32, value, true);
    const { uc_reg_write } = this.#library.symbols;
    this.#must("write CP15", uc_reg_write(this.#engine, CP_REG, register.buffer));
  }

  /** CPACR (full access to CP10 and CP11), then FPEXC.EN. */
  #enableVfp(): void {
    this.#writeSystem(1, 0, 2, 0xf0_0000n);
    const { uc_reg_write } = this.#library.symbols;
    const enable = new Uint32Array([1 << 30]);
    this.#must("write FPEXC", uc_reg_write(this.#engine, ID.FPEXC, enable));
  }

  #addHooks(): void {
    const interrupt = new Deno.UnsafeCallback(INTERRUPT, (engine, number) => {
      this.exception = number;
      this.#library.symbols.uc_emu_stop(engine);
    });
    const memory = new Deno.UnsafeCallback(INVALID_MEMORY, (_engine, type, address) => {
      if (type !== FETCH_UNMAPPED && this.faultAddress < 0) this.faultAddress = Number(address);
      return false;
    });
    this.#kept.push(interrupt, memory);
    this.#hook(HOOK_INTERRUPT, interrupt.pointer);
    this.#hook(HOOK_MEMORY_INVALID, memory.pointer);
  }

  #hook(type: number, callback: Deno.PointerObject): void {
    const handle = new BigUint64Array(1);
    const { uc_hook_add } = this.#library.symbols;
    // begin above end: at every address.
    this.#must("hook", uc_hook_add(this.#engine, handle, type, callback, null, 1n, 0n));
  }

  #must(what: string, ended: number): void {
    if (ended === 0) return;
    throw new Error(`Cannot ${what} with libunicorn: ${this.describe(ended)}`);
  }
}

interface Batch {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly pointers: BigUint64Array<ArrayBuffer>;
}

/** `words`: 32-bit words of `into` that each register takes. */
function batch(ids: readonly number[], into: Uint32Array<ArrayBuffer>, words: number): Batch {
  const base = Deno.UnsafePointer.value(Deno.UnsafePointer.of(into));
  const pointers = ids.map((_, i) => BigInt(base) + BigInt(4 * words * i));
  return { ids: new Int32Array(ids), pointers: new BigUint64Array(pointers) };
}
