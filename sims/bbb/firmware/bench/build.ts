/**
 * Builds the integer benchmark (mix.c) for the Cortex-A8 with clang and ld.lld: a flat binary for
 * the address {@linkcode BENCH_BASE}, kept in `.cache/bench-arm/<hash>/`.
 */
import { BuildError, buildOnce, readSources, Toolchain } from "sims/toolchain/mod.ts";

/** Where the binary is loaded and starts: SRAM of the AM335x, DRAM of QEMU's `-M cubieboard`. */
export const BENCH_BASE = 0x402f_0400;
/** The same of the one for a Cortex-M0+: SRAM of the RP2040. */
export const BENCH_BASE_M0 = 0x2000_0000;
/** Byte offset of the three result words in the binary, behind the vectors. */
export const BENCH_RESULTS = 0x20;

export interface BenchBuild {
  /** Default: the Cortex-A8. The Cortex-M0+ is Thumb alone. */
  readonly cpu?: "cortex-a8" | "cortex-m0plus";
  readonly thumb: boolean;
  /** How often the work is done; default 2000, about a thousand million instructions. */
  readonly rounds?: number;
  /** Default `.cache/bench-arm` of the repository. */
  readonly cache?: string;
  /** Where tools are looked for; default `$PATH`. */
  readonly path?: string;
}

const HERE = new URL(".", import.meta.url).pathname;
const CACHE = new URL("../../../../.cache/bench-arm", import.meta.url).pathname;
const IMAGE = "mix.bin";
const SCRIPT = "link.ld";
const KEPT = 20;

// deno-fmt-ignore
const COMPILE = [
  "--target=arm-none-eabi", "-mfloat-abi=soft", "-std=c17", "-O2",
  "-ffreestanding", "-nostdlib", "-fno-pic", "-Wall", "-Wextra", "-Werror",
];
const LINK = ["-static", "-T", SCRIPT, "--oformat", "binary", "-o", IMAGE];

/** The benchmark could not be built. */
export class BenchBuildError extends BuildError {
  override readonly name = "BenchBuildError";
}

const TOOLCHAIN = new Toolchain("benchmark for ARM", BenchBuildError);

/**
 * Absolute path of the flat binary, built or found.
 *
 * @throws BenchBuildError when a tool is missing or the sources do not compile
 */
export async function buildBench(options: BenchBuild): Promise<string> {
  const { cpu = "cortex-a8", thumb, rounds = 2000, cache = CACHE, path } = options;
  const [start, base] = cpu === "cortex-a8"
    ? ["start", BENCH_BASE] as const
    : ["start_m0", BENCH_BASE_M0] as const;
  const clang = await TOOLCHAIN.find("clang", path);
  const linker = await TOOLCHAIN.find("ld.lld", path);
  const sources = await readSources(HERE, (name) => /\.(c|S)$/.test(name) || name === SCRIPT);
  const flags = [...COMPILE, `-mcpu=${cpu}`, thumb ? "-mthumb" : "-marm", `-DROUNDS=${rounds}`];
  const link = [...LINK, `--defsym=base=${base}`];
  const folder = await buildOnce({
    ...{ cache, kept: KEPT, sources, product: IMAGE },
    words: [...flags, ...link, clang.identity, linker.identity],
    build: async (folder) => {
      await TOOLCHAIN.run(clang, ["-c", ...flags, `${start}.S`, "mix.c"], folder);
      await TOOLCHAIN.run(linker, [...link, `${start}.o`, "mix.o"], folder);
    },
  });
  return `${folder}/${IMAGE}`;
}
