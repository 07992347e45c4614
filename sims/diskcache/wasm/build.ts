/**
 * Builds the guest's cache as WebAssembly: its own C, instrumented by clang's ThreadSanitizer
 * (whose calls hooks.c takes), and what is under it. Kept in `.cache/wasm/<hash>/`.
 */
import { MUTATIONS } from "../guest/mutations.ts";
import { BuildError, buildOnce, readSources, type Sources, Toolchain } from "sims/toolchain/mod.ts";

export interface WasmBuild {
  /** Absolute paths: the module, and the linker's map of what is where in it. */
  readonly module: string;
  readonly map: string;
}

export interface WasmBuildOptions {
  /** Name of a defect to build in (`guest/mutations.ts`). */
  readonly mutation?: string;
  readonly progress?: (text: string) => void;
  /** Default `.cache/wasm` of the repository. */
  readonly cache?: string;
  /** Where tools are looked for; default `$PATH`. */
  readonly path?: string;
}

const GUEST = new URL("../guest", import.meta.url).pathname;
const HERE = new URL(".", import.meta.url).pathname;
const CACHE = new URL("../../../.cache/wasm", import.meta.url).pathname;
const MODULE = "cache.wasm";
const MAP = "cache.map";
const KEPT = 60;

/** What is under test; all that these need beside themselves are headers. */
// deno-fmt-ignore
const UNITS = [
  "cache.c", "cache_requests.c", "fixed_array.c", "tree.c", "first_pending.c", "look.c",
  "deadline.c",
];
const HOOKS = "hooks.c";

/** All but hooks.c are instrumented as well. */
// deno-fmt-ignore
const COMPILE = [
  "--target=wasm32", "-std=c17", "-O1", "-gdwarf-4", "-ffreestanding", "-fno-builtin", "-nostdlibinc",
  "-mmutable-globals", "-Wall", "-Wextra", "-Werror",
];
// deno-fmt-ignore
const INSTRUMENT = [
  "-Xclang", "-fsanitize=thread", "-mllvm", "-tsan-instrument-func-entry-exit=0",
];
/** Functions and variables that machine.ts names. */
// deno-fmt-ignore
const EXPORTS = [
  "__stack_pointer", "__heap_base", "__wasm_call_ctors",
  "cache_init", "cache_read", "cache_write", "cache_sync",
  "fixed_array", "tree", "first_pending", "look", "deadline", "write_deadline",
  "lock", "observed", "own_begin", "own_size", "milliseconds",
];
// deno-fmt-ignore
const LINK = [
  "--no-entry", "--error-limit=0", ...EXPORTS.map((name) => `--export=${name}`),
  "--initial-memory=1048576", "--max-memory=1048576", `--Map=${MAP}`, "-o", MODULE,
];

/** The cache could not be built as WebAssembly. */
export class WasmBuildError extends BuildError {
  override readonly name = "WasmBuildError";
}

const TOOLCHAIN = new Toolchain("cache as WebAssembly", WasmBuildError);

/**
 * Builds the cache, or finds it built.
 *
 * @throws WasmBuildError when a tool is missing or the sources do not compile
 */
export async function buildWasm(options: WasmBuildOptions = {}): Promise<WasmBuild> {
  const { mutation, cache = CACHE, path } = options;
  const clang = await TOOLCHAIN.find("clang", path);
  const linker = await TOOLCHAIN.find("wasm-ld", path);
  const wanted = (name: string) => UNITS.includes(name) || name.endsWith(".h");
  const sources: Sources = new Map([
    ...await readSources(GUEST, wanted),
    ...await readSources(HERE, (name) => name === HOOKS),
  ]);
  const flags = mutation === undefined ? COMPILE : [...COMPILE, defineOf(mutation)];
  const words = [...flags, ...INSTRUMENT, ...LINK, clang.identity, linker.identity];
  const folder = await buildOnce({
    ...{ cache, kept: KEPT, words, sources, product: MODULE },
    build: async (folder) => {
      const defect = mutation === undefined ? "" : ` with the defect "${mutation}"`;
      options.progress?.(`building the cache as WebAssembly${defect}`);
      await TOOLCHAIN.run(clang, ["-c", ...flags, ...INSTRUMENT, ...UNITS], folder);
      await TOOLCHAIN.run(clang, ["-c", ...flags, HOOKS], folder);
      const objects = [...UNITS, HOOKS].map((name) => name.replace(/\.c$/, ".o"));
      await TOOLCHAIN.run(linker, [...LINK, ...objects], folder);
      for (const name of objects) await Deno.remove(`${folder}/${name}`);
    },
  });
  return { module: `${folder}/${MODULE}`, map: `${folder}/${MAP}` };
}

/** Names of the defects that are in what is built here. */
export async function wasmMutations(): Promise<readonly string[]> {
  const sources = await readSources(GUEST, (name) => UNITS.includes(name) || name.endsWith(".h"));
  const text = [...sources.values()].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  return MUTATIONS.filter(({ define }) => text.includes(`MUTATED(${define})`))
    .map(({ name }) => name);
}

function defineOf(name: string): string {
  const mutation = MUTATIONS.find((mutation) => mutation.name === name);
  if (mutation) return `-DMUTATE=MUTATION_${mutation.define}`;
  const names = MUTATIONS.map((mutation) => mutation.name).join(", ");
  throw new WasmBuildError(
    `Cannot build the cache as WebAssembly with the defect "${name}": there are ${names}; ` +
      `name one of them`,
  );
}
