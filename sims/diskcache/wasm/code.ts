/**
 * The cache's C as a WebAssembly instance. Tasks stop in the middle of it by JavaScript Promise
 * Integration (https://github.com/WebAssembly/js-promise-integration): an import that is
 * `Suspending` and gives a promise stops the WebAssembly that called it, which an export made
 * `promising` has entered; one that gives anything else does not.
 */
import { buildWasm, type WasmBuildOptions } from "./build.ts";
import { type Line, linesOf } from "./lines.ts";
import { parseLinkMap, type Symbols } from "./symbols.ts";

type Call = (...given: number[]) => number;

/** The two parts of WebAssembly that TypeScript does not know yet. */
interface PromiseIntegration {
  readonly Suspending: new (call: (...given: number[]) => unknown) => WebAssembly.ImportValue;
  readonly promising: (call: Call) => (...given: (number | bigint)[]) => Promise<number>;
}

/** What hooks.c asks; its comments say what each is. Those that give promises may suspend. */
export interface Below {
  access(address: number, what: number): number;
  preempt(): Promise<void>;
  yield(): Promise<void> | undefined;
  block(why: number): Promise<void> | undefined;
  locked(): void;
  unlocked(): void;
  wake(): void;
  idle(channel: number): number;
  submit(drive: number, kind: number, lba: bigint, block: number): void;
  panic(text: number): never;
}

export const LISTS = { array: "fixed_array", tree: "tree" } as const;
export const SCHEDULERS = {
  "first-pending": "first_pending",
  look: "look",
  deadline: "deadline",
} as const;
export type ListName = keyof typeof LISTS;
export type SchedulerName = keyof typeof SCHEDULERS;

/** The engine cannot run it. */
export class WasmError extends Error {
  override readonly name = "WasmError";
}

/** @throws WasmError when the engine has no JavaScript Promise Integration */
export function promiseIntegration(engine: object = WebAssembly): PromiseIntegration {
  const { Suspending, promising } = engine as Partial<PromiseIntegration>;
  if (Suspending && promising) return { Suspending, promising };
  throw new WasmError(
    `Cannot run the cache as WebAssembly in "V8 ${Deno.version.v8}": it has no ` +
      `WebAssembly.Suspending (JavaScript Promise Integration); use Deno 2.9 or later`,
  );
}

export class CacheCode {
  readonly symbols: Symbols;
  readonly words: Uint32Array;
  readonly stackPointer: WebAssembly.Global;
  /** First address that the C leaves alone; stacks go there. */
  readonly heapBase: number;
  readonly read: (drive: number, lba: bigint, block: number, pause: number) => Promise<number>;
  readonly write: (drive: number, lba: bigint, block: number, pause: number) => Promise<number>;
  readonly sync: (drives: number) => Promise<number>;
  readonly interrupt: Call;
  /** Who is under it: set for each run. */
  below!: Below;
  readonly #exports: WebAssembly.Exports;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #lines: readonly Line[] | undefined;
  readonly #image: Uint32Array;
  readonly #stackTop: number;

  private constructor(module: WebAssembly.Module, bytes: Uint8Array<ArrayBuffer>, map: string) {
    const { Suspending, promising } = promiseIntegration();
    const instance = new WebAssembly.Instance(module, {
      machine: {
        access: (address: number, what: number) => this.below.access(address, what),
        preempt: new Suspending(() => this.below.preempt()),
        yield: new Suspending(() => this.below.yield()),
        block: new Suspending((why) => this.below.block(why!)),
        locked: () => this.below.locked(),
        unlocked: () => this.below.unlocked(),
        wake: () => this.below.wake(),
        idle: (channel: number) => this.below.idle(channel),
        submit: (drive: number, kind: number, lba: bigint, block: number) =>
          this.below.submit(drive, kind, lba, block),
        panic: (text: number) => this.below.panic(text),
      },
    });
    const exports = this.#exports = instance.exports;
    this.#bytes = bytes;
    this.symbols = parseLinkMap(map);
    this.words = new Uint32Array((exports.memory as WebAssembly.Memory).buffer);
    this.stackPointer = exports.__stack_pointer as WebAssembly.Global;
    this.#stackTop = this.stackPointer.value;
    this.heapBase = this.addressOf("__heap_base");
    this.read = promising(exports.cache_read as Call);
    this.write = promising(exports.cache_write as Call);
    this.sync = promising(exports.cache_sync as Call);
    this.interrupt = exports.interrupt as Call;
    (exports.__wasm_call_ctors as () => void)();
    this.#image = this.words.slice(0, this.heapBase / 4);
  }

  /**
   * Builds the code, or finds it built, and makes an instance, which many runs can use in turn.
   *
   * @throws WasmBuildError or WasmError
   */
  static async load(options: WasmBuildOptions = {}): Promise<CacheCode> {
    promiseIntegration();
    const { module, map } = await buildWasm(options);
    const bytes = await Deno.readFile(module);
    return new CacheCode(await WebAssembly.compile(bytes), bytes, await Deno.readTextFile(map));
  }

  /** Read when they are first asked for. */
  get lines(): readonly Line[] {
    return this.#lines ??= linesOf(this.#bytes);
  }

  addressOf(name: string): number {
    return (this.#exports[name] as WebAssembly.Global).value;
  }

  /** Memory as it was, and an empty cache: `below` is asked for nothing but memory. */
  begin(list: ListName, entries: number, scheduler: SchedulerName, writeDeadlineMs: number): void {
    this.words.set(this.#image);
    this.stackPointer.value = this.#stackTop;
    this.words[this.addressOf("write_deadline") / 4] = writeDeadlineMs;
    const lock = this.addressOf("lock") / 4;
    this.words[lock] = 1;
    const made = (this.#exports[LISTS[list]] as Call)(entries);
    (this.#exports.cache_init as Call)(made, this.addressOf(SCHEDULERS[scheduler]));
    this.words[lock] = 0;
  }

  /** A C string. */
  textAt(address: number): string {
    const bytes = new Uint8Array(this.words.buffer);
    return new TextDecoder().decode(bytes.slice(address, bytes.indexOf(0, address)));
  }
}
